package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPMULLW;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRAW;
import static dev.puna.kernel.x86.Op.VPSUBW;
import static dev.puna.kernel.x86.Op.VPTERNLOGD;
import static dev.puna.kernel.x86.Op.VPXOR;

/**
 * The codes of a strip's rows side by side, for codes whose scales are whole numbers: each code times its scale, which
 * fits in a byte. Per block eight runs of eight vectors, then the sums of their weights (a lane holds two runs'), the
 * minima of their halves, and the factors. Codes with a bias lie around 128, as {@link QuadProducts} has them.
 *
 * @param vector bytes of a vector
 */
record BlockPanel(int vector, boolean minima) {
    /** Where the weights begin, counted from behind the runs. */
    static final int WEIGHTS = 0;

    int runBytes() {
        return Codes.GROUPS * vector;
    }

    /** Of what lies behind the runs: */
    int minima(int run) {
        return (BlockRecord.RUNS / 2 + run) * vector;
    }

    int scaleFactor() {
        return (BlockRecord.RUNS / 2 + (minima ? BlockRecord.RUNS : 0)) * vector;
    }

    int minimumFactor() {
        return scaleFactor() + vector;
    }

    int sideBytes() {
        return scaleFactor() + (minima ? 2 : 1) * vector;
    }

    int blockBytes() {
        return BlockRecord.RUNS * runBytes() + sideBytes();
    }

    /** Two vectors of 16-bit numbers in 32 bits become one, in {@code high}, whose lanes hold both. */
    static void pair(Routine routine, Vec low, Vec high, Vec lowWords) {
        routine.a.op(VPSLLD, high, high, 16);
        routine.a.op(VPTERNLOGD, high, low, lowWords, 0xF8); // high or (low and lowWords)
    }

    /** Writes a strip's block to a panel. */
    static final class Filling implements Sink {
        private final Routine routine;
        private final Assembler a;
        private final Codes codes;
        private final BlockPanel panel;
        private final Gpr base;
        private final Vec ones;
        private final Vec lowWords;
        private final Vec codeSum;
        private final Vec even;
        /** Of each half: what codes are multiplied with, and where they have a bias, how that is undone. */
        private final Vec[] scales;

        private final Vec[] signs;
        private final Vec[] offsets;

        Filling(Routine routine, Codes codes, Gpr base) {
            this.routine = routine;
            this.a = routine.a;
            this.codes = codes;
            this.panel = new BlockPanel(routine.lanes.bytes, codes.minima());
            this.base = base;
            this.ones = routine.allBytes(1);
            this.lowWords = routine.allLanes(0xFFFF);
            this.codeSum = routine.take();
            this.even = routine.take();
            this.scales = routine.take(2);
            this.signs = routine.take(codes.bias() == 0 ? 0 : 2);
            this.offsets = routine.take(codes.bias() == 0 ? 0 : 2);
        }

        BlockPanel panel() {
            return panel;
        }

        private Mem step(int run, int group) {
            return Mem.at(base, run * panel.runBytes() + group * panel.vector());
        }

        private Mem side(int offset) {
            return Mem.at(base, BlockRecord.RUNS * panel.runBytes() + offset);
        }

        @Override
        public void factors(Vec scale, Vec minimum) {
            a.op(VMOVUPS_STORE, side(panel.scaleFactor()), scale);
            if (panel.minima()) {
                a.op(VMOVUPS_STORE, side(panel.minimumFactor()), minimum);
            }
        }

        /** They wait where the run's codes will be. */
        @Override
        public void scale(int run, int half, Vec pair) {
            a.op(VMOVUPS_STORE, step(run, 0), pair);
        }

        @Override
        public void minimum(int run, int half, Vec pair) {
            a.op(VMOVUPS_STORE, side(panel.minima(run)), pair);
        }

        @Override
        public void codes(int run, int group, Vec four) {
            if (group == 0) {
                begin(run);
            }
            int half = group / (Codes.GROUPS / 2);
            a.op(VPMULLW, four, four, scales[half]); // two bytes at a time: neither product leaves its byte
            if (codes.bias() != 0) {
                a.op(VPXOR, four, four, signs[half]);
                a.op(VPADDB, four, four, offsets[half]);
            }
            a.op(VMOVUPS_STORE, step(run, group), four);
            a.op(VPDPBUSD, codeSum, four, ones);
            if (group == Codes.GROUPS - 1 && run % 2 == 0) {
                a.op(VMOVUPS, even, codeSum);
            } else if (group == Codes.GROUPS - 1) {
                pair(routine, even, codeSum, lowWords);
                a.op(VMOVUPS_STORE, side(WEIGHTS + run / 2 * panel.vector()), codeSum);
            }
        }

        /**
         * Where codes c have a bias b, {@code 128 + (c − b) · s} is {@code c · s + (128 − b · s)}; s without its sign is what
         * c is multiplied with, and where s is negative the product is turned over and one more is added.
         */
        private void begin(int run) {
            Vec pair = scales[1];
            a.op(VMOVUPS, pair, step(run, 0));
            if (codes.bias() == 0) {
                routine.zero(codeSum);
            } else {
                a.op(VPBROADCASTD, codeSum, a.constant(Routine.littleEndian(-128 * Codes.RUN)));
                Vec sign = signs[1];
                Vec offset = offsets[1];
                a.op(VPSRAW, sign, pair, 15);
                a.op(VPSLLW, offset, pair, Integer.numberOfTrailingZeros(codes.bias()));
                a.op(VPXOR, pair, pair, sign);
                a.op(VPSUBW, pair, pair, sign);
                a.op(VPADDB, offset, offset, sign);
                routine.with(middle -> {
                    a.op(VPBROADCASTD, middle, a.constant(Routine.littleEndian(0x0080_0080)));
                    a.op(VPSUBW, offset, middle, offset);
                });
                spread(signs, 0, 1);
                spread(offsets, 0, 0);
            }
            spread(scales, 0, 1);
        }

        /** The numbers of the halves, both in the second vector, become one vector each. */
        private void spread(Vec[] halves, int first, int second) {
            for (int half = 0; half < 2; half++) {
                byte[] order = new byte[16];
                for (int at = 0; at < 16; at++) {
                    order[at] = (byte) (at / 4 * 4 + 2 * half + (at % 2 == 0 ? first : second));
                }
                a.op(VPSHUFB, halves[half], halves[1], routine.everyPart(order));
            }
        }
    }
}
