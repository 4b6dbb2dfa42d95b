package dev.puna.sample.grammar;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Host names of IDNA 2008: RFC 5890 to 5893 and, for the spelling of labels in ASCII, RFC 3492. What a code point may do
 * follows from the properties of Unicode that the JDK knows.
 *
 * <p>A joiner between letters that join is known in the Arabic block only, and after a virama everywhere; elsewhere a
 * name with one is not accepted.
 */
final class HostNames {
    private static final int LABEL = 63;
    private static final int NAME = 253;
    private static final Pattern ASCII_LABEL = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?");
    private static final String DOTS = "[.\u3002\uFF0E\uFF61]";

    private static final Ranges EXCEPTIONALLY_VALID = points(0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007);
    private static final Ranges EXCEPTIONALLY_NOT =
            points(0x640, 0x7FA, 0x302E, 0x302F, 0x303B).or(Ranges.of(0x3031, 0x3035));
    /** Letters and marks by category that are never valid: ignorable ones, marks for symbols and music, old Hangul. */
    private static final Ranges IGNORED = points(0x34F, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0)
            .or(Ranges.of(0x180B, 0x180D))
            .or(Ranges.of(0xFE00, 0xFE0F))
            .or(Ranges.of(0xE0000, 0xE0FFF))
            .or(Ranges.of(0x20D0, 0x20FF))
            .or(Ranges.of(0x1D100, 0x1D24F))
            .or(Ranges.of(0x1100, 0x11FF))
            .or(Ranges.of(0xA960, 0xA97F))
            .or(Ranges.of(0xD7B0, 0xD7FF));

    /** Code points of the canonical combining class 9. */
    private static final Ranges VIRAMAS = points(
            0x94D, 0x9CD, 0xA4D, 0xACD, 0xB4D, 0xBCD, 0xC4D, 0xCCD, 0xD3B, 0xD3C, 0xD4D, 0xDCA, 0xE3A, 0xEBA, 0xF84,
            0x1039, 0x103A, 0x1714, 0x1715, 0x1734, 0x17D2, 0x1A60, 0x1B44, 0x1BAA, 0x1BAB, 0x1BF2, 0x1BF3, 0x2D7F,
            0xA806, 0xA82C, 0xA8C4, 0xA953, 0xA9C0, 0xAAF6, 0xABED, 0x10A3F, 0x11046, 0x11070, 0x1107F, 0x110B9,
            0x11133, 0x11134, 0x111C0, 0x11235, 0x112EA, 0x1134D, 0x11442, 0x114C2, 0x115BF, 0x1163F, 0x116B6, 0x1172B,
            0x11839, 0x1193D, 0x1193E, 0x119E0, 0x11A34, 0x11A47, 0x11A99, 0x11C3F, 0x11D44, 0x11D45, 0x11D97);

    /** Letters of the Arabic block that join the one after them and the one before. */
    private static final Ranges JOIN_BOTH = points(0x620, 0x626, 0x628, 0x6CC, 0x6CE, 0x6D0, 0x6D1, 0x6FF)
            .or(Ranges.of(0x62A, 0x62E))
            .or(Ranges.of(0x633, 0x63F))
            .or(Ranges.of(0x641, 0x647))
            .or(Ranges.of(0x649, 0x64A))
            .or(Ranges.of(0x66E, 0x66F))
            .or(Ranges.of(0x678, 0x687))
            .or(Ranges.of(0x69A, 0x6BF))
            .or(Ranges.of(0x6C1, 0x6C2))
            .or(Ranges.of(0x6FA, 0x6FC));
    /** Those that join only the one before. */
    private static final Ranges JOIN_BEFORE = points(0x627, 0x629, 0x648, 0x6C0, 0x6CD, 0x6CF, 0x6D2, 0x6D3, 0x6D5)
            .or(Ranges.of(0x622, 0x625))
            .or(Ranges.of(0x62F, 0x632))
            .or(Ranges.of(0x671, 0x673))
            .or(Ranges.of(0x675, 0x677))
            .or(Ranges.of(0x688, 0x699))
            .or(Ranges.of(0x6C3, 0x6CB))
            .or(Ranges.of(0x6EE, 0x6EF));

    private HostNames() {}

    private static Ranges points(int... points) {
        return Ranges.of(Arrays.stream(points).mapToObj(c -> new int[] {c, c}).toList());
    }

    /** Whether a text is a host name in ASCII whose labels are all right, those in Punycode too. */
    static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80) && are(text.split("\\.", -1));
    }

    /** Whether a text is a host name, in ASCII or not. */
    static boolean isInternational(String text) {
        return are(text.split(DOTS, -1));
    }

    private static boolean are(String[] labels) {
        int length = labels.length - 1; // the dots
        List<int[]> unicode = new ArrayList<>();
        for (String label : labels) {
            boolean ascii = label.chars().allMatch(c -> c < 0x80);
            if (ascii && (label.length() > LABEL || !ASCII_LABEL.matcher(label).matches())) {
                return false;
            }
            String lower = label.toLowerCase(Locale.ROOT);
            boolean encoded = ascii && lower.startsWith("xn--");
            if (ascii && !encoded) {
                if (label.startsWith("--", 2)) {
                    return false;
                }
                unicode.add(label.codePoints().toArray());
                length += label.length();
                continue;
            }
            Optional<int[]> points = encoded
                    ? decoded(lower.substring(4))
                    : Optional.of(label.codePoints().toArray());
            if (points.isEmpty() || !isLabel(points.get())) {
                return false;
            }
            String spelt = "xn--" + encoded(points.get());
            if (encoded && !spelt.equals(lower) || spelt.length() > LABEL) {
                return false;
            }
            unicode.add(points.get());
            length += spelt.length();
        }
        boolean rightToLeft =
                unicode.stream().anyMatch(label -> Arrays.stream(label).anyMatch(HostNames::isRightToLeft));
        return length <= NAME && (!rightToLeft || unicode.stream().allMatch(HostNames::isDirected));
    }

    /** Whether code points, some beyond ASCII, are a label (RFC 5891, 4.2). */
    private static boolean isLabel(int[] label) {
        String text = new String(label, 0, label.length);
        if (Arrays.stream(label).allMatch(c -> c < 0x80)
                || text.startsWith("-")
                || text.endsWith("-")
                || text.startsWith("--", 2)
                || isMark(label[0])
                || !Normalizer.isNormalized(text, Normalizer.Form.NFC)) {
            return false;
        }
        for (int i = 0; i < label.length; i++) {
            if (!isValid(label[i]) && !fits(label, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    /** Whether a code point is valid wherever it stands (RFC 5892). */
    private static boolean isValid(int c) {
        if (EXCEPTIONALLY_VALID.has(c)) {
            return true;
        }
        if (c < 0x80) {
            return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z';
        }
        if (EXCEPTIONALLY_NOT.has(c) || IGNORED.has(c) || c >= 0x660 && c <= 0x669 || c >= 0x6F0 && c <= 0x6F9) {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.LOWERCASE_LETTER,
                    Character.UPPERCASE_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.MODIFIER_LETTER,
                    Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK -> isStable(c);
            default -> false;
        };
    }

    /** Whether neither compatibility nor case makes another text of it. */
    private static boolean isStable(int c) {
        String text = Character.toString(c);
        if (!Normalizer.isNormalized(text, Normalizer.Form.NFKC)) {
            return false;
        }
        boolean cherokee = c >= 0x13A0 && c <= 0x13F5; // folded to its capitals, as no other script is
        if (cherokee || c == 0x131) { // and the dotless i, which is not folded
            return true;
        }
        if (c >= 0x13F8 && c <= 0x13FD || c >= 0xAB70 && c <= 0xABBF) {
            return false;
        }
        String folded = text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
        return Normalizer.normalize(folded, Normalizer.Form.NFKC).equals(text);
    }

    /** Whether a code point is valid for what stands beside it (RFC 5892, appendix A). */
    private static boolean fits(int[] label, int at) {
        int c = label[at];
        int before = at > 0 ? label[at - 1] : -1;
        int after = at + 1 < label.length ? label[at + 1] : -1;
        return switch (c) {
            case 0x200C -> VIRAMAS.has(before) || joins(label, at);
            case 0x200D -> VIRAMAS.has(before);
            case 0xB7 -> before == 'l' && after == 'l';
            case 0x375 -> after >= 0 && UnicodeScript.of(after) == UnicodeScript.GREEK;
            case 0x5F3, 0x5F4 -> before >= 0 && UnicodeScript.of(before) == UnicodeScript.HEBREW;
            case 0x30FB ->
                Arrays.stream(label).anyMatch(other -> switch (UnicodeScript.of(other)) {
                    case HIRAGANA, KATAKANA, HAN -> true;
                    default -> false;
                });
            default ->
                c >= 0x660 && c <= 0x669 && !any(label, 0x6F0, 0x6F9)
                        || c >= 0x6F0 && c <= 0x6F9 && !any(label, 0x660, 0x669);
        };
    }

    private static boolean any(int[] label, int from, int to) {
        return Arrays.stream(label).anyMatch(c -> c >= from && c <= to);
    }

    /** Whether the letters around a non-joiner would join. */
    private static boolean joins(int[] label, int at) {
        int before = at - 1;
        while (before >= 0 && Character.getType(label[before]) == Character.NON_SPACING_MARK) {
            before--;
        }
        int after = at + 1;
        while (after < label.length && Character.getType(label[after]) == Character.NON_SPACING_MARK) {
            after++;
        }
        return before >= 0
                && after < label.length
                && JOIN_BOTH.has(label[before])
                && (JOIN_BOTH.has(label[after]) || JOIN_BEFORE.has(label[after]));
    }

    private static boolean isRightToLeft(int c) {
        return switch (Character.getDirectionality(c)) {
            case Character.DIRECTIONALITY_RIGHT_TO_LEFT,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC,
                    Character.DIRECTIONALITY_ARABIC_NUMBER -> true;
            default -> false;
        };
    }

    /** Whether a label of a name with letters from right to left may be shown (RFC 5893, 2). */
    private static boolean isDirected(int[] label) {
        byte first = Character.getDirectionality(label[0]);
        boolean left = first == Character.DIRECTIONALITY_LEFT_TO_RIGHT;
        if (!left
                && first != Character.DIRECTIONALITY_RIGHT_TO_LEFT
                && first != Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC) {
            return false;
        }
        boolean european = false;
        boolean arabic = false;
        boolean ends = false; // with a letter or a number, marks apart
        for (int c : label) {
            switch (Character.getDirectionality(c)) {
                case Character.DIRECTIONALITY_LEFT_TO_RIGHT -> {
                    if (!left) {
                        return false;
                    }
                    ends = true;
                }
                case Character.DIRECTIONALITY_RIGHT_TO_LEFT, Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC -> {
                    if (left) {
                        return false;
                    }
                    ends = true;
                }
                case Character.DIRECTIONALITY_ARABIC_NUMBER -> {
                    if (left) {
                        return false;
                    }
                    arabic = true;
                    ends = true;
                }
                case Character.DIRECTIONALITY_EUROPEAN_NUMBER -> {
                    european = true;
                    ends = true;
                }
                case Character.DIRECTIONALITY_EUROPEAN_NUMBER_SEPARATOR,
                        Character.DIRECTIONALITY_EUROPEAN_NUMBER_TERMINATOR,
                        Character.DIRECTIONALITY_COMMON_NUMBER_SEPARATOR,
                        Character.DIRECTIONALITY_OTHER_NEUTRALS,
                        Character.DIRECTIONALITY_BOUNDARY_NEUTRAL -> ends = false;
                case Character.DIRECTIONALITY_NONSPACING_MARK -> {}
                default -> {
                    return false;
                }
            }
        }
        return ends && (left || !(european && arabic));
    }

    // ---- Punycode: the constants of RFC 3492 ----

    private static final int SYMBOLS = 36;
    private static final int LEAST = 1;
    private static final int MOST = 26;
    private static final int SKEW = 38;
    private static final int DAMP = 700;
    private static final int FIRST_BIAS = 72;
    private static final int FIRST_POINT = 0x80;

    private static int threshold(int k, int bias) {
        return Math.clamp((long) k - bias, LEAST, MOST);
    }

    private static int adapted(int given, int points, boolean first) {
        int delta = first ? given / DAMP : given / 2;
        delta += delta / points;
        int k = 0;
        while (delta > (SYMBOLS - LEAST) * MOST / 2) {
            delta /= SYMBOLS - LEAST;
            k += SYMBOLS;
        }
        return k + (SYMBOLS - LEAST + 1) * delta / (delta + SKEW);
    }

    private static Optional<int[]> decoded(String text) {
        int end = text.lastIndexOf('-');
        List<Integer> points = new ArrayList<>();
        text.substring(0, Math.max(0, end)).chars().forEach(points::add);
        int point = FIRST_POINT;
        int bias = FIRST_BIAS;
        long i = 0;
        int at = end < 0 ? 0 : end + 1;
        while (at < text.length()) {
            long before = i;
            long weight = 1;
            for (int k = SYMBOLS; ; k += SYMBOLS) {
                int digit = at < text.length() ? Character.digit(text.charAt(at++), 36) : -1;
                if (digit < 0) {
                    return Optional.empty();
                }
                digit = digit < 10 ? digit + 26 : digit - 10; // letters come first
                i += digit * weight;
                int threshold = threshold(k, bias);
                if (i > Integer.MAX_VALUE) {
                    return Optional.empty();
                }
                if (digit < threshold) {
                    break;
                }
                weight = Math.min(weight * (SYMBOLS - threshold), Integer.MAX_VALUE);
            }
            int size = points.size() + 1;
            bias = adapted((int) (i - before), size, before == 0);
            if (point + i / size > Character.MAX_CODE_POINT) {
                return Optional.empty();
            }
            point += (int) (i / size);
            i %= size;
            points.add((int) i++, point);
        }
        return Optional.of(points.stream().mapToInt(c -> c).toArray());
    }

    private static String encoded(int[] label) {
        var text = new StringBuilder();
        Arrays.stream(label).filter(c -> c < 0x80).forEach(text::appendCodePoint);
        int done = text.length();
        if (done > 0) {
            text.append('-');
        }
        int basic = done;
        int point = FIRST_POINT;
        int bias = FIRST_BIAS;
        int delta = 0;
        while (done < label.length && text.length() <= LABEL) {
            int from = point;
            int next = Arrays.stream(label).filter(c -> c >= from).min().orElseThrow();
            delta += (next - point) * (done + 1);
            point = next;
            for (int c : label) {
                if (c < point) {
                    delta++;
                } else if (c == point) {
                    int left = delta;
                    for (int k = SYMBOLS; ; k += SYMBOLS) {
                        int threshold = threshold(k, bias);
                        if (left < threshold) {
                            text.append(symbol(left));
                            break;
                        }
                        text.append(symbol(threshold + (left - threshold) % (SYMBOLS - threshold)));
                        left = (left - threshold) / (SYMBOLS - threshold);
                    }
                    bias = adapted(delta, done + 1, done == basic);
                    delta = 0;
                    done++;
                }
            }
            delta++;
            point++;
        }
        return text.toString();
    }

    private static char symbol(int digit) {
        return (char) (digit < 26 ? 'a' + digit : '0' + digit - 26);
    }
}
