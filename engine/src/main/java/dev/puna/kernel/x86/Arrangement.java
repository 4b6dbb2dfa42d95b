package dev.puna.kernel.x86;

import dev.puna.tensor.DType;

/**
 * In which order the runs of a row are summed, and how the records of one token lie for that. Where it is not along the
 * row, runs are dealt to four lanes, each with a sum and a panel of its own: see {@link Abreast} and {@link FourRows}.
 */
enum Arrangement {
    /** All runs along the row. */
    IN_ORDER(1, 1),
    /** Every fourth run in a lane: {@link Abreast}. */
    ABREAST(Abreast.BLOCKS, 1, 9),
    /** Two neighbouring runs of each block of 256 in a lane, {@link FourRows}: Q4_K and Q5_K. */
    FOURS(Abreast.BLOCKS, 2, 4),
    /** The same: Q6_K. */
    SIXES(Abreast.BLOCKS, 2, 8),
    /** The same: IQ4_XS. */
    LEVELS(Abreast.BLOCKS, 2, 8),
    /** Every fourth four columns in a lane, {@link FloatRows}: floats. One token's activations lie along the row for that. */
    LINES(Abreast.BLOCKS, 1);

    /** Sums of a row. */
    final int lanes;
    /** Neighbouring runs that stay together. */
    final int together;

    private final int straight;

    Arrangement(int lanes, int together) {
        this(lanes, together, 1);
    }

    Arrangement(int lanes, int together, int straight) {
        this.lanes = lanes;
        this.together = together;
        this.straight = straight;
    }

    /** So many tokens are multiplied straight from where the weights are, without panels. */
    int straight(Activations record) {
        return record.isExact() ? Math.min(straight, MOST_SPLIT) : straight;
    }

    /** Where each token takes twice as many products, and tiles take more of them for next to nothing. */
    private static final int MOST_SPLIT = 2;

    /**
     * What pays for a type, of floats at a level without tiles. With eight rows side by side memory is read near enough to its order,
     * and panels in fours, which leave the nearest cache, cost many tokens some hundredths.
     */
    static Arrangement of(Lanes lanes, DType type) {
        if (lanes == Lanes.EIGHT) {
            return IN_ORDER;
        }
        return switch (type) {
            case Q4_K, Q5_K -> FOURS;
            case Q6_K -> SIXES;
            case F32, F16, BF16 -> LINES;
            case IQ4_XS -> LEVELS;
            default -> type.blockSize() == Codes.RUN ? ABREAST : IN_ORDER;
        };
    }

    /** How one token's activations lie. */
    Arrangement ofOne() {
        return this == LINES ? IN_ORDER : this;
    }

    /** The kernel for one token, or a few, of codes. */
    byte[] kernel(Lanes lanes, DType type, int tokens, Products.Maker maker, Activations record) {
        assert tokens <= straight(record);
        return switch (this) {
            case IN_ORDER -> OneToken.quantised(new Routine(lanes), type, maker);
            case ABREAST -> OneToken.abreast(lanes, type, tokens, maker);
            case FOURS, SIXES, LEVELS -> FourRows.kernel(type, tokens, record.isSplit());
            case LINES -> throw new IllegalStateException("floats");
        };
    }

    /** Rows of a unit of that kernel. */
    int rows(Lanes lanes, DType type) {
        return switch (this) {
            case IN_ORDER -> OneToken.rows(lanes, type);
            case ABREAST -> lanes.rows / Abreast.BLOCKS;
            case FOURS, SIXES, LEVELS -> FourRows.ROWS;
            case LINES -> FloatRows.rows(type);
        };
    }

    /** Whether each block has runs of every lane. */
    boolean inBlock() {
        return together > 1;
    }

    /** Runs that a few tokens' records are arranged by. */
    int groupRuns() {
        return lanes * together;
    }

    /** Bytes of such a group once it is arranged. */
    int groupBytes(Activations record) {
        return inBlock() ? FourRows.recordBytes(type(), record.isSplit()) : groupRuns() * record.bytes;
    }

    /** {@code arrange(records, target, groups, bytes of a record, bytes between two groups)}. */
    byte[] arranging(Activations record) {
        return inBlock() ? FourRows.arranging(type(), record.isSplit()) : Abreast.interleave();
    }

    /** A type of this kind. */
    private DType type() {
        return switch (this) {
            case FOURS -> DType.Q4_K;
            case SIXES -> DType.Q6_K;
            case LEVELS -> DType.IQ4_XS;
            default -> throw new IllegalStateException(name());
        };
    }
}
