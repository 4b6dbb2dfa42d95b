package dev.puna.text;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/** A set of characters in a regular expression. What it says of ASCII is kept in two words. */
final class CharSet {
    static final CharSet ANY = new CharSet(c -> true);
    static final CharSet SPACE = new CharSet(CharKind::isSpace);
    static final CharSet DIGIT = new CharSet(c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
    static final CharSet WORD = new CharSet(AddedTokens::isWord);
    static final CharSet HEX = new CharSet(c -> c < 0x80 && Character.digit(c, 16) >= 0);

    private final IntPredicate holds;
    private final long low;
    private final long high;

    private CharSet(IntPredicate holds) {
        this.holds = holds;
        low = ascii(holds, 0);
        high = ascii(holds, 64);
    }

    private static long ascii(IntPredicate holds, int from) {
        long bits = 0;
        for (int c = 0; c < 64; c++) {
            bits |= holds.test(from + c) ? 1L << c : 0;
        }
        return bits;
    }

    boolean contains(int c) {
        return c < 64 ? (low >>> c & 1) != 0 : c < 128 ? (high >>> c & 1) != 0 : holds.test(c);
    }

    static CharSet range(int first, int last) {
        return new CharSet(c -> c >= first && c <= last);
    }

    CharSet or(CharSet other) {
        return new CharSet(c -> contains(c) || other.contains(c));
    }

    CharSet and(CharSet other) {
        return new CharSet(c -> contains(c) && other.contains(c));
    }

    CharSet not() {
        return new CharSet(c -> !contains(c));
    }

    /** With each character also those that differ from it in case alone. */
    CharSet anyCase() {
        Set<Integer> more = new HashSet<>();
        for (List<Integer> peers : Cases.PEERS) {
            if (peers.stream().anyMatch(this::contains)) {
                more.addAll(peers);
            }
        }
        return new CharSet(c -> contains(c) || more.contains(c));
    }

    /** The groups of characters that differ in case alone, made when first asked for. */
    private static final class Cases {
        static final Collection<List<Integer>> PEERS = peers();

        private static Collection<List<Integer>> peers() {
            Map<Integer, List<Integer>> groups = new HashMap<>();
            for (int c = 0; c <= 0x1E943; c++) { // no character beyond has a case
                if (fold(c) != c) {
                    groups.computeIfAbsent(fold(c), folded -> new ArrayList<>(List.of(folded)))
                            .add(c);
                }
            }
            return groups.values();
        }
    }

    /** Simple case folding; the dotless and the dotted i fold to themselves, as in Unicode. */
    private static int fold(int c) {
        return c == 0x130 || c == 0x131 ? c : Character.toLowerCase(Character.toUpperCase(c));
    }

    private static final Map<String, Integer> CATEGORIES = categories();

    private static Map<String, Integer> categories() {
        String[] names = {
            "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "", "Zs", "Zl", "Zp", "Cc", "Cf",
            "", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf"
        };
        Map<String, Integer> masks = new HashMap<>();
        for (int type = 0; type < names.length; type++) {
            if (!names[type].isEmpty()) {
                masks.merge(names[type].toLowerCase(Locale.ROOT), 1 << type, (a, b) -> a | b);
                masks.merge(names[type].substring(0, 1).toLowerCase(Locale.ROOT), 1 << type, (a, b) -> a | b);
            }
        }
        masks.put("lc", masks.getOrDefault("lu", 0) | masks.getOrDefault("ll", 0) | masks.getOrDefault("lt", 0));
        String[][] longNames = {
            {"l", "letter"},
            {"lu", "uppercaseletter"},
            {"ll", "lowercaseletter"},
            {"lt", "titlecaseletter"},
            {"lc", "casedletter"},
            {"lm", "modifierletter"},
            {"lo", "otherletter"},
            {"m", "mark"},
            {"m", "combiningmark"},
            {"mn", "nonspacingmark"},
            {"mc", "spacingmark"},
            {"me", "enclosingmark"},
            {"n", "number"},
            {"nd", "decimalnumber"},
            {"nd", "digit"},
            {"nl", "letternumber"},
            {"no", "othernumber"},
            {"p", "punctuation"},
            {"pc", "connectorpunctuation"},
            {"pd", "dashpunctuation"},
            {"ps", "openpunctuation"},
            {"pe", "closepunctuation"},
            {"pi", "initialpunctuation"},
            {"pf", "finalpunctuation"},
            {"po", "otherpunctuation"},
            {"s", "symbol"},
            {"sm", "mathsymbol"},
            {"sc", "currencysymbol"},
            {"sk", "modifiersymbol"},
            {"so", "othersymbol"},
            {"z", "separator"},
            {"zs", "spaceseparator"},
            {"zl", "lineseparator"},
            {"zp", "paragraphseparator"},
            {"c", "other"},
            {"cc", "control"},
            {"cc", "cntrl"},
            {"cf", "format"},
            {"cn", "unassigned"},
            {"co", "privateuse"},
            {"cs", "surrogate"}
        };
        for (String[] pair : longNames) {
            masks.put(pair[1], masks.get(pair[0]));
        }
        return masks;
    }

    /** The characters with a Unicode property: a general category, a script, or one of a few more. */
    static Optional<CharSet> property(String name) {
        String plain = name.replaceAll("[ _-]", "").toLowerCase(Locale.ROOT);
        Integer mask = CATEGORIES.get(plain);
        if (mask != null) {
            int categories = mask;
            return Optional.of(new CharSet(c -> (categories >>> Character.getType(c) & 1) != 0));
        }
        IntPredicate holds = switch (plain) {
            case "any" -> c -> true;
            case "ascii" -> c -> c < 0x80;
            case "alpha", "alphabetic" -> Character::isAlphabetic;
            case "upper", "uppercase" -> Character::isUpperCase;
            case "lower", "lowercase" -> Character::isLowerCase;
            case "alnum" -> c -> Character.isAlphabetic(c) || DIGIT.contains(c);
            case "space", "whitespace" -> CharKind::isSpace;
            case "blank" -> c -> c == '\t' || Character.getType(c) == Character.SPACE_SEPARATOR;
            case "word" -> AddedTokens::isWord;
            case "xdigit" -> HEX::contains;
            case "punct" ->
                c -> (CharKind.of(c) & CharKind.PUNCTUATION) != 0 || c < 0x80 && "$+<=>^`|~".indexOf(c) >= 0;
            case "ideographic" -> Character::isIdeographic;
            case "emoji" -> Character::isEmoji;
            case "emojipresentation" -> Character::isEmojiPresentation;
            case "extendedpictographic" -> Character::isExtendedPictographic;
            default -> null;
        };
        return holds == null ? script(name) : Optional.of(new CharSet(holds));
    }

    private static Optional<CharSet> script(String name) {
        try {
            UnicodeScript script = UnicodeScript.forName(name);
            return Optional.of(new CharSet(c -> UnicodeScript.of(c) == script));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
