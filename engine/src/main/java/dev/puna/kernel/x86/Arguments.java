package dev.puna.kernel.x86;

/**
 * What the kernels are told, in a block of 64-bit words: a panel's making, one token's products and many tokens' need
 * some of it each.
 */
final class Arguments {
    /** The first row. */
    static final int WEIGHTS = 0;
    /** Bytes from one row to the next. */
    static final int STRIDE = 8;
    /** Blocks of a row. */
    static final int BLOCKS = 16;
    /** Units of rows, for one token. */
    static final int UNITS = 24;
    /** What will be needed next: as many bytes are fetched from there as are unpacked. */
    static final int NEXT = 32;

    static final int PANEL = 40;
    /** Bytes from one strip's panel to the next. */
    static final int PANEL_BYTES = 48;
    /** Rounds through the panel: its runs, or parts of them. */
    static final int RUNS = 56;
    /** The first token's activations. */
    static final int RECORDS = 64;
    /** Bytes from one token's activations to the next's. */
    static final int TOKEN_BYTES = 72;

    static final int TOKENS = 80;
    /** Sums so far, or 0 for none. */
    static final int INPUT = 88;
    /** Bytes from one token's sums to the next's. */
    static final int INPUT_BYTES = 96;

    static final int OUTPUT = 104;
    static final int OUTPUT_BYTES = 112;

    /** Bytes that {@link ManyTokens} fetches from {@link #NEXT} on with each run of panels abreast, {@link #FETCHED} or 0. */
    static final int NEXT_STEP = 120;

    static final int FETCHED = 256;

    static final int BYTES = 128;

    private Arguments() {}
}
