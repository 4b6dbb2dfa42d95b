package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RSI;

import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.kernel.x86.Assembler.Hint;
import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.Tensor;
import java.util.List;

/**
 * Fetches the first of the weights that come next while a thread waits, for memory would rest between two products. They
 * are asked for, never read: so they may be unmapped meanwhile, and a thread that sees where they are half changed does
 * no harm.
 */
final class Ahead implements Workers.Pastime {
    /** Bytes that a thread fetches; its second cache holds them beside what it works on. */
    private static final int MOST_BYTES = 64 << 10;

    private static final int TURN_BYTES = 2048;

    /** Lines asked for at a time. */
    private static final int LINES = 4;

    /**
     * Cycles from one time to the next, for some 30 GB/s at 4 GHz: a processor that waits for many lines forgets further
     * ones, and tells nobody.
     */
    private static final int CYCLES = 32;

    private final Function fetch;
    private final Share[] shares;
    private volatile int expected;

    /** What one thread fetches. */
    private static final class Share {
        /** Written by the caller. */
        long first;

        long behind;
        /** Written by the thread: what it saw last, and how far it is. */
        int seen;

        long next;
        long end;
    }

    Ahead(int threads) throws Refused {
        fetch = CodePage.load(fetch());
        shares = new Share[threads];
        for (int i = 0; i < threads; i++) {
            shares[i] = new Share();
        }
    }

    /** These weights are next; each thread begins with its share of their bytes. */
    void expect(List<Tensor> weights) {
        long bytes = 0;
        for (int i = 0; i < weights.size(); i++) {
            bytes += weights.get(i).data().byteSize();
        }
        for (int thread = 0; thread < shares.length; thread++) {
            Share share = shares[thread];
            share.first = share.behind = 0;
            long skipped = bytes * thread / shares.length;
            for (int i = 0; i < weights.size() && share.behind == 0; i++) {
                long size = weights.get(i).data().byteSize();
                if (skipped < size) {
                    share.first = weights.get(i).data().address() + skipped;
                    share.behind = share.first + Math.min(MOST_BYTES, size - skipped);
                }
                skipped -= size;
            }
        }
        int next = expected + 1;
        expected = next; // after what it announces
    }

    @Override
    public boolean run(int worker) {
        Share share = shares[worker];
        int expected = this.expected;
        if (share.seen != expected) {
            share.seen = expected;
            share.next = share.first;
            share.end = share.behind;
        }
        if (share.next >= share.end) {
            return false;
        }
        fetch.callBriefly(share.next, TURN_BYTES / 64 / LINES, 0, 0);
        share.next += TURN_BYTES;
        return true;
    }

    /** {@code fetch(address, groups of lines)}. */
    private static byte[] fetch() {
        Assembler a = new Assembler();
        a.mov(RCX, 1);
        Label next = a.here();
        for (int line = 0; line < LINES; line++) {
            a.prefetch(Hint.T0, Mem.at(RDI, 64 * line));
        }
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            a.add(RAX, RCX);
        }
        a.add(RDI, 64 * LINES);
        a.dec(RSI);
        a.jump(Condition.NOT_ZERO, next);
        a.ret();
        return a.finish();
    }
}
