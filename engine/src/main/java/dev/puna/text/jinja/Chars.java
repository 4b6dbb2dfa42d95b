package dev.puna.text.jinja;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Python's view of characters. */
final class Chars {
    /** Digits that are not decimal: superscripts, circled digits and the like, as ranges. */
    private static final int[] OTHER_DIGITS = {
        0xb2, 0xb3, 0xb9, 0xb9, 0x1369, 0x1371, 0x19da, 0x19da, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080, 0x2089, 0x2460,
        0x2468, 0x2474, 0x247c, 0x2488, 0x2490, 0x24ea, 0x24ea, 0x24f5, 0x24fd, 0x24ff, 0x24ff, 0x2776, 0x277e, 0x2780,
        0x2788, 0x278a, 0x2792, 0x10a40, 0x10a43, 0x10e60, 0x10e68, 0x11052, 0x1105a, 0x1f100, 0x1f10a
    };

    /** Ideographs that stand for numbers. */
    private static final Set<Integer> NUMERALS = ("㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零"
                    + "\uf96b\uf973\uf978\uf9b2\uf9d1\uf9d3\uf9fd\ud840\udc01\ud840\udc64\ud840\udce2\ud840\udd21"
                    + "\ud842\udd2a\ud842\udd83\ud842\udd8c\ud842\udd9c\ud842\uddea\ud842\uddfd\ud842\ude19"
                    + "\ud848\udf90\ud84a\udd98\ud84e\uddb1\ud858\ude6d\ud87e\udc90")
            .codePoints()
            .boxed()
            .collect(Collectors.toSet());

    private Chars() {}

    /** White space: what {@code str.isspace}, {@code strip} and regular expressions' {@code \s} agree on. */
    static boolean isSpace(int point) {
        return switch (point) {
            case ' ',
                    '\t',
                    '\n',
                    0x0b,
                    '\f',
                    '\r',
                    0x1c,
                    0x1d,
                    0x1e,
                    0x1f,
                    0x85,
                    0xa0,
                    0x1680,
                    0x2028,
                    0x2029,
                    0x202f,
                    0x205f,
                    0x3000 -> true;
            default -> point >= 0x2000 && point <= 0x200a;
        };
    }

    /** The first offset from here on that is not white space. */
    static int skipSpace(String text, int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    static String strip(String text) {
        String stripped = stripEnd(text);
        return stripped.substring(skipSpace(stripped, 0));
    }

    /** Whether a line of {@code str.splitlines} ends with this character. */
    static boolean isLineEnd(char c) {
        return switch (c) {
            case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
            default -> false;
        };
    }

    static boolean isDecimal(int point) {
        return point < 128 ? point >= '0' && point <= '9' : Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER;
    }

    /** The value of a decimal digit. */
    static int digit(int point) {
        return Character.digit(point, 10);
    }

    static boolean isDigit(int point) {
        if (isDecimal(point)) {
            return true;
        }
        for (int i = 0; i < OTHER_DIGITS.length; i += 2) {
            if (point >= OTHER_DIGITS[i] && point <= OTHER_DIGITS[i + 1]) {
                return true;
            }
        }
        return false;
    }

    static boolean isNumeric(int point) {
        return switch (Character.getType(point)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> NUMERALS.contains(point);
        };
    }

    static boolean isAlpha(int point) {
        return Character.isLetter(point);
    }

    static boolean isAlnum(int point) {
        return isAlpha(point) || isNumeric(point);
    }

    /** Regular expressions' {@code \w}. */
    static boolean isWord(int point) {
        return point == '_'
                || isAlnum(point)
                || point > 127 && Character.isUnicodeIdentifierPart(point) && !Character.isIdentifierIgnorable(point);
    }

    /** The narrower {@code \w} of Python's {@code re}: without combining marks. */
    static boolean isWordOnly(int point) {
        return point == '_' || isAlnum(point);
    }

    static boolean isIdentifier(String text) {
        if (text.isEmpty()) {
            return false;
        }
        int first = text.codePointAt(0);
        return (first == '_' || Character.isUnicodeIdentifierStart(first))
                && text.codePoints()
                        .allMatch(point -> point == '_'
                                || Character.isUnicodeIdentifierPart(point) && !Character.isIdentifierIgnorable(point));
    }

    static boolean isTitle(int point) {
        return Character.isTitleCase(point);
    }

    static boolean isCased(int point) {
        return Character.isLowerCase(point) || Character.isUpperCase(point) || Character.isTitleCase(point);
    }

    /** Whether {@code repr} shows the character as it is. */
    static boolean isPrintable(int point) {
        if (point < 0x7f) {
            return point >= ' ';
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** A character at the start of a word, which may become several. */
    static String title(int point) {
        int title = Character.toTitleCase(point);
        boolean georgian = point >= 0x10d0 && point <= 0x10ff; // whose capitals are for whole words only
        if (title != point || isTitle(point) || georgian) {
            return Character.toString(title);
        }
        String upper = upper(Character.toString(point));
        int first = upper.codePointAt(0);
        int length = Character.charCount(first);
        if (upper.length() == length || !isCased(first)) {
            return upper;
        }
        return Character.toString(first) + lower(upper.substring(length));
    }

    /** Full case folding, for one character. */
    static String fold(int point) {
        if (point == 'ı' || point >= 0x13a0 && point <= 0x13f5) {
            return Character.toString(point);
        }
        if (point >= 0xab70 && point <= 0xabbf) {
            return Character.toString(point - 0xab70 + 0x13a0);
        }
        if (point >= 0x13f8 && point <= 0x13fd) {
            return Character.toString(point - 8);
        }
        String lower = lower(Character.toString(point));
        StringBuilder folded = new StringBuilder();
        upper(lower).codePoints().forEach(upper -> folded.appendCodePoint(Character.toLowerCase(upper)));
        return point == 'İ' ? lower : folded.toString();
    }

    /** In the order of code points, as Python compares. */
    static int compare(String first, String second) {
        int shared = Math.min(first.length(), second.length());
        for (int i = 0; i < shared; i++) {
            char a = first.charAt(i);
            char b = second.charAt(i);
            if (a != b) {
                // Surrogates stand for code points above all others.
                boolean aWide = Character.isSurrogate(a);
                return aWide == Character.isSurrogate(b) ? Character.compare(a, b) : aWide ? 1 : -1;
            }
        }
        return Integer.compare(first.length(), second.length());
    }

    /** The digits of a literal as ASCII, without its underscores. */
    static String asciiDigits(String text) {
        var out = new StringBuilder();
        text.codePoints().filter(point -> point != '_').forEach(point -> {
            if (point > 127 && isDecimal(point)) {
                out.append((char) ('0' + digit(point)));
            } else {
                out.appendCodePoint(point);
            }
        });
        return out.toString();
    }
}
