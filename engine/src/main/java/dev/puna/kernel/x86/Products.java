package dev.puna.kernel.x86;

/**
 * How a level multiplies the codes of a strip with the activations of a token: whole products first, exact, one sum per
 * run or half of one and row; then that sum counts by its scale, in f32. Both the kernel for one token and the one for
 * many are made of these steps in this order, so a token gets the same bits from either.
 */
interface Products {

    /** Makes the products of a kernel. */
    interface Maker {
        Products of(Routine routine, Codes codes);
    }

    /** The way for these codes and many tokens without tiles. */
    static Products of(Routine routine, Codes codes) {
        return switch (routine.lanes) {
            case SIXTEEN -> QuadProducts.many(routine, codes);
            case EIGHT -> ofEight(routine, codes);
        };
    }

    /** The same for one token: the same sums. */
    static Products ofOne(Routine routine, Codes codes) {
        return switch (routine.lanes) {
            case SIXTEEN -> QuadProducts.one(routine, codes);
            case EIGHT -> ofEight(routine, codes);
        };
    }

    private static Products ofEight(Routine routine, Codes codes) {
        return codes.signed() ? new WordProducts(routine) : new PairProducts(routine, codes);
    }

    /** What this way needs of the activations. */
    Activations record();

    /** Vectors that the codes of a run become. */
    int steps();

    /** Takes the vectors that unpacking needs, for the whole of the kernel. */
    default void unpacking() {}

    /** The vectors that a group of codes becomes; its own among them, the others taken. */
    Vec[] step(Vec codes);

    /** Adds the steps of a group to the sum of a half's codes, or begins it with them; only where the record has z. */
    default void gather(Vec codeSum, Vec[] steps, boolean first) {
        throw new IllegalStateException(record() + " has no z");
    }

    /** The sum of a half's codes less their bias, 32 bits a lane. */
    default void gathered(Vec codeSum) {
        throw new IllegalStateException(record() + " has no z");
    }

    /** Where the whole products of one strip with one token are gathered. */
    interface Sum {
        /** The sum of the half, 32 bits a lane. */
        Vec total();
    }

    Sum sum();

    /** Begins a half of one token with each strip. */
    void start(Sum[] sums, Mem record, int half);

    /**
     * Adds products of one token with each strip.
     *
     * @param step which of the run's, counted from 0; they come in order
     */
    void multiply(Sum[] sums, Vec[] steps, Mem record, int step);

    /**
     * What a run of a strip comes to beside its products.
     *
     * @param totals the sum of each half: a vector that may be overwritten, or memory
     * @param scales of each half
     * @param weights the sum of the run's weights; of no use where the record has no z
     * @param minima of each half, or none
     */
    record Run(Operand[] totals, Operand[] scales, Operand weights, Operand[] minima) {}

    /** Lets a run of each strip count. */
    void count(Vec[] sums, Run[] runs, Mem record);
}
