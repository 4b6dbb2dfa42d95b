package dev.puna.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that stand in a text as whole words of their own: control tokens and those that a model's maker
 * added. They lie in a tree of characters; the leftmost match counts, and of those that start together the longest that
 * is allowed there.
 */
final class AddedTokens {
    static final AddedTokens NONE = new AddedTokens(List.of());

    /**
     * One of them.
     *
     * @param spelling what it looks like in a text
     * @param leftStrip whether it takes the white space before it along
     * @param rightStrip whether it takes the white space after it along
     * @param singleWord whether it counts only where no letter or digit touches it
     */
    record Added(int id, String spelling, boolean control, boolean leftStrip, boolean rightStrip, boolean singleWord) {}

    /** Which control tokens count. */
    interface Allowed {
        Allowed NEVER = (from, to) -> false;
        Allowed ALWAYS = (from, to) -> true;

        /** Control tokens count where none of their characters is marked. */
        static Allowed outside(BitSet marks) {
            return (from, to) -> {
                int marked = marks.nextSetBit(from);
                return marked < 0 || marked >= to;
            };
        }

        /** Whether a control token spelt by the characters {@code [from, to)} is one. */
        boolean control(int from, int to);
    }

    /** Told of the text between tokens and of the tokens, from left to right. */
    interface Found {
        void text(int from, int to);

        void token(int id);
    }

    private final List<Added> tokens;
    private final Map<Long, Integer> children = new HashMap<>();
    private final BitSet firsts = new BitSet();
    private int[] tokenAt = {-1};

    AddedTokens(List<Added> tokens) {
        this.tokens = new ArrayList<>();
        for (Added token : tokens) {
            if (!token.spelling().isEmpty()) {
                insert(token);
            }
        }
    }

    private void insert(Added token) {
        int node = 0;
        firsts.set(token.spelling().charAt(0));
        for (int i = 0; i < token.spelling().length(); i++) {
            int fresh = children.size() + 1;
            node = children.computeIfAbsent((long) node << 16 | token.spelling().charAt(i), edge -> fresh);
        }
        if (tokenAt.length <= children.size()) {
            int old = tokenAt.length;
            tokenAt = Arrays.copyOf(tokenAt, Math.max(2 * old, children.size() + 1));
            Arrays.fill(tokenAt, old, tokenAt.length, -1);
        }
        if (tokenAt[node] < 0) {
            tokenAt[node] = tokens.size();
            tokens.add(token);
        }
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    void find(String text, Allowed allowed, Found found) {
        int done = 0;
        for (int i = 0; i < text.length() && !isEmpty(); ) {
            Added token = longestAt(text, i, allowed);
            if (token == null) {
                i++;
                continue;
            }
            int from = i;
            int to = i + token.spelling().length();
            i = to;
            if (token.singleWord() && (wordBefore(text, from) || wordAfter(text, to))) {
                continue;
            }
            while (token.leftStrip() && from > done && CharKind.isSpace(text.charAt(from - 1))) {
                from--;
            }
            while (token.rightStrip() && to < text.length() && CharKind.isSpace(text.charAt(to))) {
                to++;
            }
            if (token.leftStrip() && to <= done) {
                continue; // white space that the token before took along
            }
            if (done < from) {
                found.text(done, from);
            }
            found.token(token.id());
            done = to;
            i = to;
        }
        if (done < text.length()) {
            found.text(done, text.length());
        }
    }

    private @Nullable Added longestAt(String text, int from, Allowed allowed) {
        if (!firsts.get(text.charAt(from))) {
            return null;
        }
        Added longest = null;
        int node = 0;
        for (int i = from; i < text.length(); i++) {
            Integer child = children.get((long) node << 16 | text.charAt(i));
            if (child == null) {
                break;
            }
            node = child;
            if (tokenAt[node] >= 0) {
                Added token = tokens.get(tokenAt[node]);
                if (!token.control() || allowed.control(from, i + 1)) {
                    longest = token;
                }
            }
        }
        return longest;
    }

    private static boolean wordBefore(String text, int end) {
        return end > 0 && isWord(text.codePointBefore(end));
    }

    private static boolean wordAfter(String text, int start) {
        return start < text.length() && isWord(text.codePointAt(start));
    }

    /** What {@code \w} means to Unicode's regular expressions. */
    static boolean isWord(int c) {
        return Character.isAlphabetic(c)
                || switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK,
                            Character.COMBINING_SPACING_MARK,
                            Character.ENCLOSING_MARK,
                            Character.DECIMAL_DIGIT_NUMBER,
                            Character.CONNECTOR_PUNCTUATION -> true;
                    default -> c == 0x200C || c == 0x200D;
                };
    }
}
