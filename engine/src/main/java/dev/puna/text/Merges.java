package dev.puna.text;

/** Which two neighbouring symbols may become one, and how soon: the lowest rank first, the leftmost among equals. */
interface Merges {
    /** No merge; larger than every merge. */
    long NONE = Long.MAX_VALUE;

    /**
     * @param left id of the left symbol, or -1 where it is no piece
     * @param right id of the right symbol, or -1
     * @param text the bytes of both are {@code text[from, to)}
     * @return {@code rank << 32 | id of the merged piece}, or {@link #NONE}
     */
    long find(int left, int right, byte[] text, int from, int to);

    /** Merges listed pair by pair, as byte-level vocabularies and Hugging Face files have them. */
    static PairMerges pairs(int expected) {
        return new PairMerges(expected);
    }

    /**
     * Merges that follow from the pieces: two symbols merge where their bytes together are a piece.
     *
     * @param ranks rank of each piece by id
     */
    static Merges ofPieces(Vocabulary vocabulary, int[] ranks) {
        return (left, right, text, from, to) -> {
            int id = vocabulary.match(text, from, to);
            return id < 0 ? NONE : (long) ranks[id] << 32 | id;
        };
    }
}
