package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Rotation;
import dev.puna.kernel.Scalar;
import dev.puna.kernel.Span;
import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The tiers {@code avx2}, {@code avx512} and {@code amx}: machine code assembled for the level, what it has none for inherited. */
final class X86 extends Scalar {
    /** Tokens whose keys and values one thread stores at a time. */
    private static final int STORED = 64;

    /** Numbers that are worth handing to a second thread. */
    private static final int PART = 32_768;

    private final Level level;
    private final Matmul matmul;
    private final Attention attention;
    private final Function add;
    private final Function swiGlu;
    private final Function rmsNorm;
    private final Function rotateHalves;
    private final Function rotateNeighbours;
    private final Function halves;
    private final Function blocks;
    /** By type: what puts a row of keys in its place. */
    private final @Nullable Function[] turns = new Function[DType.values().length];

    private final MemorySegment constants = Arena.ofAuto().allocate(8, 8);

    private final Part norms = this::norms;
    private final Part sums = this::sums;
    private final Part gates = this::gates;
    private final Part turning = this::turning;
    private final Workers.Task stores = this::stores;

    // What is being done
    private Part part = (_, _) -> {};
    private int all;
    private int each;
    private final Workers.Task parts = (i, _) -> part.run((long) i * each, Math.min(each, all - (long) i * each));

    X86(Level level, Workers workers) throws Refused {
        this(level, workers, Assembler::new);
    }

    /** @param assembler makes what assembles the kernels that use tiles */
    X86(Level level, Workers workers, Supplier<Assembler> assembler) throws Refused {
        super(workers);
        this.level = level;
        this.matmul = new Matmul(level, assembler, workers);
        this.attention = new Attention(level.lanes, workers);
        this.add = CodePage.load(Elementwise.add());
        this.swiGlu = CodePage.load(Elementwise.swiGlu(level.lanes));
        this.rmsNorm = CodePage.load(Elementwise.rmsNorm());
        this.rotateHalves = CodePage.load(Elementwise.rotateHalves());
        this.rotateNeighbours = CodePage.load(Elementwise.rotateNeighbours());
        this.halves = CodePage.load(Elementwise.halves());
        this.blocks = CodePage.load(Quantiser.blocks());
    }

    @Override
    public String tier() {
        return level.tier;
    }

    @Override
    public String how(DType type) {
        return Plan.has(type) ? Plan.how(level, type) : super.how(type);
    }

    @Override
    public MemorySegment memory(Arena arena, long bytes) {
        return Settings.read().isLinux() ? LargePages.allocate(arena, bytes) : super.memory(arena, bytes);
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        matmul(x, weights, ys, List.of());
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys, List<Tensor> next) {
        for (int i = 0; i < weights.size(); i++) {
            if (!Plan.has(weights.get(i).type())) {
                super.matmul(x, weights, ys);
                return;
            }
        }
        matmul.run(x, weights, ys, next);
    }

    @Override
    public void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) {
        long n = weight.elements();
        constants.set(JAVA_FLOAT, 0, 1f / n);
        constants.set(JAVA_FLOAT, 4, epsilon);
        in = x;
        other = weight;
        out = y;
        parts((int) (x.elements() / n), n, norms);
    }

    private void norms(long row, long rows) {
        long n = other.elements();
        long at = 4 * n * row;
        rmsNorm.call(
                in.data().address() + at,
                other.data().address(),
                out.data().address() + at,
                n,
                rows,
                constants.address());
    }

    @Override
    public void add(Tensor b, Tensor y) {
        long n = b.elements();
        if (n == y.elements()) {
            in = b;
            out = y;
            parts((int) b.rows(), b.columns(), sums);
        } else {
            for (long at = 0; at < y.elements(); at += n) {
                add.call(b.data().address(), y.data().address() + 4 * at, n, 0);
            }
        }
    }

    private void sums(long row, long rows) {
        long at = 4 * in.columns() * row;
        add.call(in.data().address() + at, out.data().address() + at, rows * in.columns(), 0);
    }

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        in = gate;
        other = up;
        out = y;
        parts((int) gate.rows(), gate.columns(), gates);
    }

    private void gates(long row, long rows) {
        long at = 4 * in.columns() * row;
        swiGlu.call(
                in.data().address() + at,
                other.data().address() + at,
                out.data().address() + at,
                in.columns() * rows);
    }

    @Override
    public void rotate(Rotation rotation, int headSize, Tensor x) {
        this.rotation = rotation;
        this.headSize = headSize;
        out = x;
        parts((int) x.rows(), x.columns(), turning);
    }

    private void turning(long row, long rows) {
        Rotation by = Objects.requireNonNull(rotation);
        Function kernel = by.interleaved() ? rotateNeighbours : rotateHalves;
        int pairs = by.pairs();
        long width = out.columns();
        for (long token = row; token < row + rows; token++) {
            kernel.callBriefly(
                    out.data().address() + 4 * width * token,
                    by.cos().data().address() + 4 * pairs * token,
                    by.sin().data().address() + 4 * pairs * token,
                    pairs,
                    width / headSize,
                    4L * headSize);
        }
    }

    @Override
    public void store(Tensor keys, Tensor values, List<Span> spans, Pages pages) {
        int size = pages.headSize();
        if (size % (pages.type() == DType.Q8_0 ? 32 : 8) != 0) {
            super.store(keys, values, spans, pages);
            return;
        }
        if (KeyStrips.fit(pages)) {
            turn(pages.type());
        }
        in = keys;
        other = values;
        this.spans = spans;
        this.pages = pages;
        workers.run(Math.ceilDiv((int) keys.rows(), STORED), stores);
    }

    /** Some tokens of the batch. */
    private void stores(int part, int worker) {
        Tensor keys = in;
        Tensor values = other;
        int from = part * STORED;
        int end = (int) Math.min(keys.rows(), from + STORED);
        int size = pages.headSize();
        boolean turned = KeyStrips.fit(pages);
        Function turn = turned ? turn(pages.type()) : Function.NONE;
        long row = turned ? workers.scratch(worker, pages.rowBytes()).address() : 0;
        int first = 0;
        for (int i = 0; i < spans.size() && first < end; i++) {
            Span span = spans.get(i);
            int last = Math.min(end, first + span.length());
            for (int token = Math.max(from, first); token < last; token++) {
                int p = span.start() + token - first;
                int lane = p % pages.blockTokens() % KeyStrips.POSITIONS;
                long rows = pages.page(span, p).address() + pages.row(span, p);
                for (int head = 0; head < pages.kvHeads(); head++) {
                    long at = 4 * (token * keys.columns() + (long) head * size);
                    long key = rows + pages.keys(head);
                    if (turned) {
                        store(keys.data().address() + at, row, pages);
                        turn.callBriefly(row, key - lane * pages.rowBytes(), lane, size / KeyStrips.GROUP);
                    } else {
                        store(keys.data().address() + at, key, pages);
                    }
                    store(values.data().address() + at, rows + pages.values(head), pages);
                }
            }
            first += span.length();
        }
    }

    private Function turn(DType type) {
        Function function = turns[type.ordinal()];
        if (function == null) {
            try {
                function = CodePage.load(KeyStrips.store(type));
            } catch (Refused refused) {
                throw new IllegalStateException(refused);
            }
            turns[type.ordinal()] = function;
        }
        return function;
    }

    private void store(long source, long target, Pages pages) {
        switch (pages.type()) {
            case F16 -> halves.callBriefly(source, target, pages.headSize() / 8, 0);
            case Q8_0 -> blocks.callBriefly(source, target, pages.headSize() / 32, 0);
            default -> Memory.copy(source, target, pages.rowBytes());
        }
    }

    @Override
    public void attention(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) {
        try {
            attention.run(queries, spans, pages, reach, scale, y);
        } catch (Refused refused) {
            throw new IllegalStateException(refused);
        }
    }

    /** Some rows of an operation. */
    private interface Part {
        void run(long row, long rows);
    }

    /** Hands rows out to the threads, unless they are not worth a second one. */
    private void parts(int rows, long columns, Part part) {
        each = (int) Math.max(1, PART / columns);
        if (rows <= each) {
            part.run(0, rows);
            return;
        }
        this.part = part;
        all = rows;
        workers.run(Math.ceilDiv(rows, each), parts);
    }
}
