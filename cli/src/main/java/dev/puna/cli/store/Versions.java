package dev.puna.cli.store;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order of Python versions, after the Python packaging guide: {@code 1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 < 1.0.post1 < 1.1}. */
final class Versions {
    private static final Pattern VERSION = Pattern.compile("v?(?:(\\d+)!)?(\\d+(?:\\.\\d+)*)"
            + "(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\\d*))?"
            + "(?:-(\\d+)|[-_.]?(post|rev|r)[-_.]?(\\d*))?"
            + "(?:[-_.]?(dev)[-_.]?(\\d*))?"
            + "(?:\\+.*)?");
    private static final Map<String, Integer> STAGES =
            Map.of("a", 1, "alpha", 1, "b", 2, "beta", 2, "c", 3, "rc", 3, "pre", 3, "preview", 3);

    private Versions() {}

    static int compare(String one, String other) {
        List<BigInteger> a = key(one);
        List<BigInteger> b = key(other);
        if (a.isEmpty() || b.isEmpty()) {
            return a.isEmpty() && b.isEmpty() ? one.compareTo(other) : Boolean.compare(!a.isEmpty(), !b.isEmpty());
        }
        // After the first seven places, which count for a release as a whole, come its numbers.
        int order = a.getFirst().compareTo(b.getFirst());
        for (int i = STAGE_PLACES; order == 0 && i < Math.max(a.size(), b.size()); i++) {
            BigInteger left = i < a.size() ? a.get(i) : BigInteger.ZERO;
            BigInteger right = i < b.size() ? b.get(i) : BigInteger.ZERO;
            order = left.compareTo(right);
        }
        for (int i = 1; order == 0 && i < STAGE_PLACES; i++) {
            order = a.get(i).compareTo(b.get(i));
        }
        return order;
    }

    /** Whether a version comes before its release: alpha, beta, candidate, development. */
    static boolean isBefore(String version) {
        List<BigInteger> key = key(version);
        return !key.isEmpty() && (key.get(1).intValue() < RELEASED || key.get(5).intValue() == 0);
    }

    private static final int RELEASED = 4;
    private static final int STAGE_PLACES = 7;

    /** Epoch, stage, its number, post, its number, whether no development version, its number, then the release's numbers. */
    private static List<BigInteger> key(String version) {
        Matcher parts = VERSION.matcher(version.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return List.of();
        }
        boolean development = parts.group(8) != null;
        boolean post = parts.group(5) != null || parts.group(6) != null;
        int stage = parts.group(3) != null ? STAGES.get(parts.group(3)) : development && !post ? 0 : RELEASED;
        List<BigInteger> key = new ArrayList<>();
        key.add(number(parts.group(1)));
        key.add(BigInteger.valueOf(stage));
        key.add(number(parts.group(4)));
        key.add(post ? BigInteger.ONE : BigInteger.ZERO);
        key.add(number(parts.group(5) != null ? parts.group(5) : parts.group(7)));
        key.add(development ? BigInteger.ZERO : BigInteger.ONE);
        key.add(number(parts.group(9)));
        for (String number : parts.group(2).split("\\.")) {
            key.add(new BigInteger(number));
        }
        return key;
    }

    private static BigInteger number(String digits) {
        return digits == null || digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits);
    }
}
