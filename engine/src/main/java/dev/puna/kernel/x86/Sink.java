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

    /** Codes {@code 4·group} to {@code 4·group + 3} of a run. The groups of a half come one behind the other. */
    void codes(int run, int group, Vec codes);
}
