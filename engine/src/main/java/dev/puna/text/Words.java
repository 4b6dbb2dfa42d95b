package dev.puna.text;

import org.jspecify.annotations.Nullable;

/**
 * The word splitters of the well-known byte-level tokenizers, written out by hand from their regular expressions. They
 * cut a text into words without a gap, in time linear in the text, and mean by white space and letters what Unicode
 * means.
 */
enum Words implements TextPattern {
    /** GPT-2's: English contractions, then letters, digits or signs with a space before them. */
    GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(String text, int i, int to) {
            int contraction = contraction(text, i, to, false);
            if (contraction > i) {
                return contraction;
            }
            int first = text.charAt(i) == ' ' && i + 1 < to ? i + 1 : i;
            int kind = CharKind.at(text, first, to) & (CharKind.LETTER | CharKind.NUMBER | CharKind.SPACE);
            return kind == CharKind.SPACE
                    ? spaces(text, i, to)
                    : run(text, first, to, CharKind.LETTER | CharKind.NUMBER | CharKind.SPACE, kind);
        }
    },

    /** Llama 3's: any one sign may lead a word, numbers have three digits at most, line ends stay together. */
    LLAMA3("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(String text, int i, int to) {
            return cl100k(text, i, to, 3);
        }
    },

    /** Llama 3's, but each digit stands alone. */
    QWEN2("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(String text, int i, int to) {
            return cl100k(text, i, to, 1);
        }
    },

    /** Llama 4's: a word also ends where capitals begin, and takes its contraction along. */
    LLAMA4(
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                    + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                    + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(String text, int i, int to) {
            int kind = CharKind.at(text, i, to);
            boolean mayLead = (kind & (CharKind.LETTER | CharKind.NUMBER | CharKind.LINE)) == 0;
            int word = word(text, i, to, mayLead ? i + CharKind.width(text, i, to) : i);
            if (word > i) {
                return contraction(text, word, to, true);
            }
            return (kind & CharKind.NUMBER) != 0 ? digits(text, i, to, 3) : rest(text, i, to, true);
        }
    };

    private final String regex;

    Words(String regex) {
        this.regex = regex;
    }

    /** The regular expression that this splitter is written out from. */
    String regex() {
        return regex;
    }

    /** The splitter for a regular expression, or null where none is written for it. */
    static @Nullable Words of(String regex) {
        for (Words words : values()) {
            if (words.regex.equals(regex)) {
                return words;
            }
        }
        return null;
    }

    private static final int NOT_OTHER = CharKind.LETTER | CharKind.NUMBER | CharKind.SPACE;

    /** Where the word that starts at {@code i} ends; always beyond {@code i}. */
    abstract int end(String text, int i, int to);

    @Override
    public Search in(String text, int from, int to) {
        return at -> at < to ? TextPattern.span(at, end(text, at, to)) : NONE;
    }

    private static int cl100k(String text, int i, int to, int maxDigits) {
        int contraction = contraction(text, i, to, true);
        if (contraction > i) {
            return contraction;
        }
        int kind = CharKind.at(text, i, to);
        if ((kind & CharKind.LETTER) != 0) {
            return run(text, i, to, CharKind.LETTER, CharKind.LETTER);
        }
        if ((kind & CharKind.NUMBER) != 0) {
            return digits(text, i, to, maxDigits);
        }
        int next = i + CharKind.width(text, i, to);
        if ((kind & CharKind.LINE) == 0 && next < to && (CharKind.at(text, next, to) & CharKind.LETTER) != 0) {
            return run(text, next, to, CharKind.LETTER, CharKind.LETTER);
        }
        return rest(text, i, to, false);
    }

    /**
     * Signs with the line ends that follow them, or white space; neither a letter nor a digit is at {@code i}.
     *
     * @param slashes whether slashes may stand among the line ends
     */
    private static int rest(String text, int i, int to, boolean slashes) {
        int first = text.charAt(i) == ' ' && i + 1 < to ? i + 1 : i;
        if ((CharKind.at(text, first, to) & NOT_OTHER) == 0) {
            int end = run(text, first, to, NOT_OTHER, 0);
            while (end < to && (isLine(text.charAt(end)) || slashes && text.charAt(end) == '/')) {
                end++;
            }
            return end;
        }
        int end = run(text, i, to, CharKind.SPACE, CharKind.SPACE);
        for (int line = end; line > i; line--) {
            if (isLine(text.charAt(line - 1))) {
                return line;
            }
        }
        return spaces(text, i, to, end);
    }

    private static boolean isLine(char c) {
        return c == '\r' || c == '\n';
    }

    /** A run of white space leaves its last character to the word that follows, unless it has but one. */
    private static int spaces(String text, int i, int to) {
        return spaces(text, i, to, run(text, i, to, CharKind.SPACE, CharKind.SPACE));
    }

    private static int spaces(String text, int i, int to, int end) {
        return end == to || end - i == 1 ? end : end - 1; // every white space is one UTF-16 unit
    }

    private static int digits(String text, int i, int to, int max) {
        int end = i;
        for (int n = 0; n < max && end < to && (CharKind.at(text, end, to) & CharKind.NUMBER) != 0; n++) {
            end += CharKind.width(text, end, to);
        }
        return end;
    }

    /** The end of the longest run from {@code i} on of characters whose bits under {@code mask} are {@code wanted}. */
    private static int run(String text, int i, int to, int mask, int wanted) {
        int end = i;
        while (end < to && (CharKind.at(text, end, to) & mask) == wanted) {
            end += CharKind.width(text, end, to);
        }
        return end;
    }

    /** Llama 4's word: with the leading character, else without it; ending in lower case, else all upper case. */
    private static int word(String text, int i, int to, int afterLead) {
        int end = lower(text, afterLead, to);
        if (end < 0 && afterLead > i) {
            end = lower(text, i, to);
        }
        if (end < 0) {
            end = upper(text, afterLead, to);
        }
        return end < 0 && afterLead > i ? upper(text, i, to) : end;
    }

    /** {@code [upperish]*[lowerish]+}, or -1. */
    private static int lower(String text, int i, int to) {
        int middle = run(text, i, to, CharKind.UPPERISH, CharKind.UPPERISH);
        int end = run(text, middle, to, CharKind.LOWERISH, CharKind.LOWERISH);
        if (end > middle) {
            return end;
        }
        while (middle > i) { // give back until what is given back is lowerish as well
            int width = Character.isLowSurrogate(text.charAt(middle - 1)) && middle - 2 >= i ? 2 : 1;
            if ((CharKind.at(text, middle - width, to) & CharKind.LOWERISH) != 0) {
                return middle;
            }
            middle -= width;
        }
        return -1;
    }

    /** {@code [upperish]+[lowerish]*}, or -1. */
    private static int upper(String text, int i, int to) {
        int middle = run(text, i, to, CharKind.UPPERISH, CharKind.UPPERISH);
        return middle > i ? run(text, middle, to, CharKind.LOWERISH, CharKind.LOWERISH) : -1;
    }

    /** The end of {@code 's 't 're 've 'm 'll 'd} at {@code i}, or {@code i}. */
    private static int contraction(String text, int i, int to, boolean anyCase) {
        if (i + 1 >= to || text.charAt(i) != '\'') {
            return i;
        }
        char first = folded(text.charAt(i + 1), anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return i + 2;
        }
        char second = i + 2 < to ? folded(text.charAt(i + 2), anyCase) : 0;
        boolean two = (first == 'r' || first == 'v') && second == 'e' || first == 'l' && second == 'l';
        return two ? i + 3 : i;
    }

    /** Lower case; the long s folds to s. */
    private static char folded(char c, boolean anyCase) {
        if (!anyCase) {
            return c;
        }
        return c == '\u017F' ? 's' : c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }
}
