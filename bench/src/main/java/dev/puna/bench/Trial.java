package dev.puna.bench;

/**
 * What is compared.
 *
 * @param kind what is done
 * @param tokens of the prompt or of the answer
 * @param at tokens there before ({@link Kind#DEPTH}), or sequences at once ({@link Kind#BATCH})
 */
record Trial(Kind kind, int tokens, int at) {
    enum Kind {
        /** A prompt is read: tokens a second. */
        PROMPT("tokens/s", true),
        /** An answer is written: tokens a second. */
        ANSWER("tokens/s", true),
        /** An answer behind a long text: tokens a second. */
        DEPTH("tokens/s", true),
        /** Answers of several sequences: tokens a second in all. */
        BATCH("tokens/s", true),
        /** A process starts, opens a model and writes its first token: seconds. */
        START("s", false),
        /** The most memory that this process had resident: MB. */
        MEMORY("MB", false);

        final String unit;
        final boolean moreIsBetter;

        Kind(String unit, boolean moreIsBetter) {
            this.unit = unit;
            this.moreIsBetter = moreIsBetter;
        }
    }

    /** Tokens of each prompt before answers that are written at once. */
    static final int BEFORE_BATCH = 16;

    String name() {
        return switch (kind) {
            case PROMPT -> "pp" + tokens;
            case ANSWER -> "tg" + tokens;
            case DEPTH -> "tg" + tokens + " @ d" + at;
            case BATCH -> "tg" + tokens + " × " + at;
            case START -> "start";
            case MEMORY -> "memory";
        };
    }
}
