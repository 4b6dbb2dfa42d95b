package dev.puna.sample.grammar;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The formats of JSON Schema as sets of texts. A name that the specification does not know says nothing about a text;
 * one that it knows and that no set of texts here describes is refused.
 */
final class Formats {
    private static final String DATE = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
            + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
    private static final String TIME = "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?"
            + "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])|" + leapSeconds() + ")";

    private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final String LABELS = "labels"; // no format by itself
    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = BYTE + "(?:\\." + BYTE + "){3}";
    private static final String IPV6 = ipv6();

    private static final String PERCENT = "%[0-9A-Fa-f]{2}";
    private static final String OTHERS = "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{1FFFD}"
            + "\\u{20000}-\\u{2FFFD}\\u{30000}-\\u{3FFFD}\\u{E1000}-\\u{EFFFD}";

    private static final String PRIVATE = "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";

    private static final String DIGITS = "[0-9]+";
    private static final String DURATION_TIME = "T(?:0H(?:0M(?:0S)?)?|0M(?:0S)?|0S)".replace("0", DIGITS);
    private static final String DURATION = "P(?:0W|(?:0Y(?:0M(?:0D)?)?|0M(?:0D)?|0D)(?:".replace("0", DIGITS)
            + DURATION_TIME
            + ")?|"
            + DURATION_TIME
            + ")";

    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private static final String QUOTED = "\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\"";

    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "[Tt]" + TIME),
            Map.entry("duration", DURATION),
            Map.entry("email", email(ATOM, QUOTED, LABEL)),
            Map.entry(
                    "idn-email",
                    email(
                            ATOM.replace("[", "[\\u0080-\\u{10FFFF}"),
                            QUOTED.replace("~]", "~\\u0080-\\u{10FFFF}]"),
                            "[A-Za-z0-9\\u0080-\\u{10FFFF}](?:[A-Za-z0-9\\u0080-\\u{10FFFF}-]{0,61}"
                                    + "[A-Za-z0-9\\u0080-\\u{10FFFF}])?")),
            Map.entry(LABELS, LABEL + "(?:\\." + LABEL + ")*"),
            Map.entry("hostname", "(?=.{1,253}$)(?!(?:.*\\.)?..--)" + LABEL + "(?:\\." + LABEL + ")*"),
            Map.entry("ipv4", IPV4),
            Map.entry("ipv6", IPV6),
            Map.entry("uri", uri("", true)),
            Map.entry("uri-reference", uri("", false)),
            Map.entry("iri", uri(OTHERS, true)),
            Map.entry("iri-reference", uri(OTHERS, false)),
            Map.entry(
                    "uri-template",
                    "(?:[!#$&'(-;=?-Z\\[\\]_a-z~" + OTHERS + "]|" + PERCENT
                            + "|\\{[+#./;?&=,!@|]?0(?:,0)*\\})*"
                                    .replace(
                                            "0",
                                            "(?:[A-Za-z0-9_]|" + PERCENT + ")(?:\\.?(?:[A-Za-z0-9_]|" + PERCENT
                                                    + "))*(?::[1-9][0-9]{0,3}|\\*)?")),
            Map.entry("uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
            Map.entry("json-pointer", "(?:/(?:[^~/]|~[01])*)*"),
            Map.entry("relative-json-pointer", "(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)"));

    private static final Map<String, Regex> READ = new ConcurrentHashMap<>();
    private static final Map<Regex, Dfa> AUTOMATA = new ConcurrentHashMap<>();

    private Formats() {}

    /** The texts of a format; absent if the specification has no such format. */
    static Optional<Texts> texts(String format, String where) {
        return switch (format) {
            case "regex" -> throw new GrammarRefused(where, "the format " + format + " cannot be enforced");
            case "idn-hostname" -> Optional.of(new Texts(read("hostname"), Regex.ALL, HostNames::isInternational));
            case "hostname" -> Optional.of(new Texts(read(format), read(LABELS), HostNames::isAscii));
            case LABELS -> Optional.empty();
            default -> PATTERNS.containsKey(format) ? Optional.of(Texts.of(read(format))) : Optional.empty();
        };
    }

    /** The automaton of a format's texts, which nobody's schema pays for; null for any other term. */
    static @Nullable Dfa automaton(Regex term) {
        return AUTOMATA.get(term);
    }

    private static Regex read(String format) {
        return READ.computeIfAbsent(format, _ -> {
            var work = new Work(Limits.OURS);
            Regex term = RegexReader.whole(Objects.requireNonNull(PATTERNS.get(format)), format, work);
            AUTOMATA.put(term, new Automata(work).of(term, format).orElseThrow());
            return term;
        });
    }

    /** Second 60 is the last of a day in UTC; offsets are taken in quarters of an hour there. */
    private static String leapSeconds() {
        var all = new StringBuilder("23:59:60(?:\\.[0-9]+)?[Zz]");
        for (int offset = 0; offset < 24 * 60; offset += 15) {
            for (int sign = -1; sign <= 1; sign += 2) {
                int local = Math.floorMod(23 * 60 + 59 + sign * offset, 24 * 60);
                all.append("|%02d:%02d:60(?:\\.[0-9]+)?[%s]%02d:%02d"
                        .formatted(local / 60, local % 60, sign < 0 ? "-" : "+", offset / 60, offset % 60));
            }
        }
        return all.toString();
    }

    private static String ipv6() {
        String h = "[0-9A-Fa-f]{1,4}";
        String last = "(?:" + h + ":" + h + "|" + IPV4 + ")";
        var all = new StringBuilder("(?:(?:" + h + ":){6}" + last);
        for (int before = 0; before <= 5; before++) { // groups before the ::
            String head = before == 0 ? "" : "(?:" + h + ":){0," + (before - 1) + "}" + h;
            all.append(
                    "|(?:" + head + ")" + (before == 0 ? "" : "?") + "::(?:" + h + ":){" + (5 - before) + "}" + last);
        }
        all.append("|(?:(?:" + h + ":){0,5}" + h + ")?::" + h);
        all.append("|(?:(?:" + h + ":){0,6}" + h + ")?::)");
        return all.toString();
    }

    private static String email(String atom, String quoted, String label) {
        return "(?:" + atom + "(?:\\." + atom + ")*|" + quoted + ")@(?:" + label + "(?:\\." + label + ")*|\\[(?:" + IPV4
                + "|IPv6:" + IPV6 + ")\\])";
    }

    private static String uri(String others, boolean absolute) {
        String unreserved = "A-Za-z0-9._~" + others + "-";
        String sub = "!$&'()*+,;=";
        String pchar = "(?:[:@" + sub + unreserved + "]|" + PERCENT + ")";
        String authority = "(?:(?:[:" + sub + unreserved + "]|" + PERCENT + ")*@)?(?:\\[(?:" + IPV6
                + "|[vV][0-9A-Fa-f]+\\.[:" + sub + unreserved + "]+)\\]|(?:[" + sub + unreserved + "]|" + PERCENT
                + ")*)(?::[0-9]*)?";
        String segments = "(?:/" + pchar + "*)*";
        String rest = "(?://" + authority + segments + "|/(?:" + pchar + "+" + segments + ")?";
        String tail =
                "(?:\\?(?:" + pchar + "|[/?" + (others.isEmpty() ? "" : PRIVATE) + "])*)?(?:#(?:" + pchar + "|[/?])*)?";
        String full = "[A-Za-z][A-Za-z0-9+.-]*:" + rest + "|" + pchar + "+" + segments + ")?" + tail;
        if (absolute) {
            return full;
        }
        String noColon = "(?:[@" + sub + unreserved + "]|" + PERCENT + ")";
        return "(?:" + full + "|" + rest + "|" + noColon + "+" + segments + ")?" + tail + ")";
    }
}
