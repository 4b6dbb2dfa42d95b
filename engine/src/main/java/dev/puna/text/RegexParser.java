package dev.puna.text;

import dev.puna.text.RegexNode.Edge;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads regular expressions as Oniguruma does, the engine behind Hugging Face's tokenizers: white space and letters are
 * Unicode's, {@code ^} and {@code $} stand at lines, {@code (?m)} lets the dot match a line feed. Captures group and
 * nothing else; back references, recursion and the like are refused.
 */
final class RegexParser {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_REPEAT = 1000;

    private final int[] pattern;
    private int at;
    private int depth;

    private RegexParser(String pattern) {
        this.pattern = pattern.codePoints().toArray();
    }

    /** @throws IllegalArgumentException that says what is wrong, and where */
    static RegexNode parse(String pattern) {
        var parser = new RegexParser(pattern);
        RegexNode node = parser.choice(new Mode(false, false));
        if (parser.at < parser.pattern.length) {
            throw parser.bad("a ) without a (");
        }
        return node;
    }

    private record Mode(boolean anyCase, boolean dotAll) {}

    private IllegalArgumentException bad(String what) {
        return new IllegalArgumentException("%s at character %d".formatted(what, at));
    }

    private boolean more() {
        return at < pattern.length;
    }

    private int peek() {
        return at < pattern.length ? pattern[at] : -1;
    }

    private int take() {
        if (at == pattern.length) {
            throw bad("it ends too soon");
        }
        return pattern[at++];
    }

    private boolean takes(String wanted) {
        for (int i = 0; i < wanted.length(); i++) {
            if (at + i >= pattern.length || pattern[at + i] != wanted.charAt(i)) {
                return false;
            }
        }
        at += wanted.length();
        return true;
    }

    private RegexNode choice(Mode mode) {
        if (++depth > MAX_DEPTH) {
            throw bad("more than %d groups inside one another".formatted(MAX_DEPTH));
        }
        List<RegexNode> options = new ArrayList<>();
        do {
            options.add(sequence(mode));
        } while (takes("|"));
        depth--;
        return options.size() == 1 ? options.getFirst() : new RegexNode.Choice(options);
    }

    private RegexNode sequence(Mode mode) {
        List<RegexNode> parts = new ArrayList<>();
        while (more() && peek() != '|' && peek() != ')') {
            RegexNode part = atom(mode);
            while (more()) {
                RegexNode repeated = quantified(part);
                if (repeated == part) {
                    break;
                }
                part = repeated;
            }
            parts.add(part);
        }
        return parts.size() == 1 ? parts.getFirst() : new RegexNode.Sequence(parts);
    }

    /** The same node where no quantifier follows. */
    private RegexNode quantified(RegexNode node) {
        int least;
        int most;
        boolean interval = false;
        if (takes("*")) {
            least = 0;
            most = RegexNode.UNBOUNDED;
        } else if (takes("+")) {
            least = 1;
            most = RegexNode.UNBOUNDED;
        } else if (takes("?")) {
            least = 0;
            most = 1;
        } else {
            int start = at;
            int[] bounds = interval();
            if (bounds.length == 0) {
                at = start;
                return node;
            }
            least = bounds[0];
            most = bounds[1];
            interval = true;
        }
        if (most == RegexNode.UNBOUNDED && node.least() == 0) {
            throw bad("a repeat without limit of what may be empty");
        }
        if (peek() == '?' && !(interval && least == most)) {
            at++;
            return new RegexNode.Repeat(node, least, most, true);
        }
        RegexNode repeat = new RegexNode.Repeat(node, least, most, false);
        return !interval && takes("+") ? new RegexNode.Atomic(repeat) : repeat;
    }

    /** {@code {n}}, {@code {n,}}, {@code {n,m}} or {@code {,m}}; empty where the brace means itself. */
    private int[] interval() {
        if (!takes("{")) {
            return new int[0];
        }
        int least = number();
        int most = least;
        if (takes(",")) {
            most = number();
            if (least < 0 && most < 0) {
                return new int[0];
            }
            least = Math.max(least, 0);
            most = most < 0 ? RegexNode.UNBOUNDED : most;
        }
        if (least < 0 || !takes("}")) {
            return new int[0];
        }
        if (least > most || least > MAX_REPEAT || most != RegexNode.UNBOUNDED && most > MAX_REPEAT) {
            throw bad("a repeat beyond the limit of %d".formatted(MAX_REPEAT));
        }
        return new int[] {least, most};
    }

    private int number() {
        int number = -1;
        while (peek() >= '0' && peek() <= '9') {
            number = Math.min(Math.max(number, 0) * 10 + take() - '0', 1_000_000);
        }
        return number;
    }

    private RegexNode atom(Mode mode) {
        int c = take();
        return switch (c) {
            case '(' -> group(mode);
            case '[' -> new RegexNode.One(folded(set(mode), mode));
            case '.' ->
                new RegexNode.One(
                        mode.dotAll() ? CharSet.ANY : CharSet.range('\n', '\n').not());
            case '^' -> new RegexNode.At(Edge.LINE_BEGIN);
            case '$' -> new RegexNode.At(Edge.LINE_END);
            case '\\' -> escape(mode);
            case '*', '+', '?' -> throw bad("nothing to repeat");
            default -> literal(c, mode);
        };
    }

    private static RegexNode literal(int c, Mode mode) {
        return new RegexNode.One(folded(CharSet.range(c, c), mode));
    }

    private static CharSet folded(CharSet set, Mode mode) {
        return mode.anyCase() ? set.anyCase() : set;
    }

    private RegexNode group(Mode mode) {
        if (!takes("?")) {
            return closed(choice(mode));
        }
        if (takes(":")) {
            return closed(choice(mode));
        } else if (takes("=")) {
            return closed(new RegexNode.Ahead(choice(mode), false));
        } else if (takes("!")) {
            return closed(new RegexNode.Ahead(choice(mode), true));
        } else if (takes(">")) {
            return closed(atomic(choice(mode)));
        } else if (takes("<=")) {
            return closed(behind(choice(mode), false));
        } else if (takes("<!")) {
            return closed(behind(choice(mode), true));
        } else if (takes("#")) {
            while (take() != ')') {}
            return new RegexNode.Sequence(List.of());
        } else if (takes("<")) {
            while (take() != '>') {}
            return closed(choice(mode));
        }
        Mode changed = mode;
        boolean on = true;
        while (true) {
            int c = take();
            switch (c) {
                case '-' -> on = false;
                case 'i' -> changed = new Mode(on, changed.dotAll());
                case 'm' -> changed = new Mode(changed.anyCase(), on);
                case ':' -> {
                    return closed(choice(changed));
                }
                case ')' -> {
                    return choice(changed); // holds up to the end of the group around it, its bars included
                }
                default -> throw bad("the group (?%s is not supported".formatted(Character.toString(c)));
            }
        }
    }

    private RegexNode closed(RegexNode node) {
        if (!takes(")")) {
            throw bad("a ( without a )");
        }
        return node;
    }

    private RegexNode atomic(RegexNode body) {
        return new RegexNode.Atomic(body);
    }

    /** Each option is looked for on its own, since each has its own length. */
    private RegexNode behind(RegexNode body, boolean negative) {
        List<RegexNode> options = body instanceof RegexNode.Choice(var several) ? several : List.of(body);
        List<RegexNode> parts = new ArrayList<>();
        for (RegexNode option : options) {
            if (option.least() != option.most()) {
                throw bad("a look-behind of no fixed length");
            }
            parts.add(new RegexNode.Behind(option, negative));
        }
        return negative ? new RegexNode.Sequence(parts) : new RegexNode.Choice(parts);
    }

    private RegexNode escape(Mode mode) {
        int c = peek();
        Edge edge = switch (c) {
            case 'A' -> Edge.TEXT_BEGIN;
            case 'z' -> Edge.TEXT_END;
            case 'Z' -> Edge.LAST_LINE_END;
            case 'b' -> Edge.WORD;
            case 'B' -> Edge.NOT_WORD;
            default -> null;
        };
        if (edge != null) {
            at++;
            return new RegexNode.At(edge);
        }
        return new RegexNode.One(folded(escapedSet(), mode));
    }

    /** After a backslash: a class or a character. */
    private CharSet escapedSet() {
        int c = take();
        return switch (c) {
            case 's' -> CharSet.SPACE;
            case 'S' -> CharSet.SPACE.not();
            case 'd' -> CharSet.DIGIT;
            case 'D' -> CharSet.DIGIT.not();
            case 'w' -> CharSet.WORD;
            case 'W' -> CharSet.WORD.not();
            case 'h' -> CharSet.HEX;
            case 'H' -> CharSet.HEX.not();
            case 'p', 'P' -> property(c == 'P');
            default -> {
                int escaped = escapedCharacter(c);
                yield CharSet.range(escaped, escaped);
            }
        };
    }

    private int escapedCharacter(int c) {
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0B;
            case 'a' -> 0x07;
            case 'e' -> 0x1B;
            case '0' -> 0;
            case 'x' -> takes("{") ? hexUpTo('}') : hex(2);
            case 'u' -> hex(4);
            default -> {
                if (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
                    throw bad("\\%s is not supported".formatted(Character.toString(c)));
                }
                yield c;
            }
        };
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(take(), 16);
            if (digit < 0) {
                throw bad("no hexadecimal digit");
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private int hexUpTo(int end) {
        int value = 0;
        while (peek() != end) {
            value = value * 16 + hex(1);
            if (value > Character.MAX_CODE_POINT) {
                throw bad("no character has this number");
            }
        }
        at++;
        return value;
    }

    private CharSet property(boolean negative) {
        if (!takes("{")) {
            throw bad("\\p without a name");
        }
        boolean not = takes("^") != negative;
        var name = new StringBuilder();
        for (int c = take(); c != '}'; c = take()) {
            name.appendCodePoint(c);
        }
        CharSet set = CharSet.property(name.toString())
                .orElseThrow(() -> bad("the property %s is not supported".formatted(name)));
        return not ? set.not() : set;
    }

    /** After the opening bracket, up to and with the closing one. */
    private CharSet set(Mode mode) {
        if (++depth > MAX_DEPTH) {
            throw bad("more than %d sets inside one another".formatted(MAX_DEPTH));
        }
        boolean negative = takes("^");
        CharSet all = null;
        CharSet set = null;
        boolean first = true;
        while (first || peek() != ']') {
            if (takes("&&")) {
                all = intersect(all, set);
                set = null;
                first = false;
                continue;
            }
            CharSet next = member(mode);
            set = set == null ? next : set.or(next);
            first = false;
        }
        at++;
        depth--;
        CharSet result = intersect(all, set);
        result = mode.anyCase() && negative ? result.anyCase() : result;
        return negative ? result.not() : result;
    }

    private static CharSet intersect(@Nullable CharSet all, @Nullable CharSet set) {
        CharSet last = set == null ? CharSet.ANY.not() : set;
        return all == null ? last : all.and(last);
    }

    private CharSet member(Mode mode) {
        int c = take();
        if (c == '[') {
            return takes(":") ? posix() : set(mode);
        }
        if (c == '\\' && "sSdDwWhHpP".indexOf(peek()) >= 0) {
            return escapedSet();
        }
        int low = c == '\\' ? setEscape() : c;
        if (peek() != '-' || at + 1 < pattern.length && pattern[at + 1] == ']') {
            return CharSet.range(low, low);
        }
        at++;
        int next = take();
        if (next == '[' || next == '\\' && "sSdDwWhHpP".indexOf(peek()) >= 0) {
            at--;
            return CharSet.range(low, low).or(CharSet.range('-', '-'));
        }
        int high = next == '\\' ? setEscape() : next;
        if (high < low) {
            throw bad("a range that ends before it begins");
        }
        return CharSet.range(low, high);
    }

    private int setEscape() {
        int c = take();
        return c == 'b' ? '\b' : escapedCharacter(c);
    }

    private CharSet posix() {
        boolean not = takes("^");
        var name = new StringBuilder();
        for (int c = take(); c != ':'; c = take()) {
            name.appendCodePoint(c);
        }
        if (!takes("]")) {
            throw bad("a POSIX class without an end");
        }
        String wanted = name.toString();
        CharSet set = CharSet.property(wanted.equals("digit") ? "Nd" : wanted)
                .orElseThrow(() -> bad("the class %s is not supported".formatted(wanted)));
        return not ? set.not() : set;
    }
}
