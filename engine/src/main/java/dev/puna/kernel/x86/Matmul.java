package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Scratch;
import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Products of one input with several weights: what each worker calls with what. The activations are prepared once for all
 * weights that take them in the same form; then the threads share the rows of all weights. One token takes the way that
 * is bound by memory, more the way that is bound by arithmetic; every sum is the same on either.
 *
 * <p>Nothing is allocated once the sizes have been seen.
 */
final class Matmul {
    /** Bytes of weights that a thread takes at a time when there is one token, at most and at least. */
    private static final int MOST_PART_BYTES = 128 << 10;

    private static final int LEAST_PART_BYTES = 16 << 10;
    /** Bytes of activations, and of sums, that stay in the second cache. */
    private static final int ACTIVATION_BYTES = 512 << 10;

    private static final int SUM_BYTES = 256 << 10;

    /** Parts for each thread, so that none waits long for the last. */
    private static final int PARTS = 4;

    private final Level level;
    private final Supplier<Assembler> assembler;
    private final Lanes lanes;
    private final Workers workers;
    private final Map<DType, Plan> plans = new EnumMap<>(DType.class);
    private final Function[] quantisers = new Function[Activations.values().length];
    private final Scratch[] prepared = new Scratch[Activations.values().length];
    private final MemorySegment[] arguments;
    private final Workers.Task prepare = this::prepare;
    private final Workers.Task multiply = this::multiply;

    // What is being done
    private final List<Job> jobs = new ArrayList<>();
    private int jobCount;
    private int tokens;
    private MemorySegment x = MemorySegment.NULL;
    private int columns;
    private Activations preparing = Activations.FLOATS;

    /** The rows of one weight. */
    private static final class Job {
        Plan plan;
        MemorySegment weight = MemorySegment.NULL;
        MemorySegment y = MemorySegment.NULL;
        MemorySegment records = MemorySegment.NULL;
        int rows;
        long rowBytes;
        /** Rows that a kernel works on at a time; units that a part has. */
        int unitRows;

        int unitsOfPart;
        int firstPart;
        int endPart;
        /** Whether rows are copied first: there are too few, or they end within a run. */
        boolean copied;

        Job(Plan plan) {
            this.plan = plan;
        }
    }

    /** @param assembler makes what assembles the kernels that use tiles */
    Matmul(Level level, Supplier<Assembler> assembler, Workers workers) {
        this.level = level;
        this.assembler = assembler;
        this.lanes = level.lanes;
        this.workers = workers;
        for (Activations record : Activations.values()) {
            prepared[record.ordinal()] = new Scratch();
        }
        arguments = new MemorySegment[workers.threads()];
        Arena arena = Arena.ofAuto();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arena.allocate(Arguments.BYTES, 64);
        }
    }

    /** {@code ys[i][t, r] = Σ_c weights[i][r, c] · x[t, c]}. */
    void run(Tensor input, List<Tensor> weights, List<Tensor> ys) {
        x = input.data();
        columns = (int) input.columns();
        tokens = (int) input.rows();
        int forms = 0;
        int parts = 0;
        jobCount = weights.size();
        long bytes = 0;
        for (int i = 0; i < jobCount; i++) {
            bytes += weights.get(i).data().byteSize();
        }
        long partBytes = Math.clamp(bytes / (PARTS * workers.threads()), LEAST_PART_BYTES, MOST_PART_BYTES);
        for (int i = 0; i < jobCount; i++) {
            Plan plan = plan(weights.get(i).type());
            if (jobs.size() == i) {
                jobs.add(new Job(plan));
            }
            Job job = jobs.get(i);
            job.plan = plan;
            begin(job, weights.get(i), ys.get(i), partBytes);
            Activations record = record(plan);
            if ((forms & 1 << record.ordinal()) == 0) {
                forms |= 1 << record.ordinal();
                prepare(record, plan.overrun());
            }
            job.records = prepared[record.ordinal()].atLeast(0);
            job.firstPart = parts;
            parts = job.endPart = parts + Math.ceilDiv(Math.ceilDiv(job.rows, job.unitRows), job.unitsOfPart);
        }
        workers.run(parts, multiply);
    }

    private void begin(Job job, Tensor weight, Tensor y, long partBytes) {
        Plan plan = job.plan;
        job.weight = weight.data();
        job.y = y.data();
        job.rows = (int) weight.rows();
        job.rowBytes = weight.rowBytes();
        job.unitRows = tokens == 1 ? plan.oneRows() : plan.tileRows();
        job.copied = job.rows < job.unitRows || columns % plan.blockColumns() != 0;
        long unitBytes = job.unitRows * job.rowBytes;
        if (job.copied) {
            job.unitsOfPart = 1;
        } else if (tokens == 1) {
            job.unitsOfPart = (int) Math.max(1, partBytes / unitBytes);
        } else {
            job.unitsOfPart = tilesOfPart(job);
        }
    }

    /**
     * Tiles that meet a panel's activations one after the other while these stay in the second cache: more than one only
     * where the activations of all panels do not fit there.
     */
    private int tilesOfPart(Job job) {
        Activations record = job.plan.record();
        if ((long) runs(record) * tokens * record.bytes <= ACTIVATION_BYTES || runs(record) == panelRuns(record)) {
            return 1;
        }
        int shared = job.rows / job.unitRows / (2 * PARTS * workers.threads());
        return (int) Math.clamp(SUM_BYTES / (4L * tokens * job.unitRows), 1, Math.max(1, shared));
    }

    private Activations record(Plan plan) {
        return tokens == 1 ? plan.oneRecord() : plan.record();
    }

    private Plan plan(DType type) {
        Plan plan = plans.get(type);
        if (plan == null) {
            try {
                plan = Plan.of(level, type, assembler);
            } catch (Refused refused) {
                throw new IllegalStateException(refused);
            }
            plans.put(type, plan);
        }
        return plan;
    }

    /** Runs of a row, the last one perhaps not full. */
    private int runs(Activations record) {
        return Math.ceilDiv(columns, record.columns);
    }

    /** Runs of a panel: of nearly equal panels, and of whole blocks where all are. */
    private int panelRuns(Activations record) {
        int runs = runs(record);
        int panels = Math.max(1, Math.round(runs / (float) Plan.panelRuns(record)));
        int some = Math.ceilDiv(runs, panels);
        int whole = Math.max(1, 256 / record.columns);
        return runs % whole == 0 ? Math.ceilDiv(some, whole) * whole : some;
    }

    // Activations: [panel of runs][token][run], so that a panel meets its activations in one piece.

    private void prepare(Activations record, int overrun) {
        preparing = record;
        long overrunBytes = (long) overrun * panelRuns(record) * record.bytes;
        prepared[record.ordinal()].atLeast((long) tokens * runs(record) * record.bytes + overrunBytes);
        if (record != Activations.FLOATS && quantisers[record.ordinal()] == null) {
            try {
                quantisers[record.ordinal()] = CodePage.load(Quantiser.of(record));
            } catch (Refused refused) {
                throw new IllegalStateException(refused);
            }
        }
        if (tokens == 1) {
            prepare(0, 0);
        } else {
            workers.run(tokens, prepare);
        }
    }

    private void prepare(int token, int worker) {
        Activations record = preparing;
        int runs = runs(record);
        int panelRuns = panelRuns(record);
        long target = prepared[record.ordinal()].atLeast(0).address();
        long from = (long) token * columns * 4;
        for (int run = 0; run < runs; run += panelRuns) {
            int some = Math.min(panelRuns, runs - run);
            long to = ((long) run * tokens + (long) token * some) * record.bytes;
            long source = from + (long) run * record.columns * 4;
            if (record == Activations.FLOATS) {
                long bytes = Math.min((long) some * record.columns, columns - (long) run * record.columns) * 4;
                Memory.copy(x.address() + source, target + to, bytes);
                Memory.clear(target + to + bytes, (long) some * record.bytes - bytes);
            } else if ((run + some) * record.columns > columns) { // the row ends within a run
                long row = workers.scratch(worker, 4L * some * record.columns).address();
                long bytes = 4L * (columns - run * record.columns);
                Memory.copy(x.address() + source, row, bytes);
                Memory.clear(row + bytes, 4L * some * record.columns - bytes);
                quantisers[record.ordinal()].callBriefly(row, target + to, some, 0);
            } else {
                quantisers[record.ordinal()].callBriefly(x.address() + source, target + to, some, 0);
            }
        }
    }

    // Rows

    private void multiply(int part, int worker) {
        int i = 0;
        while (part >= jobs.get(i).endPart) {
            i++;
        }
        Job job = jobs.get(i);
        int first = (part - job.firstPart) * job.unitsOfPart * job.unitRows;
        if (job.copied) {
            copied(job, first, worker);
            return;
        }
        int units = Math.min(job.unitsOfPart, (job.rows - first) / job.unitRows);
        if (units > 0) {
            rows(
                    job,
                    job.weight.address() + first * job.rowBytes,
                    job.rowBytes,
                    job.y.address() + first * 4L,
                    job.rows * 4L,
                    units,
                    worker,
                    0);
        }
        int behind = first + units * job.unitRows;
        if (units < job.unitsOfPart && behind < job.rows) { // the last rows, some of them for a second time
            int row = job.rows - job.unitRows;
            rows(
                    job,
                    job.weight.address() + row * job.rowBytes,
                    job.rowBytes,
                    job.y.address() + row * 4L,
                    job.rows * 4L,
                    1,
                    worker,
                    0);
        }
    }

    /** A unit whose rows are copied, and filled up with zeros below and to the right. */
    private void copied(Job job, int first, int worker) {
        Plan plan = job.plan;
        int some = Math.min(job.unitRows, job.rows - first);
        long rowBytes = Math.ceilDiv(columns, plan.blockColumns()) * (long) plan.blockBytes();
        long weightBytes = Math.ceilDiv(job.unitRows * rowBytes, 64) * 64;
        long outputBytes = (long) tokens * job.unitRows * 4;
        long weights = workers.scratch(worker, weightBytes + outputBytes + panelBytes(job, 1))
                .address();
        Memory.clear(weights, weightBytes);
        for (int row = 0; row < some; row++) {
            Memory.copy(job.weight.address() + (first + row) * job.rowBytes, weights + row * rowBytes, job.rowBytes);
        }
        long output = weights + weightBytes;
        rows(job, weights, rowBytes, output, job.unitRows * 4L, 1, worker, weightBytes + outputBytes);
        for (int token = 0; token < tokens; token++) {
            Memory.copy(
                    output + (long) token * job.unitRows * 4,
                    job.y.address() + ((long) token * job.rows + first) * 4,
                    some * 4L);
        }
    }

    /** The panel of one strip. */
    private long stripBytes(Plan plan) {
        return (long) panelRuns(plan.record()) * plan.panelBytes();
    }

    /** Sums of a tile. */
    private long sumBytes(Job job) {
        return (long) (tokens + job.plan.overrun()) * job.unitRows * 4;
    }

    /** Panels of a tile, and the sums of some. */
    private long panelBytes(Job job, int units) {
        return tokens == 1 ? 0 : job.unitRows / lanes.rows * stripBytes(job.plan) + units * sumBytes(job);
    }

    private void rows(
            Job job, long weights, long stride, long output, long outputBytes, int units, int worker, long scratchAt) {
        MemorySegment a = arguments[worker];
        Plan plan = job.plan;
        set(a, Arguments.STRIDE, stride);
        if (tokens == 1) {
            set(a, Arguments.WEIGHTS, weights);
            set(a, Arguments.BLOCKS, Math.ceilDiv(columns, plan.blockColumns()));
            set(a, Arguments.UNITS, units);
            set(a, Arguments.RECORDS, job.records.address());
            set(a, Arguments.OUTPUT, output);
            plan.one().call(a.address(), 0, 0, 0);
            return;
        }
        Activations record = plan.record();
        long panel = workers.scratch(worker, scratchAt + panelBytes(job, units)).address() + scratchAt;
        int strips = job.unitRows / lanes.rows;
        long stripBytes = stripBytes(plan);
        long sums = panel + strips * stripBytes;
        long next = weights + units * job.unitRows * stride;
        int runs = runs(record);
        int panelRuns = panelRuns(record);
        int runsOfBlock = plan.blockColumns() / record.columns;
        set(a, Arguments.PANEL_BYTES, stripBytes);
        set(a, Arguments.TOKENS, tokens);
        set(a, Arguments.INPUT_BYTES, job.unitRows * 4L);
        for (int run = 0; run < runs; run += panelRuns) {
            int some = Math.min(panelRuns, runs - run);
            boolean last = run + some == runs;
            int blocks = some / runsOfBlock;
            long column = (long) run / runsOfBlock * plan.blockBytes();
            set(a, Arguments.RECORDS, job.records.address() + (long) run * tokens * record.bytes);
            set(a, Arguments.TOKEN_BYTES, (long) some * record.bytes);
            set(a, Arguments.OUTPUT_BYTES, last ? outputBytes : job.unitRows * 4L);
            set(a, Arguments.BLOCKS, blocks);
            set(a, Arguments.RUNS, plan.rounds(some));
            for (int unit = 0; unit < units; unit++) {
                int row = unit * job.unitRows;
                for (int strip = 0; strip < strips; strip++) {
                    set(a, Arguments.WEIGHTS, weights + (row + strip * lanes.rows) * stride + column);
                    set(a, Arguments.NEXT, next);
                    set(a, Arguments.PANEL, panel + strip * stripBytes);
                    plan.unpack().callBriefly(a.address(), 0, 0, 0);
                    next += (long) blocks * lanes.rows * plan.blockBytes();
                }
                long ofUnit = sums + unit * sumBytes(job);
                set(a, Arguments.PANEL, panel);
                set(a, Arguments.INPUT, run == 0 ? 0 : ofUnit);
                set(a, Arguments.OUTPUT, last ? output + row * 4L : ofUnit);
                plan.many().call(a.address(), 0, 0, 0);
            }
        }
    }

    private static void set(MemorySegment arguments, int offset, long value) {
        arguments.set(JAVA_LONG, offset, value);
    }
}
