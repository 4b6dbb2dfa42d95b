package dev.puna.text;

/** What a token is for. The order is that of the type numbers in GGUF and SentencePiece files, which count from 1. */
public enum Kind {
    /** A piece of text. */
    NORMAL,
    /** Stands for what the vocabulary cannot say. */
    UNKNOWN,
    /** Steers the model ({@code <s>}, {@code <|eot_id|>}); text that merely spells it out is not it. */
    CONTROL,
    /** Added by the model's maker: wherever its spelling stands in a text, it is taken whole. */
    USER_DEFINED,
    /** In the vocabulary, but never the result of encoding. */
    UNUSED,
    /** One byte, for characters that have no piece of their own; spelt {@code <0x0A>}. */
    BYTE
}
