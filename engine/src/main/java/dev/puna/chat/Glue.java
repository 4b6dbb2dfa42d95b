package dev.puna.chat;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands between the values of calls, as it comes: patterns say of it "this", "not yet" or "never". */
final class Glue {
    /** More characters will tell. */
    static final int WAIT = -1;

    /** It is none of them for ever. */
    static final int NONE = -2;

    /** Characters between two values of a call, white space among them; what is longer is none. */
    private static final int LONGEST = 512;

    private final StringBuilder text = new StringBuilder();
    private MatchResult match = Pattern.compile("").matcher("").toMatchResult();

    /** False if there are too many. */
    boolean append(char c) {
        text.append(c);
        return text.length() <= LONGEST;
    }

    void clear() {
        text.setLength(0);
    }

    char charAt(int index) {
        return text.charAt(index);
    }

    boolean isBlank() {
        return text.toString().isBlank();
    }

    /** Takes out what follows the first {@code from} characters and forgets those. */
    String takeFrom(int from) {
        String rest = text.substring(from);
        clear();
        return rest;
    }

    /** Which of these patterns it begins with, the first that does: its number, {@link #WAIT} or {@link #NONE}. */
    int which(Pattern... patterns) {
        for (int i = 0; i < patterns.length; i++) {
            Matcher matcher = patterns[i].matcher(text);
            if (matcher.lookingAt()) {
                match = matcher.toMatchResult();
                return i;
            }
            if (matcher.hitEnd()) {
                return WAIT;
            }
        }
        return NONE;
    }

    /** What the last pattern found. */
    MatchResult match() {
        return match;
    }
}
