package dev.puna.text;

import java.text.Normalizer.Form;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tokenizer does to a text before it cuts it: a list of steps, each of which says which parts of the text become
 * what. Since every step is a list of edits, the marks of a {@link MarkedText} follow the characters that they are for.
 */
record Normalizer(List<Step> steps) {
    static final Normalizer NONE = new Normalizer(List.of());

    Normalizer {
        steps = List.copyOf(steps);
    }

    /** One rule. */
    interface Step {
        /** Tells {@code edits} which parts of {@code text} change, from left to right. */
        void edit(String text, Edits edits);
    }

    String apply(String text) {
        return apply(new Edits(text, null)).text;
    }

    /** A character that came of a marked one is marked. */
    Edits apply(String text, @Nullable BitSet marks) {
        return apply(new Edits(text, marks));
    }

    private Edits apply(Edits edits) {
        for (Step step : steps) {
            step.edit(edits.text, edits);
            edits.commit();
        }
        return edits;
    }

    /** A text under change. */
    static final class Edits {
        private String text;
        private @Nullable BitSet marks;
        private final StringBuilder changed = new StringBuilder();
        private BitSet changedMarks = new BitSet();
        private int copied;

        private Edits(String text, @Nullable BitSet marks) {
            this.text = text;
            this.marks = marks;
        }

        String text() {
            return text;
        }

        @Nullable
        BitSet marks() {
            return marks;
        }

        /** {@code text[from, to)} becomes {@code replacement}; edits come from left to right and do not overlap. */
        void replace(int from, int to, String replacement) {
            copy(from);
            if (marks != null && from < to && next(marks, from) < to) {
                changedMarks.set(changed.length(), changed.length() + replacement.length());
            }
            changed.append(replacement);
            copied = to;
        }

        private void copy(int to) {
            if (marks != null) {
                int shift = changed.length() - copied;
                for (int i = next(marks, copied); i < to; i = next(marks, i + 1)) {
                    changedMarks.set(i + shift);
                }
            }
            changed.append(text, copied, to);
        }

        private static int next(BitSet marks, int from) {
            int next = marks.nextSetBit(from);
            return next < 0 ? Integer.MAX_VALUE : next;
        }

        private void commit() {
            if (changed.isEmpty() && copied == 0) {
                return;
            }
            copy(text.length());
            text = changed.toString();
            changed.setLength(0);
            copied = 0;
            if (marks != null) {
                marks = changedMarks;
                changedMarks = new BitSet();
            }
        }
    }

    static Step prepend(String prefix) {
        return (text, edits) -> {
            if (!text.isEmpty()) {
                edits.replace(0, 0, prefix);
            }
        };
    }

    static Step replace(TextPattern pattern, String replacement) {
        return (text, edits) -> {
            TextPattern.Search search = pattern.in(text, 0, text.length());
            for (long at = search.find(0); at != TextPattern.NONE; ) {
                int end = TextPattern.end(at);
                edits.replace(TextPattern.start(at), end, replacement);
                int next = end > TextPattern.start(at) ? end : end + 1;
                at = next > text.length() ? TextPattern.NONE : search.find(next);
            }
        };
    }

    static Step strip(boolean left, boolean right) {
        return (text, edits) -> {
            int from = 0;
            int to = text.length();
            while (left && from < to && CharKind.isSpace(text.charAt(from))) {
                from++;
            }
            while (right && to > from && CharKind.isSpace(text.charAt(to - 1))) {
                to--;
            }
            if (from > 0) {
                edits.replace(0, from, "");
            }
            if (to < text.length()) {
                edits.replace(to, text.length(), "");
            }
        };
    }

    /** Character by character, without regard to the end of words or to the language. */
    static Step lowercase() {
        return (text, edits) -> {
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                int next = i + Character.charCount(c);
                String lower = c == '\u0130' ? "i\u0307" : Character.toString(Character.toLowerCase(c));
                if (!lower.contentEquals(text.subSequence(i, next))) {
                    edits.replace(i, next, lower);
                }
                i = next;
            }
        };
    }

    static Step stripAccents() {
        return (text, edits) -> {
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                int next = i + Character.charCount(c);
                if (Character.getType(c) == Character.NON_SPACING_MARK) {
                    edits.replace(i, next, "");
                }
                i = next;
            }
        };
    }

    /** The byte alphabet, as a normalizer. */
    static Step byteLevel() {
        return (text, edits) -> {
            if (!text.isEmpty()) {
                byte[] bytes = Utf8.encode(text);
                edits.replace(0, text.length(), ByteAlphabet.spell(bytes, 0, bytes.length));
            }
        };
    }

    /**
     * A Unicode normal form. It is made part by part, so that marks stay where they belong: a part ends before a
     * character below U+0300, none of which ever joins with what stands before it.
     */
    static Step form(Form form) {
        return (text, edits) -> {
            if (java.text.Normalizer.isNormalized(text, form)) {
                return;
            }
            for (int i = 0; i < text.length(); ) {
                int next = i + 1;
                while (next < text.length() && text.charAt(next) >= 0x300) {
                    next++;
                }
                String part = text.substring(i, next);
                if (!java.text.Normalizer.isNormalized(part, form)) {
                    edits.replace(i, next, java.text.Normalizer.normalize(part, form));
                }
                i = next;
            }
        };
    }

    /**
     * SentencePiece's treatment of spaces.
     *
     * @param prefix whether a space goes before the text
     * @param collapse whether spaces at either end go, and of several only one stays
     * @param escape whether a space becomes ▁
     */
    static Step sentencePiece(boolean prefix, boolean collapse, boolean escape) {
        String mark = escape ? "\u2581" : " ";
        return (text, edits) -> {
            int from = 0;
            int to = text.length();
            while (collapse && from < to && text.charAt(from) == ' ') {
                from++;
            }
            if (from == to) {
                edits.replace(0, to, "");
                return;
            }
            while (collapse && text.charAt(to - 1) == ' ') {
                to--;
            }
            edits.replace(0, from, prefix ? mark : "");
            for (int i = from; i < to; i++) {
                if (text.charAt(i) == ' ') {
                    int next = i + 1;
                    while (collapse && text.charAt(next) == ' ') {
                        next++;
                    }
                    edits.replace(i, next, mark);
                    i = next - 1;
                }
            }
            if (to < text.length()) {
                edits.replace(to, text.length(), "");
            }
        };
    }
}
