package dev.puna.text;

import dev.puna.text.Decoding.Leading;

/**
 * Turns tokens into text as they come. What {@link #accept} gives may be shown at once: a character is never cut in two,
 * and all parts together are what {@link Tokenizer#decode} makes of all tokens. For one text and one thread.
 */
public final class StreamDecoder {
    private final Tokenizer tokenizer;
    private final boolean specials;
    private final Utf8 utf8 = new Utf8();
    private final StringBuilder ready = new StringBuilder();
    private boolean started;

    private StreamDecoder(Tokenizer tokenizer, boolean specials, boolean started) {
        this.tokenizer = tokenizer;
        this.specials = specials;
        this.started = started;
    }

    /** For a text of its own: a space that encoding puts before a text is not part of it. */
    public StreamDecoder(Tokenizer tokenizer) {
        this(tokenizer, false, false);
    }

    /** For a text of its own, with control tokens spelt out. */
    public static StreamDecoder withSpecials(Tokenizer tokenizer) {
        return new StreamDecoder(tokenizer, true, false);
    }

    /** For tokens that go on from a text: their first space belongs between the two. */
    public static StreamDecoder continuing(Tokenizer tokenizer) {
        return new StreamDecoder(tokenizer, false, true);
    }

    /**
     * Adds a token; the answer is the text that is now certain, often one token's, sometimes none. An id beyond the
     * vocabulary, which a model with rows to spare may give, has no text.
     */
    public String accept(int id) {
        if (id >= tokenizer.vocabSize()) {
            return "";
        }
        if (specials || !tokenizer.isControl(id)) {
            byte[] bytes = tokenizer.bytes(id);
            int from = started || tokenizer.isControl(id) ? 0 : afterLeadingSpaces(bytes);
            started |= bytes.length > 0;
            utf8.accept(bytes, from, bytes.length, ready);
        }
        return taken();
    }

    private int afterLeadingSpaces(byte[] bytes) {
        Leading leading = tokenizer.leading();
        int spaces = 0;
        while (spaces < bytes.length && bytes[spaces] == ' ') {
            spaces++;
        }
        return switch (leading) {
            case KEPT -> 0;
            case ONE_DROPPED -> Math.min(spaces, 1);
            case OF_FIRST_TOKEN_DROPPED -> spaces;
        };
    }

    /** Ends the text: what is left of an unfinished character becomes U+FFFD. */
    public String finish() {
        utf8.finish(ready);
        return taken();
    }

    private String taken() {
        String text = ready.toString();
        ready.setLength(0);
        return text;
    }
}
