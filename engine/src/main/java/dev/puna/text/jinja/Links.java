package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code urlize} filter: addresses in a text become links. The result counts as the caller's if any of it does. */
final class Links {
    private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS;

    private static final Pattern WEB = Pattern.compile(
            "(?:(?:https?://|www\\.)(?:[\\w%-]++\\.)*(?:[a-z]{2,63}|xn--[\\w%]{2,59})"
                    + "|(?:[\\w%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)"
                    + "|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\]))"
                    + "(?::\\d{1,5})?(?:[/?#]\\S*)?",
            FLAGS);

    private static final Pattern MAIL = Pattern.compile("\\S+@\\w[\\w.-]*\\.\\w+", FLAGS);
    private static final Pattern HEAD = Pattern.compile("(?:[(<]|&lt;)+");
    private static final Pattern TAIL = Pattern.compile("(?:[)>.,\\n]|&gt;)+$");
    private static final Pattern SCHEME = Pattern.compile("[\\w.+-]{2,}:/{0,2}", FLAGS);

    private final Integer limit;
    private final String rel;
    private final String target;
    private final List<String> schemes;

    private Links(Integer limit, String rel, String target, List<String> schemes) {
        this.limit = limit;
        this.rel = rel;
        this.target = target;
        this.schemes = schemes;
    }

    static Value filter(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("urlize", "trim_url_limit?", "nofollow?", "target?", "rel?", "extra_schemes?");
        Meter meter = run.meter();
        Str text = Html.escape(input, meter);
        var rels = new TreeSet<String>(List.of("noopener"));
        if (isGiven(bound[3])) {
            for (Str word : wordsOf(StringMethods.string(bound[3], "rel"), meter)) {
                rels.add(word.text());
            }
        }
        if (bound[1] != null && Operators.truth(bound[1])) {
            rels.add("nofollow");
        }
        var schemes = new ArrayList<String>();
        if (isGiven(bound[4])) {
            for (Value scheme : Iteration.toList(bound[4], meter)) {
                String name = StringMethods.string(scheme, "scheme").text();
                if (!SCHEME.matcher(name).matches()) {
                    throw Fault.value(Repr.quoted(name) + " is not a valid URI scheme prefix.");
                }
                schemes.add(name);
            }
        }
        Integer limit = isGiven(bound[0])
                ? (Integer) (int) StringMethods.integer(bound[0]).clamped()
                : null;
        String relation = " rel=\"" + Html.escape(Str.of(String.join(" ", rels)), meter) + "\"";
        boolean targeted = isGiven(bound[2]) && Operators.truth(bound[2]);
        String target = targeted ? " target=\"" + Html.escape(bound[2], meter) + "\"" : "";
        var links = new Links(limit, relation, target, schemes);
        var out = new StringBuilder();
        String source = text.text();
        for (int at = 0; at < source.length(); ) {
            meter.step();
            int end = at;
            while (end < source.length() && !Chars.isSpace(source.charAt(end))) {
                end++;
            }
            out.append(links.word(source.substring(at, end)));
            at = Chars.skipSpace(source, end);
            out.append(source, end, at);
            meter.text(out.length() / 64);
        }
        Str result = new MarkedBuilder(meter).append(out, text.hasMarks()).build();
        return run.escapes() ? result.markup() : result;
    }

    private static boolean isGiven(Value value) {
        return value != null && value != None.NONE;
    }

    private static List<Str> wordsOf(Str text, Meter meter) {
        var words = new ArrayList<Str>();
        for (String word : Chars.strip(text.text()).split("\\s+")) {
            meter.step();
            if (!word.isEmpty()) {
                words.add(Str.of(word));
            }
        }
        return words;
    }

    private String word(String word) {
        String head = "";
        String middle = word;
        String tail = "";
        Matcher start = HEAD.matcher(middle);
        if (start.lookingAt()) {
            head = start.group();
            middle = middle.substring(start.end());
        }
        if (List.of(")", ">", ".", ",", "\n", "&gt;").stream().anyMatch(middle::endsWith)) {
            Matcher end = TAIL.matcher(middle);
            if (end.find()) {
                tail = end.group();
                middle = middle.substring(0, end.start());
            }
        }
        for (String[] pair : new String[][] {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}}) {
            int opened = count(middle, pair[0]);
            if (opened <= count(middle, pair[1])) {
                continue;
            }
            for (int i = Math.min(opened, count(tail, pair[1])); i > 0; i--) {
                int end = tail.indexOf(pair[1]) + pair[1].length();
                middle += tail.substring(0, end);
                tail = tail.substring(end);
            }
        }
        return head + linked(middle) + tail;
    }

    private static int count(String text, String part) {
        int count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private String linked(String word) {
        if (WEB.matcher(word).matches()) {
            boolean whole = word.startsWith("https://") || word.startsWith("http://");
            return "<a href=\"" + (whole ? "" : "https://") + word + "\"" + rel + target + ">" + trimmed(word) + "</a>";
        }
        if (word.startsWith("mailto:") && MAIL.matcher(word.substring(7)).matches()) {
            return "<a href=\"" + word + "\">" + word.substring(7) + "</a>";
        }
        boolean mail = word.indexOf('@') > 0 && !word.startsWith("www.") && word.indexOf(':') < 0;
        if (mail && MAIL.matcher(word).matches()) {
            return "<a href=\"mailto:" + word + "\">" + word + "</a>";
        }
        String result = word;
        for (String scheme : schemes) {
            if (!result.equals(scheme) && result.startsWith(scheme)) {
                result = "<a href=\"" + result + "\"" + rel + target + ">" + result + "</a>";
            }
        }
        return result;
    }

    private String trimmed(String word) {
        int size = word.codePointCount(0, word.length());
        if (limit == null || size <= limit) {
            return word;
        }
        int kept = Math.max(0, limit < 0 ? size + limit : limit);
        return word.substring(0, word.offsetByCodePoints(0, kept)) + "...";
    }
}
