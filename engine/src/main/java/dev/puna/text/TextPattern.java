package dev.puna.text;

/** Something that can be found in a text: a splitter written by hand, a regular expression, a string, a kind of character. */
interface TextPattern {
    /** No match. */
    long NONE = -1;

    /** The search in {@code text[from, to)}, as if nothing stood before or after it. */
    Search in(String text, int from, int to);

    /** The search in one text. */
    interface Search {
        /**
         * The first match that starts at or after {@code at}; places never go down from call to call.
         *
         * @return {@code start << 32 | end}, or {@link #NONE}
         */
        long find(int at);
    }

    static long span(int start, int end) {
        return (long) start << 32 | end;
    }

    static int start(long span) {
        return (int) (span >>> 32);
    }

    static int end(long span) {
        return (int) span;
    }

    /** Each character that has one of the kinds; {@code runs} takes neighbours together. */
    static TextPattern kind(int kinds, boolean runs) {
        return (text, from, to) -> at -> {
            for (int i = at; i < to; i += CharKind.width(text, i, to)) {
                if ((CharKind.at(text, i, to) & kinds) != 0) {
                    int end = i + CharKind.width(text, i, to);
                    while (runs && end < to && (CharKind.at(text, end, to) & kinds) != 0) {
                        end += CharKind.width(text, end, to);
                    }
                    return span(i, end);
                }
            }
            return NONE;
        };
    }

    /** A string as it is. */
    static TextPattern string(String wanted) {
        return (text, from, to) -> at -> {
            int start = text.indexOf(wanted, at, to);
            return start < 0 ? NONE : span(start, start + wanted.length());
        };
    }

    /** Each sign of punctuation: Unicode's, and all signs of ASCII. */
    static TextPattern punctuation() {
        return (text, from, to) -> at -> {
            for (int i = at; i < to; i += CharKind.width(text, i, to)) {
                char c = text.charAt(i);
                boolean sign = c < 0x7F
                        ? c > 0x20 && !Character.isLetterOrDigit(c)
                        : (CharKind.at(text, i, to) & CharKind.PUNCTUATION) != 0;
                if (sign) {
                    return span(i, i + CharKind.width(text, i, to));
                }
            }
            return NONE;
        };
    }
}
