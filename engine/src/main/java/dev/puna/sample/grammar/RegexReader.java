package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a regular expression of ECMA-262 with the u flag, as JSON Schema has it, and says which texts it is found in.
 * What no automaton can do (back references), and looking behind, is refused by name.
 */
final class RegexReader {
    private static final Map<String, String> CATEGORIES = Map.ofEntries(
            Map.entry("Letter", "L"),
            Map.entry("Lowercase_Letter", "Ll"),
            Map.entry("Uppercase_Letter", "Lu"),
            Map.entry("Titlecase_Letter", "Lt"),
            Map.entry("Modifier_Letter", "Lm"),
            Map.entry("Other_Letter", "Lo"),
            Map.entry("Mark", "M"),
            Map.entry("Number", "N"),
            Map.entry("Decimal_Number", "Nd"),
            Map.entry("digit", "Nd"),
            Map.entry("Letter_Number", "Nl"),
            Map.entry("Punctuation", "P"),
            Map.entry("punct", "P"),
            Map.entry("Symbol", "S"),
            Map.entry("Currency_Symbol", "Sc"),
            Map.entry("Math_Symbol", "Sm"),
            Map.entry("Separator", "Z"),
            Map.entry("Space_Separator", "Zs"),
            Map.entry("Other", "C"),
            Map.entry("Control", "Cc"));

    private static final int LOOK_COPIES = 8; // a repeated look-ahead is spelt out, up to this

    /** The expression as written, before what looks ahead has met what follows it. */
    private sealed interface Node {
        record Leaf(Regex regex) implements Node {}

        record Sequence(List<Node> parts) implements Node {}

        record Choice(List<Node> of) implements Node {}

        record Repeat(Node of, int least, int most) implements Node {}

        record Ahead(Node of, boolean not) implements Node {}

        default boolean looks() {
            return switch (this) {
                case Leaf leaf -> false;
                case Sequence sequence -> sequence.parts().stream().anyMatch(Node::looks);
                case Choice choice -> choice.of().stream().anyMatch(Node::looks);
                case Repeat repeat -> repeat.of().looks();
                case Ahead ahead -> true;
            };
        }
    }

    private final int[] in;
    private final String where;
    private final Work work;
    private int at;
    private int depth;

    private RegexReader(String pattern, String where, Work work) {
        in = pattern.codePoints().toArray();
        this.where = where;
        this.work = work;
    }

    /** The texts in which the pattern is found. */
    static Regex found(String pattern, String where, Work work) {
        return Regex.then(Regex.ALL, read(pattern, where, work, Regex.ALL));
    }

    /** The texts that are the pattern from end to end. */
    static Regex whole(String pattern, String where, Work work) {
        return read(pattern, where, work, Regex.EMPTY);
    }

    private static Regex read(String pattern, String where, Work work, Regex then) {
        if (pattern.length() > work.limits.patternChars()) {
            throw new GrammarRefused(
                    where, "a pattern of more than %d characters".formatted(work.limits.patternChars()));
        }
        var reader = new RegexReader(pattern, where, work);
        Node node = reader.choice();
        if (reader.at < reader.in.length) {
            throw reader.bad("an unmatched )");
        }
        return reader.term(node, then);
    }

    private GrammarRefused bad(String what) {
        return new GrammarRefused(where, "the pattern has " + what);
    }

    /** The node's texts, each followed by one of {@code then}. */
    private Regex term(Node node, Regex then) {
        work.step(1, where);
        return switch (node) {
            case Node.Leaf leaf -> Regex.then(leaf.regex(), then);
            case Node.Sequence sequence -> {
                Regex all = then;
                for (Node part : sequence.parts().reversed()) {
                    all = term(part, all);
                }
                yield all;
            }
            case Node.Choice choice ->
                choice.looks()
                        ? Regex.any(
                                choice.of().stream().map(one -> term(one, then)).toList())
                        : Regex.then(
                                Regex.any(choice.of().stream()
                                        .map(one -> term(one, Regex.EMPTY))
                                        .toList()),
                                then);
            case Node.Repeat repeat -> {
                if (!repeat.of().looks()) {
                    yield Regex.then(Regex.times(term(repeat.of(), Regex.EMPTY), repeat.least(), repeat.most()), then);
                }
                if (repeat.most() < 0 || repeat.most() > LOOK_COPIES) {
                    throw bad("a look-ahead inside a repetition, which cannot be enforced");
                }
                Regex all = then;
                for (int i = repeat.most(); i > 0; i--) {
                    Regex more = term(repeat.of(), all);
                    all = i > repeat.least() ? Regex.any(List.of(then, more)) : more;
                }
                yield all;
            }
            case Node.Ahead ahead -> {
                Regex seen = term(ahead.of(), Regex.ALL);
                yield Regex.every(List.of(ahead.not() ? Regex.not(seen) : seen, then));
            }
        };
    }

    private boolean next(int c) {
        if (at < in.length && in[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private boolean next(String text) {
        int[] points = text.codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            if (at + i >= in.length || in[at + i] != points[i]) {
                return false;
            }
        }
        at += points.length;
        return true;
    }

    private Node choice() {
        if (++depth > work.limits.depth()) {
            throw bad("groups nested deeper than %d".formatted(work.limits.depth()));
        }
        List<Node> of = new ArrayList<>();
        do {
            List<Node> parts = new ArrayList<>();
            while (at < in.length && in[at] != '|' && in[at] != ')') {
                parts.add(repeated());
            }
            of.add(parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts));
        } while (next('|'));
        depth--;
        return of.size() == 1 ? of.getFirst() : new Node.Choice(of);
    }

    private Node repeated() {
        Node atom = atom();
        int least;
        int most;
        int start = at;
        if (next('*')) {
            least = 0;
            most = -1;
        } else if (next('+')) {
            least = 1;
            most = -1;
        } else if (next('?')) {
            least = 0;
            most = 1;
        } else if (next('{')) {
            Integer low = number();
            Integer high = low;
            if (low != null && next(',')) {
                high = at < in.length && in[at] == '}' ? Integer.valueOf(-1) : number();
            }
            if (low == null || high == null || !next('}')) {
                at = start; // a brace that is only a brace
                return atom;
            }
            if (high >= 0 && high < low) {
                throw bad("a repetition whose numbers are in the wrong order");
            }
            least = low;
            most = high;
        } else {
            return atom;
        }
        next('?'); // as few as possible: the same texts
        if (at < in.length && (in[at] == '*' || in[at] == '+' || in[at] == '?')) {
            throw bad("nothing to repeat before " + Character.toString(in[at]));
        }
        if (atom instanceof Node.Ahead) {
            throw bad("a repeated look-ahead");
        }
        return new Node.Repeat(atom, least, most);
    }

    private @Nullable Integer number() {
        int start = at;
        long value = 0;
        while (at < in.length && in[at] >= '0' && in[at] <= '9') {
            value = Math.min(value * 10 + in[at++] - '0', Integer.MAX_VALUE);
        }
        return at == start ? null : (int) value;
    }

    private Node atom() {
        int c = in[at++];
        return switch (c) {
            case '^' -> new Node.Leaf(Regex.START);
            case '$' -> new Node.Leaf(Regex.END);
            case '.' -> new Node.Leaf(Regex.chars(Ranges.DOT));
            case '[' -> new Node.Leaf(Regex.chars(set()));
            case '(' -> group();
            case '*', '+', '?' -> throw bad("nothing to repeat before " + Character.toString(c));
            case '\\' -> {
                if (at < in.length && (in[at] == 'b' || in[at] == 'B')) {
                    yield new Node.Leaf(new Regex.Boundary(in[at++] == 'b'));
                }
                yield new Node.Leaf(Regex.chars(escape(false)));
            }
            default -> new Node.Leaf(Regex.chars(Ranges.of(c, c)));
        };
    }

    private Node group() {
        Node inner;
        if (next("?=") || next("?!")) {
            boolean not = in[at - 1] == '!';
            inner = new Node.Ahead(choice(), not);
        } else if (next("?<=") || next("?<!")) {
            throw bad("a look-behind, which cannot be enforced");
        } else {
            if (next("?<")) {
                while (at < in.length && in[at++] != '>') {
                    // the group's name means nothing here
                }
            } else if (!next("?:") && at < in.length && in[at] == '?') {
                throw bad("a group (?" + (at + 1 < in.length ? Character.toString(in[at + 1]) : "") + " unknown here");
            }
            inner = choice();
        }
        if (!next(')')) {
            throw bad("an unmatched (");
        }
        return inner;
    }

    private Ranges set() {
        boolean not = next('^');
        Ranges all = Ranges.NONE;
        while (true) {
            if (at >= in.length) {
                throw bad("an unmatched [");
            }
            if (next(']')) {
                return not ? all.not() : all;
            }
            Ranges low = member();
            if (at + 1 < in.length && in[at] == '-' && in[at + 1] != ']') {
                at++;
                Ranges high = member();
                if (single(low) && single(high)) {
                    if (low.from(0) > high.from(0)) {
                        throw bad("a range out of order");
                    }
                    all = all.or(Ranges.of(low.from(0), high.from(0)));
                } else { // [\w-.]: three members
                    all = all.or(low).or(Ranges.of('-', '-')).or(high);
                }
            } else {
                all = all.or(low);
            }
        }
    }

    private static boolean single(Ranges set) {
        return set.size() == 1 && set.from(0) == set.to(0);
    }

    private Ranges member() {
        if (at >= in.length) {
            throw bad("an unmatched [");
        }
        int c = in[at++];
        return c == '\\' ? escape(true) : Ranges.of(c, c);
    }

    private Ranges escape(boolean inSet) {
        if (at >= in.length) {
            throw bad("a \\ at its end");
        }
        int c = in[at++];
        return switch (c) {
            case 'd' -> Ranges.DIGIT;
            case 'D' -> Ranges.DIGIT.not();
            case 'w' -> Ranges.WORD;
            case 'W' -> Ranges.WORD.not();
            case 's' -> Ranges.SPACE;
            case 'S' -> Ranges.SPACE.not();
            case 't' -> one('\t');
            case 'n' -> one('\n');
            case 'v' -> one(11);
            case 'f' -> one('\f');
            case 'r' -> one('\r');
            case '0' -> one(0);
            case 'x' -> one(hex(2));
            case 'u' -> one(unicode());
            case 'p', 'P' -> property(c == 'P');
            case 'c' -> {
                if (at >= in.length || !Character.isLetter(in[at]) || in[at] > 'z') {
                    throw bad("a \\c without its letter");
                }
                yield one(in[at++] % 32);
            }
            case 'b' -> {
                if (inSet) {
                    yield one('\b');
                }
                throw bad("a \\b that is out of place");
            }
            case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
                throw bad("a back reference, which cannot be enforced");
            default -> {
                if (c < 128 && Character.isLetter(c)) {
                    throw bad("an escape \\" + Character.toString(c) + ", unknown to ECMA-262");
                }
                yield one(c);
            }
        };
    }

    private static Ranges one(int c) {
        return Ranges.of(c, c);
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < in.length ? Character.digit(in[at++], 16) : -1;
            if (digit < 0) {
                throw bad("an escape without its %d hexadecimal digits".formatted(digits));
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private int unicode() {
        if (next('{')) {
            int value = 0;
            while (!next('}')) {
                value = value * 16 + hex(1);
                if (value > Ranges.LAST) {
                    throw bad("a character beyond U+10FFFF");
                }
            }
            return value;
        }
        int high = hex(4);
        int back = at;
        if (Character.isHighSurrogate((char) high) && next("\\u")) {
            int low = at < in.length && in[at] != '{' ? hex(4) : 0;
            if (Character.isLowSurrogate((char) low)) {
                return Character.toCodePoint((char) high, (char) low);
            }
            at = back;
        }
        return high;
    }

    private Ranges property(boolean not) {
        var name = new StringBuilder();
        boolean closed = false;
        if (next('{')) {
            while (at < in.length && !(closed = next('}'))) {
                name.appendCodePoint(in[at++]);
            }
        }
        if (!closed) {
            throw bad("a \\p without {...}");
        }
        String wanted = name.toString().replaceFirst("^(General_Category|gc)=", "");
        String java = wanted.matches("(Script|sc|Script_Extensions|scx)=.*")
                ? "Is" + wanted.substring(wanted.indexOf('=') + 1)
                : CATEGORIES.getOrDefault(wanted, wanted.length() <= 2 ? wanted : "Is" + wanted);
        Pattern pattern;
        try {
            pattern = Pattern.compile("\\p{" + java + "}");
        } catch (PatternSyntaxException e) {
            throw bad("a property \\p{" + name + "} unknown here");
        }
        List<int[]> found = new ArrayList<>();
        for (int c = 0; c <= Ranges.LAST; c++) {
            if (pattern.matcher(Character.toString(c)).matches()) {
                if (!found.isEmpty() && found.getLast()[1] == c - 1) {
                    found.getLast()[1] = c;
                } else {
                    found.add(new int[] {c, c});
                }
            }
        }
        Ranges set = Ranges.of(found);
        return not ? set.not() : set;
    }
}
