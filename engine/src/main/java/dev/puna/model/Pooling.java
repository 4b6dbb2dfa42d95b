package dev.puna.model;

/** How one vector is made of the states of all tokens of a text. */
public enum Pooling {
    /** Their mean. */
    MEAN,
    /** The first token's, where that one was trained to stand for all. */
    FIRST,
    /** The last token's. */
    LAST
}
