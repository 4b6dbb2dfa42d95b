package dev.puna.kernel.x86;

/**
 * Where things are in {@link Activations#BLOCKS} and {@link Activations#PAIRED_BLOCKS}: eight runs, and behind them what
 * belongs to all.
 */
final class BlockRecord {
    static final int RUNS = 8;
    /** From one run to the next: 32 bytes, then these. */
    static final int RUN_BYTES = 48;

    static final int SCALE = 32;
    // Of BLOCKS:

    /** −128 · Σq, 32 bits. */
    static final int OFFSET = 36;
    /** −4 · Σq of each half, 16 bits. */
    static final int OFFSETS = 40;

    // Of PAIRED_BLOCKS:

    /** z, f32. */
    static final int MIDDLE = 36;

    /** −32 · Σq of a half, of the first two of each four numbers and of the last two, 16 bits each. */
    static int wordOffsets(int half) {
        return 40 + 4 * half;
    }

    /** Where what belongs to all begins. */
    static final int SIDE = RUNS * RUN_BYTES;

    // From there on:

    /** Sums of the activations of each half, 16 bits: a lane for each run. */
    static final int SUMS = 0;
    /** z of each run, 16 bits: a lane for every two. */
    static final int MIDDLES = 32;
    /** What the sums and the middles count times, f32. */
    static final int SUM_FACTOR = 48;

    static final int MIDDLE_FACTOR = 52;
    /** Sums of both halves of each run, 16 bits. */
    static final int RUN_SUMS = 56;

    static final int BYTES = SIDE + 72;

    private BlockRecord() {}
}
