package dev.puna.kernel.x86;

/**
 * Where unpacked numbers go: to a panel that many tokens will use, or straight into the sums of a few. The vectors handed
 * over stay their owner's, but what is in them may be overwritten.
 */
interface Sink {
    /** The scales of a half (or of the whole) of a run, f32. They come before the run's codes. */
    void scale(int run, int half, Vec scales);

    /** The minima, f32, as {@link #scale}. */
    void minimum(int run, int half, Vec minima);

    /**
     * Where scales and minima are whole numbers: what all of a block's count times, f32. Comes before them. They are then
     * handed over two by two, the first in the low 16 bits of a lane and the second above: the numbers of a run's halves, or
     * minima of two runs where halves have none of their own. Scales of {@link PairedPanel} come one by one, in both places.
     */
    default void factors(Vec scale, Vec minimum) {
        throw new UnsupportedOperationException("scales are f32");
    }

    /** Codes {@code 4·group} to {@code 4·group + 3} of a run. The groups of a half come one behind the other. */
    void codes(int run, int group, Vec codes);
}
