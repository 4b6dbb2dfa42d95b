package dev.puna.kernel.x86;

import dev.puna.kernel.x86.Assembler.Hint;

/**
 * Asks for what comes next, line by line, while a block is worked on: not all at once, for a core can only wait for so
 * many lines.
 */
final class Fetch {
    private final Assembler a;
    private final Gpr next;
    private final int bytes;
    /** Pieces of work in a block. */
    private final int pieces;

    private int done;
    private int asked;

    /** @param next holds the address of what comes next */
    Fetch(Assembler a, Gpr next, int bytes, int pieces) {
        this.a = a;
        this.next = next;
        this.bytes = bytes;
        this.pieces = pieces;
    }

    /** A sink that asks for a share of the lines with each group of codes that it hands on. */
    Sink before(Sink sink) {
        return new Sink() {
            @Override
            public void scale(int run, int half, Vec scales) {
                sink.scale(run, half, scales);
            }

            @Override
            public void minimum(int run, int half, Vec minima) {
                sink.minimum(run, half, minima);
            }

            @Override
            public void factors(Vec scale, Vec minimum) {
                sink.factors(scale, minimum);
            }

            @Override
            public void codes(int run, int group, Vec codes) {
                piece();
                sink.codes(run, group, codes);
            }
        };
    }

    /** The same with columns. */
    FloatFormat.Sink before(FloatFormat.Sink sink) {
        return (column, values) -> {
            piece();
            sink.column(column, values);
        };
    }

    void piece() {
        done++;
        for (int line = Math.ceilDiv(bytes, 64) * done / pieces; asked < line; asked++) {
            a.prefetch(Hint.T0, Mem.at(next, 64 * asked));
        }
    }

    /** Behind a block: moves on. */
    void advance() {
        assert done == pieces : done + " pieces of work, not " + pieces;
        a.add(next, bytes);
    }
}
