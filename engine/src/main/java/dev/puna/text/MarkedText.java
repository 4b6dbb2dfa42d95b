package dev.puna.text;

import java.util.BitSet;

/**
 * A text that remembers which of its characters came from a caller: what a chat template made of messages, tools and
 * other variables. A control token may only be spelt with characters that came from the template itself (or from the
 * special tokens that the model's own files name), so a tokenizer matches control tokens outside the marks alone.
 *
 * @param text the whole text
 * @param fromInput one bit per UTF-16 unit of {@code text}: set where the character came from the caller
 */
public record MarkedText(String text, BitSet fromInput) {

    public MarkedText {
        fromInput = (BitSet) fromInput.clone();
        if (fromInput.length() > text.length()) {
            throw new IllegalArgumentException(
                    "mark at " + (fromInput.length() - 1) + " of a text of " + text.length() + " characters");
        }
    }

    /** A text without marks: every control token in it counts. */
    public static MarkedText trusted(String text) {
        return new MarkedText(text, new BitSet());
    }

    /** A text that came from the caller whole: no control token in it counts. */
    public static MarkedText input(String text) {
        var all = new BitSet(text.length());
        all.set(0, text.length());
        return new MarkedText(text, all);
    }

    @Override
    public BitSet fromInput() {
        return (BitSet) fromInput.clone();
    }

    /** Whether any character of {@code [start, end)} came from the caller. */
    public boolean anyInput(int start, int end) {
        int next = fromInput.nextSetBit(start);
        return next >= 0 && next < end;
    }

    /** Whether the character at {@code index} came from the caller. */
    public boolean isInput(int index) {
        return fromInput.get(index);
    }

    /** The same marks on a part of the text. */
    public MarkedText slice(int start, int end) {
        return new MarkedText(text.substring(start, end), fromInput.get(start, end));
    }

    @Override
    public String toString() {
        return text;
    }
}
