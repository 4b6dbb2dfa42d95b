package dev.puna.text;

/**
 * What pre-tokenizers ask of a character: its general category, as a bit set, from one table for the characters up to
 * U+FFFF. White space is Unicode's {@code White_Space}, which is neither of the two notions that Java has.
 */
final class CharKind {
    static final int LETTER = 1;
    static final int NUMBER = 2;
    static final int SPACE = 4;
    static final int PUNCTUATION = 8;
    /** Upper and title case, and what has no case: modifiers, other letters, marks. */
    static final int UPPERISH = 16;
    /** Lower case, and what has no case: modifiers, other letters, marks. */
    static final int LOWERISH = 32;
    /** Carriage return or line feed. */
    static final int LINE = 64;

    private static final byte[] TABLE = new byte[0x10000];

    static {
        for (int c = 0; c < TABLE.length; c++) {
            TABLE[c] = (byte) compute(c);
        }
    }

    private CharKind() {}

    static int of(int codePoint) {
        return codePoint < 0x10000 ? TABLE[codePoint] : compute(codePoint);
    }

    /** The kind of the character that starts at {@code text[i]}, looking no further than {@code to}. */
    static int at(String text, int i, int to) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
            return compute(Character.toCodePoint(c, text.charAt(i + 1)));
        }
        return TABLE[c];
    }

    /** How many UTF-16 units the character at {@code text[i]} takes. */
    static int width(String text, int i, int to) {
        return Character.isHighSurrogate(text.charAt(i)) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))
                ? 2
                : 1;
    }

    static boolean isSpace(int c) {
        return c <= 0x20
                ? c == 0x20 || c >= 0x09 && c <= 0x0D
                : c == 0x85
                        || c == 0xA0
                        || c == 0x1680
                        || c >= 0x2000 && c <= 0x200A
                        || c == 0x2028
                        || c == 0x2029
                        || c == 0x202F
                        || c == 0x205F
                        || c == 0x3000;
    }

    private static int compute(int c) {
        if (isSpace(c)) {
            return c == '\r' || c == '\n' ? SPACE | LINE : SPACE;
        }
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPERISH;
            case Character.LOWERCASE_LETTER -> LETTER | LOWERISH;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPERISH | LOWERISH;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
                UPPERISH | LOWERISH;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> PUNCTUATION;
            default -> 0;
        };
    }
}
