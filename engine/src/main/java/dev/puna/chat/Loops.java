package dev.puna.chat;

/**
 * Sees that a model has begun to say the same again and again. Small models do, greedy ones above all, and then go on
 * until the context is full.
 *
 * <p>It is exact: the last {@link #TOKENS} tokens, or {@link #ROUNDS} rounds if these are more, must repeat one sequence
 * of up to {@link #LONGEST} tokens without any difference. So a long table, a refrain or a row of zeros is none.
 */
final class Loops {
    /** The longest sequence of tokens that is looked for. */
    static final int LONGEST = 512;

    /** How many tokens must belong to the repetition. */
    static final int TOKENS = 512;

    /** How many times the sequence must stand there. */
    static final int ROUNDS = 4;

    private final int[] ring = new int[LONGEST];
    /** For each distance, how many of the last tokens equal the token that far before them. */
    private final int[] equal = new int[LONGEST + 1];

    private long count;

    /** Takes the next token; whether the text repeats itself with it. */
    boolean accept(int id) {
        boolean found = false;
        for (int distance = 1; distance <= LONGEST && distance <= count; distance++) {
            equal[distance] = ring[(int) ((count - distance) % LONGEST)] == id ? equal[distance] + 1 : 0;
            found |= equal[distance] + distance >= Math.max(TOKENS, ROUNDS * distance);
        }
        ring[(int) (count++ % LONGEST)] = id;
        return found;
    }
}
