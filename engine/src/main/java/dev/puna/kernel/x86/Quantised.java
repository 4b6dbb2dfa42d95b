package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
import static dev.puna.kernel.x86.Gpr.R14;
import static dev.puna.kernel.x86.Gpr.R15;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The kernels of products with quantised weights. Each reads its arguments from a block of 64-bit words. */
final class Quantised {
    private Quantised() {}

    /** Arguments of {@link #one}. */
    static final class One {
        static final int WEIGHTS = 0;
        static final int STRIDE = 8;
        static final int STRIPS = 16;
        static final int BLOCKS = 24;
        static final int RECORDS = 32;
        static final int OUTPUT = 40;
        static final int BYTES = 48;

        private One() {}
    }

    /**
     * Strips of rows times one token, straight from the blocks: reads memory once, in its order, by fetching the next
     * strip while it works on one.
     */
    static byte[] one(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Format format = Formats.of(type, routine);
        Products products = Products.of(routine, format.codes());
        Dot dot = new Dot(routine, products, format.codes(), RCX, RSP);
        Gpr[] bases = Arrays.copyOf(new Gpr[] {R8, R9, R10, R11}, lanes.rows / 4);
        Rows rows = new Rows(routine, bases, RSI, RDX);

        routine.enter();
        a.mov(RBP, RSP);
        int ofDot = dot.scratchBytes(format.runs());
        a.sub(RSP, ofDot + format.scratchVectors() * lanes.bytes);
        a.and(RSP, -64);
        a.load(RSI, Mem.at(RDI, One.STRIDE));
        a.load(R12, Mem.at(RDI, One.WEIGHTS));
        a.load(R13, Mem.at(RDI, One.STRIPS));
        a.load(R14, Mem.at(RDI, One.OUTPUT));
        a.load(R15, Mem.at(RDI, One.BLOCKS));
        Label strip = a.here();
        a.mov(bases[0], R12);
        rows.begin();
        a.lea(RBX, Mem.at(bases[bases.length - 1], RSI, 4, 0)); // the next strip
        a.mov(R12, RBX);
        a.load(RCX, Mem.at(RDI, One.RECORDS));
        a.mov(RAX, R15);
        routine.zero(dot.sum());
        a.align(32);
        Label block = a.here();
        fetch(a, RBX, lanes.rows * type.blockBytes());
        format.block(routine, rows, dot, Mem.at(RSP, ofDot));
        dot.count(format.runs());
        rows.advance(type.blockBytes());
        a.add(RCX, format.runs() * products.record().bytes());
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
        a.op(VMOVUPS_STORE, Mem.at(R14), dot.sum());
        a.add(R14, lanes.bytes);
        a.dec(R13);
        a.jump(Condition.NOT_ZERO, strip);
        a.mov(RSP, RBP);
        routine.leave();
        return a.finish();
    }

    /** Asks for the next bytes and moves on behind them. */
    private static void fetch(Assembler a, Gpr next, int bytes) {
        for (int line = 0; line < bytes; line += 64) {
            a.prefetch(HINT, Mem.at(next, line));
        }
        a.add(next, bytes);
    }
    static Assembler.Hint HINT = Assembler.Hint.valueOf(System.getProperty("hint","T0"));

    /** Arguments of {@link #unpack}. */
    static final class Unpack {
        static final int WEIGHTS = 0;
        static final int STRIDE = 8;
        static final int BLOCKS = 16;
        static final int PANEL = 24;
        /** What will be needed next: as many bytes are fetched from there as are unpacked. */
        static final int NEXT = 32;

        static final int BYTES = 40;

        private Unpack() {}
    }

    /** Blocks of a strip's rows to a panel. */
    static byte[] unpack(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Format format = Formats.of(type, routine);
        Products products = Products.of(routine, format.codes());
        Panel.Filling filling = new Panel.Filling(routine, products, format.codes(), RCX);
        Gpr[] bases = Arrays.copyOf(new Gpr[] {R8, R9, R10, R11}, lanes.rows / 4);
        Rows rows = new Rows(routine, bases, RSI, RDX);
        a.push(RBP);
        a.mov(RBP, RSP);
        a.sub(RSP, format.scratchVectors() * lanes.bytes);
        a.and(RSP, -64);
        a.load(RSI, Mem.at(RDI, Unpack.STRIDE));
        a.load(bases[0], Mem.at(RDI, Unpack.WEIGHTS));
        a.load(RCX, Mem.at(RDI, Unpack.PANEL));
        a.load(RAX, Mem.at(RDI, Unpack.BLOCKS));
        a.load(RDI, Mem.at(RDI, Unpack.NEXT));
        rows.begin();
        a.align(32);
        Label block = a.here();
        fetch(a, RDI, lanes.rows * type.blockBytes());
        format.block(routine, rows, filling, Mem.at(RSP));
        rows.advance(type.blockBytes());
        a.add(RCX, format.runs() * filling.panel().runBytes());
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
        a.mov(RSP, RBP);
        a.pop(RBP);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** Arguments of {@link #many}. */
    static final class Many {
        static final int PANEL = 0;
        /** Bytes from one strip's panel to the next. */
        static final int PANEL_BYTES = 8;

        static final int RUNS = 16;
        static final int RECORDS = 24;
        /** Bytes from one token's records to the next's. */
        static final int TOKEN_BYTES = 32;

        static final int TOKENS = 40;
        /** Sums so far, or 0 for none. */
        static final int INPUT = 48;

        static final int INPUT_BYTES = 56;
        static final int OUTPUT = 64;
        static final int OUTPUT_BYTES = 72;
        static final int BYTES = 80;

        private Many() {}
    }

    /** How many strips and tokens {@link #many} multiplies at a time: as many as there are vectors to hold their sums. */
    record Tile(int strips, int tokens) {
        static Tile of(Lanes lanes, Codes codes) {
            return switch (lanes) {
                case SIXTEEN -> new Tile(2, 6);
                case EIGHT -> new Tile(1, codes.signed() || codes.bits() <= 4 && codes.halves() == 1 ? 6 : 4);
            };
        }
    }

    /** The panels of a tile's strips times any number of tokens. */
    static byte[] many(Lanes lanes, Codes codes) {
        Tile tile = Tile.of(lanes, codes);
        Assembler a = new Assembler();
        Routine frame = new Routine(lanes, a);
        frame.enter();
        a.load(RAX, Mem.at(RDI, Many.TOKENS));
        a.load(R8, Mem.at(RDI, Many.RECORDS));
        a.load(R9, Mem.at(RDI, Many.INPUT));
        a.load(R10, Mem.at(RDI, Many.OUTPUT));
        Label next = a.here();
        Label done = new Label();
        Label[] fewer = new Label[tile.tokens()];
        for (int tokens = 1; tokens < tile.tokens(); tokens++) {
            fewer[tokens] = new Label();
        }
        Label all = new Label();
        a.cmp(RAX, tile.tokens());
        a.jump(Condition.NOT_LESS, all);
        for (int tokens = tile.tokens() - 1; tokens > 0; tokens--) {
            a.cmp(RAX, tokens);
            a.jump(Condition.ZERO, fewer[tokens]);
        }
        a.jump(done);
        a.bind(all);
        tokens(lanes, codes, a, tile.strips(), tile.tokens());
        a.sub(RAX, tile.tokens());
        a.jump(next);
        for (int tokens = 1; tokens < tile.tokens(); tokens++) {
            a.bind(fewer[tokens]);
            tokens(lanes, codes, a, tile.strips(), tokens);
            a.jump(done);
        }
        a.bind(done);
        frame.leave();
        return a.finish();
    }

    /** Some tokens; moves records, input and output on by as many. */
    private static void tokens(Lanes lanes, Codes codes, Assembler a, int strips, int tokens) {
        Routine routine = new Routine(lanes, a);
        Products products = Products.of(routine, codes);
        Panel panel = Panel.of(lanes, codes, products);
        Record record = products.record();
        Vec[][] sums = new Vec[tokens][];
        Products.Sum[][] wholes = new Products.Sum[tokens][strips];
        for (int t = 0; t < tokens; t++) {
            sums[t] = routine.take(strips);
            for (int s = 0; s < strips; s++) {
                wholes[t][s] = products.sum();
            }
        }
        // The first three tokens count from R11, the others from R12; RSI is the bytes between two.
        a.load(RSI, Mem.at(RDI, Many.TOKEN_BYTES));
        a.mov(R11, R8);
        a.lea(R12, Mem.at(RSI, RSI, 2, 0));
        a.add(R12, R8);
        a.load(R13, Mem.at(RDI, Many.PANEL));
        a.load(R14, Mem.at(RDI, Many.PANEL_BYTES));
        a.add(R14, R13);
        a.load(RCX, Mem.at(RDI, Many.RUNS));
        Gpr[] panels = {R13, R14};
        Mem[] at = new Mem[tokens];
        for (int t = 0; t < tokens; t++) {
            Gpr base = t < 3 ? R11 : R12;
            at[t] = t % 3 == 0 ? Mem.at(base) : Mem.at(base, RSI, t % 3, 0);
        }

        Label fresh = new Label();
        Label begun = new Label();
        a.test(R9, R9);
        a.jump(Condition.ZERO, fresh);
        a.load(RDX, Mem.at(RDI, Many.INPUT_BYTES));
        for (int t = 0; t < tokens; t++) {
            for (int s = 0; s < strips; s++) {
                a.op(VMOVUPS, sums[t][s], Mem.at(R9, s * lanes.bytes));
            }
            a.add(R9, RDX);
        }
        a.jump(begun);
        a.bind(fresh);
        for (Vec[] ofToken : sums) {
            for (Vec sum : ofToken) {
                routine.zero(sum);
            }
        }
        a.bind(begun);

        a.align(32);
        Label run = a.here();
        int stepsOfHalf = products.steps() / codes.halves();
        Vec[] weights = routine.take(strips);
        for (int half = 0; half < codes.halves(); half++) {
            for (int t = 0; t < tokens; t++) {
                for (int s = 0; s < strips; s++) {
                    wholes[t][s].start(at[t], half);
                }
            }
            for (int step = half * stepsOfHalf; step < (half + 1) * stepsOfHalf; step++) {
                for (int s = 0; s < strips; s++) {
                    a.op(VMOVUPS, weights[s], Mem.at(panels[s], panel.step(step)));
                }
                for (int t = 0; t < tokens; t++) {
                    products.multiply(wholes[t], weights, at[t], step);
                }
            }
            for (int s = 0; s < strips; s++) {
                a.op(VMOVUPS, weights[s], Mem.at(panels[s], panel.scale(half)));
                @Nullable Vec minimum = panel.minima() ? minimum(routine, strips, s, weights) : null;
                if (minimum != null) {
                    a.op(VMOVUPS, minimum, Mem.at(panels[s], panel.minimum(half)));
                }
                for (int t = 0; t < tokens; t++) {
                    products.count(sums[t][s], wholes[t][s].total(), weights[s], minimum, at[t], half);
                }
                if (minimum != null && strips == 1) {
                    routine.give(minimum);
                }
            }
        }
        a.add(R11, record.bytes());
        a.add(R12, record.bytes());
        for (int s = 0; s < strips; s++) {
            a.add(panels[s], panel.runBytes());
        }
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, run);

        a.load(RDX, Mem.at(RDI, Many.OUTPUT_BYTES));
        for (int t = 0; t < tokens; t++) {
            for (int s = 0; s < strips; s++) {
                a.op(VMOVUPS_STORE, Mem.at(R10, s * lanes.bytes), sums[t][s]);
            }
            a.add(R10, RDX);
        }
        a.imul(RSI, RSI, tokens);
        a.add(R8, RSI);
    }

    /** A vector for minima: the other strip's weights are not needed then. */
    private static Vec minimum(Routine routine, int strips, int strip, Vec[] weights) {
        return strips == 1 ? routine.take() : weights[1 - strip];
    }
}
