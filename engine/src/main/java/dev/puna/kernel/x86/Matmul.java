package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

    /** So many tokens fetch while they are multiplied, where a run of weights is no more than so many bytes. */
    private static final int FETCHING_LEAST = 7;

    private static final int FETCHING_MOST = 16;

    private static final int FETCHING_RUN_BYTES = 24;

    /** Forms of activations. */
    private static final int RECORDS = Activations.values().length;

    /** Parts for each thread, so that none waits long for the last. */
    private static final int PARTS = 4;

    private final Level level;
    private final Supplier<Assembler> assembler;
    private final Lanes lanes;
    private final Workers workers;
    private final Ahead ahead;
    private final Map<DType, Plan> plans = new EnumMap<>(DType.class);
    private final Function[] quantisers = new Function[Activations.values().length];
    /** By {@link #index}; made when first asked for. */
    private final @Nullable Form[] forms = new Form[Arrangement.values().length * RECORDS];

    private final BitSet prepared = new BitSet(forms.length);

    private final MemorySegment[] arguments;
    private final Workers.Task prepare = this::prepare;
    private final Workers.Task multiply = this::multiply;

    // What is being done
    private final List<Job> jobs = new ArrayList<>();
    private int jobCount;
    private int tokens;
    private MemorySegment x = MemorySegment.NULL;
    private int columns;
    private Form preparing = new Form(Activations.FLOATS, Arrangement.IN_ORDER);

    /** The rows of one weight. */
    private static final class Job {
        Plan plan;
        MemorySegment weight = MemorySegment.NULL;
        MemorySegment y = MemorySegment.NULL;
        Form form = new Form(Activations.FLOATS, Arrangement.IN_ORDER);
        int rows;
        long rowBytes;
        /** Rows that a kernel works on at a time; units that a part has. */
        int unitRows;

        int unitsOfPart;
        int firstPart;
        int endPart;
        /** Without panels, by this kernel. */
        boolean straight;

        Function kernel = Function.NONE;
        /** Whether rows are copied first: there are too few, or they end within a run. */
        boolean copied;

        Job(Plan plan) {
            this.plan = plan;
        }
    }

    /** @param assembler makes what assembles the kernels that use tiles */
    Matmul(Level level, Supplier<Assembler> assembler, Workers workers) throws Refused {
        this.level = level;
        this.assembler = assembler;
        this.lanes = level.lanes;
        this.workers = workers;
        this.ahead = new Ahead(workers.threads());
        workers.meanwhile(ahead);
        arguments = new MemorySegment[workers.threads()];
        Arena arena = Arena.ofAuto();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arena.allocate(Arguments.BYTES, 64);
        }
    }

    /** {@code ys[i][t, r] = Σ_c weights[i][r, c] · x[t, c]}; {@code next} are the weights that come after these. */
    void run(Tensor input, List<Tensor> weights, List<Tensor> ys, List<Tensor> next) {
        x = input.data();
        columns = (int) input.columns();
        tokens = (int) input.rows();
        prepared.clear();
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
            job.form = form(plan);
            int index = index(job.form.record, job.form.arrangement);
            if (!prepared.get(index)) {
                prepared.set(index);
                prepare(job.form, plan.overrun());
            }
            begin(job, weights.get(i), ys.get(i), partBytes);
            job.firstPart = parts;
            parts = job.endPart = parts + Math.ceilDiv(Math.ceilDiv(job.rows, job.unitRows), job.unitsOfPart);
        }
        ahead.expect(tokens <= FETCHING_MOST ? next : List.of());
        workers.run(parts, multiply);
    }

    private void begin(Job job, Tensor weight, Tensor y, long partBytes) {
        Plan plan = job.plan;
        job.weight = weight.data();
        job.y = y.data();
        job.rows = (int) weight.rows();
        job.rowBytes = weight.rowBytes();
        job.straight = plan.straight().takes(tokens);
        if (job.straight) {
            job.kernel = kernel(plan);
        }
        job.unitRows = job.straight ? plan.straightRows() : plan.tileRows();
        job.copied = job.rows < job.unitRows || columns % plan.blockColumns() != 0;
        long unitBytes = job.unitRows * job.rowBytes;
        if (job.copied) {
            job.unitsOfPart = 1;
        } else if (job.straight) {
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
        Form form = job.form;
        if ((long) form.runs * tokens * form.record.bytes <= ACTIVATION_BYTES || form.panels() == 1) {
            return 1;
        }
        int shared = job.rows / job.unitRows / (2 * PARTS * workers.threads());
        return (int) Math.clamp(SUM_BYTES / (4L * tokens * job.unitRows), 1, Math.max(1, shared));
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

    private Function kernel(Plan plan) {
        try {
            return plan.straight().of(tokens);
        } catch (Refused refused) {
            throw new IllegalStateException(refused);
        }
    }

    private Form form(Plan plan) {
        boolean straight = plan.straight().takes(tokens);
        Activations record = straight ? plan.straightRecord() : plan.record();
        Arrangement arrangement = straight ? plan.arrangement().ofOne() : plan.arrangement();
        int i = index(record, arrangement);
        Form form = forms[i];
        if (form == null) {
            form = new Form(record, arrangement);
            forms[i] = form;
        }
        return form;
    }

    private static int index(Activations record, Arrangement arrangement) {
        return arrangement.ordinal() * RECORDS + record.ordinal();
    }

    private void prepare(Form form, int overrun) {
        Activations record = form.record;
        try {
            if (quantisers[record.ordinal()] == null) {
                quantisers[record.ordinal()] = CodePage.load(Quantiser.of(record));
            }
            if (form.arranged(tokens)) {
                form.arrange();
            }
        } catch (Refused refused) {
            throw new IllegalStateException(refused);
        }
        form.columns(columns);
        preparing = form;
        form.memory.atLeast(form.bytes(tokens) + (long) overrun * form.most * record.bytes);
        if (tokens == 1) {
            prepare(0, 0);
        } else {
            workers.run(tokens, prepare);
        }
    }

    private void prepare(int token, int worker) {
        Form form = preparing;
        Activations record = form.record;
        Function quantiser = quantisers[record.ordinal()];
        int runs = form.prepared(tokens);
        boolean arranged = form.arranged(tokens);
        long source = x.address() + (long) token * columns * 4;
        long target = form.memory.atLeast(0).address();
        long runBytes = record.columns * 4L;
        long sourceBytes = runs * runBytes;
        long scratch = workers.scratch(worker, sourceBytes + (arranged ? (long) runs * record.bytes : 0))
                .address();
        if (sourceBytes > columns * 4L) { // the row ends within a run, or a group of them
            Memory.copy(source, scratch, columns * 4L);
            Memory.clear(scratch + columns * 4L, sourceBytes - columns * 4L);
            source = scratch;
        }
        if (arranged) {
            long records = source;
            if (record != Activations.FLOATS) {
                records = scratch + sourceBytes;
                quantiser.callBriefly(source, records, runs, runs);
            }
            int groups = runs / form.arrangement.groupRuns();
            long first = form.memory.atLeast(0).address() + (long) token * form.groupBytes;
            form.arrange.callBriefly(records, first, groups, record.bytes, (tokens - 1L) * form.groupBytes, 0);
            return;
        }
        int lanesOfPart = form.arrangement.lanes;
        int together = lanesOfPart > 1 ? form.arrangement.together : runs;
        for (int part = 0; part < form.panels(); part += lanesOfPart) {
            long togetherBytes = (long) together * record.bytes;
            long laneBytes = form.at(part + 1, 0, tokens) - form.at(part, 0, tokens);
            quantiser.callBriefly(
                    source + form.start(part) * runBytes,
                    target + form.at(part, token, tokens),
                    form.part(part),
                    together,
                    laneBytes - togetherBytes,
                    togetherBytes - lanesOfPart * laneBytes);
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

    /** The panel of one strip, or those of blocks abreast. */
    private static long stripBytes(Job job) {
        return job.form.arrangement.lanes * laneBytes(job);
    }

    private static long laneBytes(Job job) {
        return (long) job.form.most * job.plan.panelBytes();
    }

    /** Sums of a tile. */
    private long sumBytes(Job job) {
        return (long) (tokens + job.plan.overrun()) * job.unitRows * 4;
    }

    /** Panels of a tile, and the sums of some. */
    private long panelBytes(Job job, int units) {
        return job.straight ? 0 : job.unitRows / lanes.rows * stripBytes(job) + units * sumBytes(job);
    }

    private void rows(
            Job job, long weights, long stride, long output, long outputBytes, int units, int worker, long scratchAt) {
        MemorySegment a = arguments[worker];
        Plan plan = job.plan;
        set(a, Arguments.STRIDE, stride);
        if (job.straight) {
            set(a, Arguments.WEIGHTS, weights);
            set(a, Arguments.BLOCKS, Math.ceilDiv(columns, plan.blockColumns()));
            set(a, Arguments.UNITS, units);
            set(a, Arguments.RECORDS, job.form.memory.atLeast(0).address());
            set(a, Arguments.OUTPUT, output);
            set(a, Arguments.OUTPUT_BYTES, outputBytes);
            job.kernel.call(a.address(), 0, 0, 0);
            return;
        }
        Form form = job.form;
        Activations record = form.record;
        long panel = workers.scratch(worker, scratchAt + panelBytes(job, units)).address() + scratchAt;
        int strips = job.unitRows / lanes.rows;
        long stripBytes = stripBytes(job);
        long sums = panel + strips * stripBytes;
        long next = weights + units * job.unitRows * stride;
        int panels = form.panels();
        int runsOfBlock = plan.blockColumns() / record.columns;
        set(a, Arguments.PANEL_BYTES, stripBytes);
        set(a, Arguments.TOKENS, tokens);
        set(a, Arguments.INPUT_BYTES, job.unitRows * 4L);
        int lanesOfPart = form.arrangement.lanes;
        // With few tokens panels in fours are unpacked in one go: too much to ask for meanwhile, so their products do.
        boolean fetching = lanesOfPart > 1
                && !record.isExact()
                && tokens >= FETCHING_LEAST
                && tokens <= FETCHING_MOST
                && plan.blockBytes() / runsOfBlock <= FETCHING_RUN_BYTES;
        for (int part = 0; part < panels; part += lanesOfPart) {
            int blocks = form.part(part) / runsOfBlock;
            long column = (long) form.start(part) / runsOfBlock * plan.blockBytes();
            for (int unit = 0; unit < units; unit++) {
                int row = unit * job.unitRows;
                set(a, Arguments.BLOCKS, blocks);
                for (int strip = 0; strip < strips; strip++) {
                    set(a, Arguments.WEIGHTS, weights + (row + strip * lanes.rows) * stride + column);
                    set(a, Arguments.NEXT, fetching ? weights : next);
                    set(a, Arguments.PANEL, panel + strip * stripBytes);
                    plan.unpack().callBriefly(a.address(), 0, 0, 0);
                    next += (long) blocks * lanes.rows * plan.blockBytes();
                }
                long ofUnit = sums + unit * sumBytes(job);
                set(
                        a,
                        Arguments.NEXT,
                        fetching ? next - (long) strips * blocks * lanes.rows * plan.blockBytes() : weights);
                set(a, Arguments.NEXT_STEP, fetching ? Arguments.FETCHED : 0);
                for (int i = part; i < Math.min(part + lanesOfPart, panels); i++) {
                    boolean last = i == panels - 1;
                    set(a, Arguments.RECORDS, form.memory.atLeast(0).address() + form.at(i, 0, tokens));
                    set(a, Arguments.TOKEN_BYTES, (long) form.places(i) * record.bytes);
                    set(a, Arguments.RUNS, plan.rounds(form.runs(i)));
                    set(a, Arguments.PANEL, panel + (i - part) * laneBytes(job));
                    set(a, Arguments.INPUT, i == 0 ? 0 : ofUnit);
                    set(a, Arguments.OUTPUT, last ? output + row * 4L : ofUnit);
                    set(a, Arguments.OUTPUT_BYTES, last ? outputBytes : job.unitRows * 4L);
                    plan.many().call(a.address(), 0, 0, 0);
                }
            }
        }
    }

    private static void set(MemorySegment arguments, int offset, long value) {
        arguments.set(JAVA_LONG, offset, value);
    }
}
