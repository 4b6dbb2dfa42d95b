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
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/** The panels of a tile's strips times any number of tokens; the sums of a tile stay in vectors along a panel. */
final class ManyTokens {

    /**
     * What is multiplied at a time: as much as there are vectors to hold its sums.
     *
     * @param strips whose weights an activation meets when it is loaded
     */
    record Tile(int strips, int tokens) {
        private static final Tile FLOATS_OF_SIXTEEN = new Tile(2, 12);
        private static final Tile FLOATS_OF_EIGHT = new Tile(2, 6);

        static Tile of(Lanes lanes, Codes codes) {
            return switch (lanes) {
                case SIXTEEN -> new Tile(2, codes.halves() == 1 ? 6 : 4);
                case EIGHT -> new Tile(2, codes.signed() ? 3 : 2);
            };
        }

        static Tile ofWholeScales(Lanes lanes) {
            return new Tile(lanes == Lanes.SIXTEEN ? 2 : 1, 4);
        }

        static Tile ofFloats(Lanes lanes) {
            return lanes == Lanes.SIXTEEN ? FLOATS_OF_SIXTEEN : FLOATS_OF_EIGHT;
        }
    }

    /** The products of one run, or what several runs, one behind the other, do for themselves. */
    interface Body {
        int panelBytes();

        int recordBytes();

        /** {@code sums[token][strip]} += products of {@code panels[strip]} and {@code tokens[token]}. */
        void run(Vec[][] sums, Mem[] panels, Mem[] tokens);

        /** What is done so often before {@link #run}, each time further on; 0 for nothing. */
        default int times() {
            return 0;
        }

        /** Before that. */
        default void begin() {}

        default void part(Mem[] panels, Mem[] tokens) {}

        /** Bytes further on. */
        default int partPanelBytes() {
            return 0;
        }

        default int partRecordBytes() {
            return 0;
        }
    }

    /** Goes through the runs of a block, and then takes what stands beside them. */
    interface BlockBody extends Body {
        @Override
        default int times() {
            return BlockRecord.RUNS;
        }

        @Override
        default int partRecordBytes() {
            return BlockRecord.RUN_BYTES;
        }

        @Override
        default int recordBytes() {
            return BlockRecord.BYTES - BlockRecord.SIDE;
        }
    }

    /** Makes a body for a part of the kernel, whose vectors are free but for the sums. */
    private interface Maker {
        Body make(Routine routine, int tokens);
    }

    private ManyTokens() {}

    /** @param abreast whether panels are those of blocks abreast */
    static byte[] quantised(Lanes lanes, Codes codes, boolean abreast) {
        Tile tile = Tile.of(lanes, codes);
        return kernel(lanes, tile, abreast, (routine, tokens) -> new Whole(routine, codes, tile.strips(), tokens));
    }

    static byte[] wholeScales(Lanes lanes, Codes codes) {
        Tile tile = Tile.ofWholeScales(lanes);
        return kernel(lanes, tile, false, (routine, tokens) -> switch (lanes) {
            case EIGHT -> new PairedTokens(routine, codes, tokens);
            case SIXTEEN -> new BlockTokens(routine, codes, tile.strips(), tokens);
        });
    }

    static byte[] floats(Lanes lanes, boolean abreast) {
        return kernel(lanes, Tile.ofFloats(lanes), abreast, (routine, _) -> new Floats(routine));
    }

    private static byte[] kernel(Lanes lanes, Tile tile, boolean abreast, Maker maker) {
        Assembler a = new Assembler();
        Routine frame = new Routine(lanes, a);
        frame.enter();
        a.mov(RBP, RSP);
        a.sub(RSP, tile.strips() * tile.tokens() * lanes.bytes);
        a.and(RSP, -64);
        a.load(RAX, Mem.at(RDI, Arguments.TOKENS));
        a.load(R8, Mem.at(RDI, Arguments.RECORDS));
        a.load(R9, Mem.at(RDI, Arguments.INPUT));
        a.load(R10, Mem.at(RDI, Arguments.OUTPUT));
        Label next = a.here();
        Label done = new Label();
        Label all = new Label();
        Label[] fewer = new Label[tile.tokens()];
        a.cmp(RAX, tile.tokens());
        a.jump(Condition.NOT_LESS, all);
        for (int tokens = tile.tokens() - 1; tokens > 0; tokens--) {
            fewer[tokens] = new Label();
            a.cmp(RAX, tokens);
            a.jump(Condition.ZERO, fewer[tokens]);
        }
        a.jump(done);
        a.bind(all);
        tokens(lanes, a, tile.strips(), tile.tokens(), abreast, maker);
        a.sub(RAX, tile.tokens());
        a.jump(next);
        for (int tokens = 1; tokens < tile.tokens(); tokens++) {
            a.bind(fewer[tokens]);
            tokens(lanes, a, tile.strips(), tokens, abreast, maker);
            a.jump(done);
        }
        a.bind(done);
        a.mov(RSP, RBP);
        frame.leave();
        return a.finish();
    }

    /** Each holds the address of one token, and two more lie behind it. */
    private static final Gpr[] THREES = {R11, R12, R15, RBX};

    /** Some tokens; moves activations (R8), sums so far (R9) and output (R10) on by as many. */
    private static void tokens(Lanes lanes, Assembler a, int strips, int tokens, boolean abreast, Maker maker) {
        Routine routine = new Routine(lanes, a);
        Vec[][] sums = new Vec[tokens][];
        for (int t = 0; t < tokens; t++) {
            sums[t] = routine.take(strips);
        }
        Body body = maker.make(routine, tokens);
        Mem[] at = new Mem[tokens];
        a.load(RSI, Mem.at(RDI, Arguments.TOKEN_BYTES));
        a.lea(RCX, Mem.at(RSI, RSI, 2, 0));
        int threes = Math.ceilDiv(tokens, 3);
        for (int i = 0; i < threes; i++) {
            if (i == 0) {
                a.mov(THREES[i], R8);
            } else {
                a.lea(THREES[i], Mem.at(THREES[i - 1], RCX, 1, 0));
            }
        }
        for (int t = 0; t < tokens; t++) {
            at[t] = t % 3 == 0 ? Mem.at(THREES[t / 3]) : Mem.at(THREES[t / 3], RSI, t % 3, 0);
        }
        Mem[] panels = {Mem.at(R13), Mem.at(R14)};
        a.load(R13, Mem.at(RDI, Arguments.PANEL));
        a.load(R14, Mem.at(RDI, Arguments.PANEL_BYTES));
        a.add(R14, R13);

        Label fresh = new Label();
        Label begun = new Label();
        if (!abreast) {
            a.test(R9, R9);
            a.jump(Condition.ZERO, fresh);
            sumsSoFar(lanes, a, sums, (sum, soFar) -> a.op(VMOVUPS, sum, soFar));
            a.jump(begun);
            a.bind(fresh);
        }
        for (Vec[] ofToken : sums) {
            for (Vec sum : ofToken) {
                routine.zero(sum);
            }
        }
        a.bind(begun);

        a.load(RCX, Mem.at(RDI, Arguments.RUNS));
        if (abreast) {
            a.load(RDX, Mem.at(RDI, Arguments.NEXT));
        }
        a.align(32);
        Label run = a.here();
        if (abreast) {
            for (int line = 0; line < Arguments.FETCHED; line += Rows.LINE) {
                a.prefetch(Assembler.Hint.T0, Mem.at(RDX, line));
            }
            a.add(RDX, Mem.at(RDI, Arguments.NEXT_STEP));
        }
        if (body.times() > 0) {
            body.begin();
            a.mov(RDX, body.times());
            a.align(32);
            Label part = a.here();
            body.part(panels, at);
            advance(a, strips, threes, body.partPanelBytes(), body.partRecordBytes());
            a.dec(RDX);
            a.jump(Condition.NOT_ZERO, part);
        }
        body.run(sums, panels, at);
        advance(a, strips, threes, body.panelBytes(), body.recordBytes());
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, run);

        if (abreast) {
            a.store(Mem.at(RDI, Arguments.NEXT), RDX);
            Label alone = new Label();
            a.test(R9, R9);
            a.jump(Condition.ZERO, alone);
            sumsSoFar(lanes, a, sums, (sum, soFar) -> a.op(VADDPS, sum, sum, soFar));
            a.bind(alone);
        }
        a.load(RDX, Mem.at(RDI, Arguments.OUTPUT_BYTES));
        for (Vec[] ofToken : sums) {
            for (int s = 0; s < strips; s++) {
                a.op(VMOVUPS_STORE, Mem.at(R10, s * lanes.bytes), ofToken[s]);
            }
            a.add(R10, RDX);
        }
        a.imul(RSI, RSI, tokens);
        a.add(R8, RSI);
    }

    private static void sumsSoFar(Lanes lanes, Assembler a, Vec[][] sums, BiConsumer<Vec, Mem> use) {
        a.load(RDX, Mem.at(RDI, Arguments.INPUT_BYTES));
        for (Vec[] ofToken : sums) {
            for (int s = 0; s < ofToken.length; s++) {
                use.accept(ofToken[s], Mem.at(R9, s * lanes.bytes));
            }
            a.add(R9, RDX);
        }
    }

    private static void advance(Assembler a, int strips, int threes, int panelBytes, int recordBytes) {
        for (int i = 0; i < threes; i++) {
            a.add(THREES[i], recordBytes);
        }
        a.add(R13, panelBytes);
        if (strips > 1) {
            a.add(R14, panelBytes);
        }
    }

    /** Whole products, which count by their scales. */
    private static final class Whole implements Body {
        private final Routine routine;
        private final Codes codes;
        private final Products products;
        private final Panel panel;
        /** Of the last half, by token and strip. */
        private final Products.Sum[][] wholes;

        /** Of the first half, if there are two. */
        private final Products.Sum[][] firsts;

        Whole(Routine routine, Codes codes, int strips, int tokens) {
            this.routine = routine;
            this.codes = codes;
            this.products = Products.of(routine, codes);
            this.panel = Panel.of(routine.lanes, codes, products);
            this.wholes = sums(tokens, strips);
            this.firsts = codes.halves() > 1 ? sums(tokens, strips) : wholes;
        }

        private Products.Sum[][] sums(int tokens, int strips) {
            Products.Sum[][] sums = new Products.Sum[tokens][strips];
            for (Products.Sum[] ofToken : sums) {
                Arrays.setAll(ofToken, _ -> products.sum());
            }
            return sums;
        }

        @Override
        public int panelBytes() {
            return panel.runBytes();
        }

        @Override
        public int recordBytes() {
            return products.record().bytes;
        }

        @Override
        public void run(Vec[][] sums, Mem[] panels, Mem[] tokens) {
            int strips = sums[0].length;
            int stepsOfHalf = products.steps() / codes.halves();
            Vec[] weights = routine.take(strips);
            for (int half = 0; half < codes.halves(); half++) {
                Products.Sum[][] wholes = half == codes.halves() - 1 ? this.wholes : firsts;
                for (int t = 0; t < tokens.length; t++) {
                    products.start(wholes[t], tokens[t], half);
                }
                for (int step = half * stepsOfHalf; step < (half + 1) * stepsOfHalf; step++) {
                    for (int s = 0; s < strips; s++) {
                        routine.a.op(VMOVUPS, weights[s], panels[s].plus(panel.step(step)));
                    }
                    for (int t = 0; t < tokens.length; t++) {
                        products.multiply(wholes[t], weights, tokens[t], step);
                    }
                }
            }
            routine.give(weights);
            count(sums, panels, tokens);
        }

        private void count(Vec[][] sums, Mem[] panels, Mem[] tokens) {
            int halves = codes.halves();
            List<Vec> loaded = new ArrayList<>();
            Products.Run[] runs = new Products.Run[panels.length];
            for (int s = 0; s < sums[0].length; s++) {
                Operand[] scales = new Operand[halves];
                Operand[] minima = new Operand[panel.minima() ? halves : 0];
                Mem at = panels[s];
                Arrays.setAll(scales, half -> load(at.plus(panel.scale(half)), loaded));
                Operand weights = panel.sums() ? load(at.plus(panel.weights()), loaded) : at;
                Arrays.setAll(minima, half -> load(at.plus(panel.minimum(half)), loaded));
                runs[s] = new Products.Run(new Operand[halves], scales, weights, minima);
            }
            for (int t = 0; t < tokens.length; t++) {
                for (int s = 0; s < sums[t].length; s++) {
                    Operand[] totals = runs[s].totals();
                    totals[0] = firsts[t][s].total();
                    totals[halves - 1] = wholes[t][s].total();
                }
                products.count(sums[t], runs, tokens[t]);
            }
            loaded.forEach(routine::give);
        }

        /** What all tokens use is in vectors, as long as two are left to count with; else it is read for each of them. */
        private Operand load(Mem at, List<Vec> loaded) {
            if (routine.spare() <= 2) {
                return at;
            }
            Vec vector = routine.take();
            routine.a.op(VMOVUPS, vector, at);
            loaded.add(vector);
            return vector;
        }
    }

    /** Columns of floats that are written out; a whole run of them would be a long loop for the decoders. */
    static final int FLOATS_AT_A_TIME = 8;

    /** Plain products, of a part of a run. */
    private record Floats(Routine routine) implements Body {
        @Override
        public int panelBytes() {
            return FLOATS_AT_A_TIME * routine.lanes.bytes;
        }

        @Override
        public int recordBytes() {
            return FLOATS_AT_A_TIME * 4;
        }

        @Override
        public void run(Vec[][] sums, Mem[] panels, Mem[] tokens) {
            int strips = sums[0].length;
            Vec[] weights = routine.take(strips);
            for (int column = 0; column < FLOATS_AT_A_TIME; column++) {
                for (int s = 0; s < strips; s++) {
                    routine.a.op(VMOVUPS, weights[s], panels[s].plus(column * routine.lanes.bytes));
                }
                for (int t = 0; t < tokens.length; t++) {
                    Vec activation = routine.take();
                    routine.a.op(VBROADCASTSS, activation, tokens[t].plus(4 * column));
                    for (int s = 0; s < strips; s++) {
                        routine.a.op(VFMADD231PS, sums[t][s], weights[s], activation);
                    }
                    routine.give(activation);
                }
            }
            routine.give(weights);
        }
    }
}
