package dev.puna.kernel.x86;

/**
 * What the numbers of a block are once unpacked: small whole numbers, in runs of 32 along the row. Each run, or each half
 * of one, has a scale and perhaps a minimum: {@code weight = scale · (code − bias) + minimum}.
 *
 * @param bits codes are below {@code 2^bits}; 8 for codes of one byte, which have a sign where their bias is 0
 * @param bias a power of two, or 0
 * @param halves scales per run: 1 or 2
 * @param minima whether there are minima; then the bias is 0
 * @param whole whether scales and minima are whole numbers of 16 bits, which count times the block's factors
 */
record Codes(int bits, int bias, int halves, boolean minima, boolean whole) {
    /** Numbers of a run. */
    static final int RUN = 32;

    /** Four codes of one row lie in one lane; so many such groups make a run. */
    static final int GROUPS = RUN / 4;

    Codes(int bits, int bias, int halves, boolean minima) {
        this(bits, bias, halves, minima, false);
    }

    boolean signed() {
        return bits == 8 && bias == 0;
    }
}
