package dev.puna.kernel.x86;

/**
 * A run of activations of one token as the kernels read it: numbers, and behind them what belongs to the run.
 *
 * <p>Bytes: {@code x ≈ d · q + z}, where z is the middle between the run's smallest and its largest and q goes from −127
 * to 127. Few runs are symmetric, and with an outlier none is: without z the steps would be up to twice as wide.
 */
enum Activations {
    /** 32 numbers of 8 bits, for codes that share a scale along the run. */
    BYTES(32, 32, 48),
    /** The same for codes that have a scale for each half: each half has sums of its own. */
    HALVES(32, 32, 64),
    /**
     * 32 numbers of 8 bits, {@code x ≈ d · s · q} with a whole s for every eight of them: an outlier costs its seven
     * neighbours, no more than a middle would save them.
     */
    EIGHTS(32, 32, 64),
    /** The same with an s for every four, for codes of 8 bits without a sign at AVX2: q is 67 at most, for two products in 16 bits. */
    FOURS(32, 32, 80),
    /**
     * Eight runs of 32 numbers of 8 bits, for codes whose scales are whole numbers: z and the sums of the activations
     * themselves are whole numbers too, of 16 bits, times a factor for all runs.
     */
    BLOCKS(256, BlockRecord.SIDE, BlockRecord.BYTES),
    /** The same where products are added by two: z is f32, and what a bias takes away stands in words. */
    PAIRED_BLOCKS(256, BlockRecord.SIDE, BlockRecord.BYTES),
    /** 32 numbers of 16 bits up to 32,767, {@code x ≈ d · q}, of every four {@code q0 q2 q1 q3}: for codes of 8 bits at AVX2. */
    WORDS(32, 64, 68),
    /**
     * For codes at AMX, one token: 32 numbers {@code x ≈ d · q}, d a power of two, q below 4,096 and rounded as bf16 rounds,
     * {@code q = 32h + l}; for each four of them the bytes of h, then those of l.
     */
    SPLIT(32, 64, 80),
    /** The same for codes that have a scale for each half: each half has sums of its own. */
    SPLIT_HALVES(32, 64, 96),
    /** The same numbers as bf16, times 2^−24, for tiles; of every four {@code x0 x2 x1 x3}. */
    PAIRS(32, 64, 64),
    /** The same with their sums, of the halves and of all, for codes with minima. */
    SUMMED_PAIRS(32, 64, 128),
    /** 32 numbers, f32, as they are; nothing behind them. */
    FLOATS(32, 128, 128),
    /** Every fourth four of 32 numbers, f32: what a lane has of them where sixteen columns lie in four lanes. */
    FOURTHS(8, 32, 32),
    /** For floats at AMX, one token: 32 numbers rounded to bf16, f32, then what is left of each, rounded likewise. */
    PARTS(32, 256, 256),
    /** The same as bf16, for tiles. */
    PAIRED_PARTS(32, 128, 128);

    /** Columns of a run. */
    final int columns;

    private final int numbers;
    /** Bytes from one run to the next. */
    final int bytes;

    Activations(int columns, int numbers, int bytes) {
        this.columns = columns;
        this.numbers = numbers;
        this.bytes = bytes;
    }

    /** Where d is, f32. */
    int scale() {
        return numbers;
    }

    /** Whether the numbers are bytes, and have a middle. */
    boolean hasMiddle() {
        return this == BYTES || this == HALVES;
    }

    /** Where z is, f32. */
    int middle() {
        assert hasMiddle();
        return numbers + 4;
    }

    /** Parts of a run that have sums of their own. */
    int halves() {
        return this == HALVES || this == SPLIT_HALVES ? 2 : 1;
    }

    /** Whether a number is two bytes. */
    boolean isSplit() {
        return this == SPLIT || this == SPLIT_HALVES;
    }

    /** Of a number of two bytes: those of the lower one. */
    static final int LOW_BITS = 5;

    /** Whether numbers are {@link #SPLIT}'s, in whatever form. */
    boolean isExact() {
        return isSplit() || this == PAIRS || this == SUMMED_PAIRS;
    }

    /** Where the sum of a tile's numbers is, f32: of the half, or of the whole run. */
    int sumOfPairs(int half, boolean whole) {
        assert this == SUMMED_PAIRS;
        return numbers + (whole ? 8 : 4 * half);
    }

    /** Where d · Σq over the half is, or over all d · Σsq, f32. */
    int sum(int half) {
        assert hasMiddle() || isSplit() || group() > 0;
        return numbers + (hasMiddle() ? 8 : 4) + 4 * half;
    }

    /** Numbers that share a whole scale; 0 for none. */
    int group() {
        return switch (this) {
            case EIGHTS -> 8;
            case FOURS -> 4;
            default -> 0;
        };
    }

    /** The largest q. */
    int most() {
        return switch (this) {
            case WORDS -> 32_767;
            case FOURS -> 67;
            default -> 127;
        };
    }

    /** Where s of the i-th group is, in both words of 32 bits. */
    int scaleOf(int i) {
        assert group() > 0;
        return numbers + 16 + 4 * i;
    }

    /** The biases of codes that groups are for. */
    int[] biases() {
        return this == FOURS ? new int[] {128} : new int[] {8, 16};
    }

    /** Where −bias · Σsq is, 32 bits. */
    int offsetOfBias(int bias) {
        assert group() > 0;
        return numbers + (bias == 16 ? 12 : 8);
    }

    /** Where −128 · Σq over the half is, 32 bits. */
    int offset(int half) {
        assert hasMiddle() || isSplit();
        return sum(halves()) + 4 * half;
    }
}
