package dev.puna.sample.grammar;

/** Which of the texts that say the same JSON are in the language. */
enum Style {
    /**
     * What a model is let write: no white space, properties in the schema's order with the others after them, numbers
     * without needless forms, characters escaped only where they must be.
     */
    COMPACT,
    /** As compact, with white space wherever JSON has it. */
    SPACED,
    /** Every way of writing it. */
    ANY
}
