package dev.puna.text;

/** The tokenizer of Llama 3 and 4, GPT-2 and their like: words are cut out first, and the bytes of each word merge. */
final class ByteLevel {
    private ByteLevel() {}

    static Tokenizer tokenizer(
            Pieces pieces,
            Vocabulary vocabulary,
            Merges merges,
            boolean wholePieces,
            PreTokenizer preTokenizer,
            AddedTokens added,
            SpecialTokens.Given given) {
        return new Tokenizer(new Tokenizer.Parts(
                vocabulary,
                added,
                Normalizer.NONE,
                AddedTokens.NONE,
                preTokenizer,
                preTokenizer.spelt(),
                new Bpe(vocabulary, merges, singleBytes(vocabulary), Unknowns.DROPPED, wholePieces),
                Decoding.BYTE_LEVEL,
                given.complete(pieces.named())));
    }

    /** The id of each byte, -1 where it has none. */
    static int[] singleBytes(Vocabulary vocabulary) {
        int[] ids = new int[256];
        byte[] piece = new byte[1];
        for (int b = 0; b < 256; b++) {
            piece[0] = (byte) b;
            ids[b] = vocabulary.match(piece, 0, 1);
        }
        return ids;
    }
}
