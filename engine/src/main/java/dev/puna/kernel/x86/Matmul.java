package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.kernel.x86.Quantised.Many;
import dev.puna.kernel.x86.Quantised.One;
import dev.puna.kernel.x86.Quantised.Unpack;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Products with quantised weights: what to call with what, strip by strip. */
final class Matmul {
    /** Runs of one panel: 512 columns, so that a tile's panels stay in the nearest cache. */
    private static final int PANEL_RUNS = 16;

    private final Lanes lanes;
    private final Workers workers;
    private final Map<DType, Function> ones = new EnumMap<>(DType.class);
    private final Map<DType, Function> unpacks = new EnumMap<>(DType.class);
    private final Map<Codes, Function> manys = new HashMap<>();
    private final Map<Record, Function> quantisers = new HashMap<>();
    private final Map<Record, MemorySegment> records = new HashMap<>();
    private final MemorySegment[] arguments;

    Matmul(Lanes lanes, Workers workers) {
        this.lanes = lanes;
        this.workers = workers;
        arguments = new MemorySegment[workers.threads()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = Arena.ofAuto().allocate(256, 64);
        }
    }

    /** {@code y[t, r] = Σ weight[r, c] · x[t, c]}. */
    void run(Tensor x, Tensor weight, Tensor y) {
        Routine probe = new Routine(lanes);
        Format format = Formats.of(weight.type(), probe);
        Codes codes = format.codes();
        Products products = Products.of(probe, codes);
        Panel panel = Panel.of(lanes, codes, products);
        Record record = products.record();
        int tokens = (int) x.rows();
        int runs = (int) (x.columns() / Codes.RUN);
        MemorySegment quantised = quantise(x, record, tokens, runs);
        if (tokens == 1) {
            one(weight, quantised, y);
        } else {
            many(weight, format, codes, panel, record, quantised, tokens, runs, y);
        }
    }

    private MemorySegment quantise(Tensor x, Record record, int tokens, int runs) {
        long bytes = (long) tokens * runs * record.bytes();
        MemorySegment target = records.get(record);
        if (target == null || target.byteSize() < bytes) {
            target = Arena.ofAuto().allocate(bytes, 64);
            records.put(record, target);
        }
        Function quantiser = quantisers.computeIfAbsent(record, r -> load(Quantiser.of(r)));
        long to = target.address();
        long from = x.data().address();
        workers.run(tokens, (token, _) -> {
            for (int run = 0; run < runs; run += PANEL_RUNS) {
                int some = Math.min(PANEL_RUNS, runs - run);
                long place = (long) run * tokens + (long) token * some;
                quantiser.call(
                        from + ((long) token * runs + run) * Codes.RUN * 4, to + place * record.bytes(), some, 0);
            }
        });
        return target;
    }

    private void one(Tensor weight, MemorySegment quantised, Tensor y) {
        Function one = ones.computeIfAbsent(weight.type(), type -> load(Quantised.one(lanes, type)));
        int rows = (int) weight.rows();
        int strips = rows / lanes.rows;
        int each = Math.max(1, (int) Math.min(strips / (workers.threads() * 4), (256 << 10) / (lanes.rows * weight.rowBytes())));
        int last = rows % lanes.rows == 0 ? 0 : 1;
        workers.run(Math.ceilDiv(strips, each) + last, (part, worker) -> {
            int first = part * each;
            int some = Math.min(each, strips - first);
            int row = first * lanes.rows;
            if (some <= 0) {
                row = rows - lanes.rows;
                some = 1;
            }
            MemorySegment a = arguments[worker];
            a.set(JAVA_LONG, One.WEIGHTS, weight.data().address() + row * weight.rowBytes());
            a.set(JAVA_LONG, One.STRIDE, weight.rowBytes());
            a.set(JAVA_LONG, One.STRIPS, some);
            a.set(JAVA_LONG, One.BLOCKS, weight.columns() / weight.type().blockSize());
            a.set(JAVA_LONG, One.RECORDS, quantised.address());
            a.set(JAVA_LONG, One.OUTPUT, y.data().address() + row * 4L);
            one.call(a.address(), 0, 0, 0);
        });
    }

    private void many(
            Tensor weight,
            Format format,
            Codes codes,
            Panel panel,
            Record record,
            MemorySegment quantised,
            int tokens,
            int runs,
            Tensor y) {
        Function unpack = unpacks.computeIfAbsent(weight.type(), type -> load(Quantised.unpack(lanes, type)));
        Function many = manys.computeIfAbsent(codes, c -> load(Quantised.many(lanes, c)));
        int rows = (int) weight.rows();
        Quantised.Tile tile = Quantised.Tile.of(lanes, codes);
        int tileRows = tile.strips() * lanes.rows;
        long stripPanel = (long) PANEL_RUNS * panel.runBytes();
        long sumsAt = tile.strips() * stripPanel;
        workers.run(Math.ceilDiv(rows, tileRows), (part, worker) -> {
            int row = Math.min(part * tileRows, rows - tileRows);
            MemorySegment scratch = workers.scratch(worker, sumsAt + (long) tokens * tileRows * 4);
            MemorySegment a = arguments[worker];
            long next = weight.data().address() + (row + tileRows) * weight.rowBytes();
            for (int run = 0; run < runs; run += PANEL_RUNS) {
                int some = Math.min(PANEL_RUNS, runs - run);
                long blocks = some / format.runs();
                for (int strip = 0; strip < tile.strips(); strip++) {
                    a.set(
                            JAVA_LONG,
                            Unpack.WEIGHTS,
                            weight.data().address()
                                    + (row + strip * lanes.rows) * weight.rowBytes()
                                    + (long) run / format.runs() * weight.type().blockBytes());
                    a.set(JAVA_LONG, Unpack.STRIDE, weight.rowBytes());
                    a.set(JAVA_LONG, Unpack.BLOCKS, blocks);
                    a.set(JAVA_LONG, Unpack.NEXT, next);
                    next += blocks * lanes.rows * weight.type().blockBytes();
                    a.set(JAVA_LONG, Unpack.PANEL, scratch.address() + strip * stripPanel);
                    unpack.call(a.address(), 0, 0, 0);
                }
                boolean first = run == 0;
                boolean last = run + some == runs;
                a.set(JAVA_LONG, Many.PANEL, scratch.address());
                a.set(JAVA_LONG, Many.PANEL_BYTES, stripPanel);
                a.set(JAVA_LONG, Many.RUNS, some);
                a.set(JAVA_LONG, Many.RECORDS, quantised.address() + (long) run * tokens * record.bytes());
                a.set(JAVA_LONG, Many.TOKEN_BYTES, (long) some * record.bytes());
                a.set(JAVA_LONG, Many.TOKENS, tokens);
                a.set(JAVA_LONG, Many.INPUT, first ? 0 : scratch.address() + sumsAt);
                a.set(JAVA_LONG, Many.INPUT_BYTES, tileRows * 4L);
                a.set(JAVA_LONG, Many.OUTPUT, last ? y.data().address() + row * 4L : scratch.address() + sumsAt);
                a.set(JAVA_LONG, Many.OUTPUT_BYTES, last ? rows * 4L : tileRows * 4L);
                many.call(a.address(), 0, 0, 0);
            }
        });
    }

    private static Function load(byte[] code) {
        try {
            return CodePage.load(code);
        } catch (Refused refused) {
            throw new IllegalStateException(refused);
        }
    }
}
