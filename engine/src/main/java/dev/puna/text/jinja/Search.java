package dev.puna.text.jinja;

/** Finding one text in another, in time that grows with their lengths and not with the product. */
final class Search {
    private static final int SHORT = 16;

    private final String wanted;
    private final int[] fallback; // Knuth, Morris and Pratt's table; null for short texts

    Search(String wanted) {
        this.wanted = wanted;
        this.fallback = wanted.length() <= SHORT ? null : table(wanted);
    }

    private static int[] table(String wanted) {
        var table = new int[wanted.length()];
        int matched = 0;
        for (int i = 1; i < wanted.length(); i++) {
            while (matched > 0 && wanted.charAt(i) != wanted.charAt(matched)) {
                matched = table[matched - 1];
            }
            if (wanted.charAt(i) == wanted.charAt(matched)) {
                matched++;
            }
            table[i] = matched;
        }
        return table;
    }

    static int indexOf(String text, String wanted, int from) {
        return text.length() - from < 4096 ? text.indexOf(wanted, from) : new Search(wanted).in(text, from);
    }

    /** The first offset from {@code from} on, or -1. */
    int in(String text, int from) {
        if (fallback == null) {
            return text.indexOf(wanted, from);
        }
        int matched = 0;
        for (int i = Math.max(from, 0); i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != wanted.charAt(matched)) {
                matched = fallback[matched - 1];
            }
            if (text.charAt(i) == wanted.charAt(matched)) {
                matched++;
            }
            if (matched == wanted.length()) {
                return i - matched + 1;
            }
        }
        return -1;
    }

    /** The last offset whose match ends at {@code end} or before, or -1. */
    static int lastIndexOf(String text, String wanted, int start, int end) {
        String backwards =
                new StringBuilder(text.substring(start, end)).reverse().toString();
        int found = indexOf(backwards, new StringBuilder(wanted).reverse().toString(), 0);
        return found < 0 ? -1 : end - found - wanted.length();
    }
}
