package dev.puna.sample.grammar;

import dev.puna.file.Json;
import dev.puna.sample.grammar.Rule.Element;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Reads GBNF, the grammars of llama.cpp, into rules. */
final class GbnfReader {
    private final String text;
    private final Limits limits;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final List<Rule> all = new ArrayList<>(); // those without a name too
    private int at;
    private int depth;
    private int elements;

    private GbnfReader(String text, Limits limits) {
        this.text = text;
        this.limits = limits;
    }

    /** The rule {@code root} of a grammar. */
    static Rule read(String text, Limits limits) {
        var reader = new GbnfReader(text, limits);
        reader.space(true);
        while (reader.at < text.length()) {
            reader.rule();
        }
        Rule root = reader.rules.get("root");
        if (root == null) {
            throw new GrammarRefused("grammar", "there is no rule root");
        }
        for (Rule rule : reader.rules.values()) {
            if (rule.choices.isEmpty()) {
                throw new GrammarRefused("rule " + rule.name, "is named and not defined");
            }
        }
        reader.refuseLeftRecursion();
        reader.removeEndless();
        return root;
    }

    /** Takes out what no text ever ends: a rule that always comes to itself again, a set without characters. */
    private void removeEndless() {
        Set<Rule> ending = rules(set -> !set.isEmpty());
        all.forEach(rule -> rule.choices.removeIf(choice -> !holds(choice, set -> !set.isEmpty(), ending)));
    }

    /** The rules that have a choice of which every element holds: characters as is said, rules if they are of these. */
    private Set<Rule> rules(Predicate<Ranges> characters) {
        Map<Rule, Set<Rule>> users = new HashMap<>();
        for (Rule rule : all) {
            for (Rule.Sequence choice : rule.choices) {
                for (Element element : choice.elements) {
                    if (element instanceof Element.Ref ref) {
                        users.computeIfAbsent(ref.rule(), k -> new HashSet<>()).add(rule);
                    }
                }
            }
        }
        Set<Rule> found = new HashSet<>();
        var todo = new ArrayDeque<>(all);
        while (!todo.isEmpty()) {
            Rule rule = todo.pop();
            if (!found.contains(rule) && rule.choices.stream().anyMatch(choice -> holds(choice, characters, found))) {
                found.add(rule);
                todo.addAll(users.getOrDefault(rule, Set.of()));
            }
        }
        return found;
    }

    private static boolean holds(Rule.Sequence choice, Predicate<Ranges> characters, Set<Rule> rules) {
        return choice.elements.stream().allMatch(element -> switch (element) {
            case Element.Char one -> characters.test(one.set());
            case Element.Ref ref -> rules.contains(ref.rule());
            case Element.Inner _ -> false;
        });
    }

    private GrammarRefused bad(String what) {
        long line = 1
                + text.substring(0, Math.min(at, text.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
        return new GrammarRefused("line " + line, what);
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean next(String expected) {
        if (text.startsWith(expected, at)) {
            at += expected.length();
            return true;
        }
        return false;
    }

    /** Skips blanks and comments, and ends of lines where these mean nothing. */
    private void space(boolean lines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private String name() {
        int start = at;
        while (at < text.length() && isName(text.charAt(at))) {
            at++;
        }
        if (start == at) {
            throw bad("a name is expected"
                    + (at < text.length() ? ", not " + Json.quoted(text.substring(at, at + 1)) : ""));
        }
        return text.substring(start, at);
    }

    private static boolean isName(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    private void rule() {
        String name = name();
        space(false);
        if (!next("::=")) {
            throw bad("::= is expected after " + name);
        }
        space(true);
        Rule rule = named(name);
        if (!rule.choices.isEmpty()) {
            throw bad("the rule " + name + " is defined twice");
        }
        choices(rule, false);
        if (at < text.length() && peek() != '\n' && peek() != '\r') {
            throw bad("the end of the rule " + name + " is expected, not " + Json.quoted(text.substring(at, at + 1)));
        }
        space(true);
    }

    private Rule named(String name) {
        return rules.computeIfAbsent(name, k -> fresh(name));
    }

    private Rule fresh(String name) {
        var rule = new Rule(name);
        all.add(rule);
        return rule;
    }

    private void choices(Rule into, boolean nested) {
        if (++depth > limits.depth()) {
            throw bad("groups nested deeper than %d".formatted(limits.depth()));
        }
        List<Rule.Sequence> choices = new ArrayList<>();
        do {
            space(true);
            choices.add(new Rule.Sequence(sequence(into.name, nested)));
            space(nested);
        } while (next("|"));
        into.choices.addAll(choices);
        depth--;
    }

    private List<Element> sequence(String name, boolean nested) {
        List<Element> done = new ArrayList<>();
        while (at < text.length()) {
            List<Element> item = new ArrayList<>();
            char c = peek();
            if (c == '"') {
                at++;
                while (peek() != '"') {
                    item.add(character(character('"')));
                }
                at++;
            } else if (c == '[') {
                at++;
                item.add(new Element.Char(set()));
            } else if (c == '.') {
                at++;
                item.add(new Element.Char(Ranges.ANY));
            } else if (c == '(') {
                at++;
                Rule group = fresh(name);
                choices(group, true);
                if (!next(")")) {
                    throw bad("a ) is missing");
                }
                item.add(new Element.Ref(group));
            } else if (c == '<' || c == '!') {
                throw bad("tokens by number or name cannot be enforced: they are no text");
            } else if (isName(c)) {
                item.add(new Element.Ref(named(name())));
            } else {
                break;
            }
            count(item.size());
            space(nested);
            repeat(item, done, name, nested);
        }
        return done;
    }

    private void count(int more) {
        elements += more;
        if (elements > limits.forms()) {
            throw bad("a grammar of more than %d elements".formatted(limits.forms()));
        }
    }

    private void repeat(List<Element> item, List<Element> done, String name, boolean nested) {
        List<Element> now = item;
        while (true) {
            int least;
            int most;
            if (next("*")) {
                least = 0;
                most = -1;
            } else if (next("+")) {
                least = 1;
                most = -1;
            } else if (next("?")) {
                least = 0;
                most = 1;
            } else if (next("{")) {
                space(nested);
                least = peek() == ',' ? 0 : number();
                space(nested);
                most = least;
                if (next(",")) {
                    space(nested);
                    most = peek() == '}' ? -1 : number();
                    space(nested);
                }
                if (!next("}")) {
                    throw bad("a } is missing");
                }
                if (most >= 0 && most < least) {
                    throw bad("a repetition whose numbers are in the wrong order");
                }
            } else {
                done.addAll(now);
                return;
            }
            now = repeated(now, least, most, name);
            space(nested);
        }
    }

    private int number() {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (start == at) {
            throw bad("a number is expected");
        }
        if (at - start > 9) {
            throw bad("a repetition that is counted up to %d only".formatted(limits.forms()));
        }
        return Integer.parseInt(text.substring(start, at));
    }

    private List<Element> repeated(List<Element> item, int least, int most, String name) {
        Element one = item.size() == 1 ? item.getFirst() : group(item, name);
        count(Math.max(least, most));
        List<Element> out = new ArrayList<>(Collections.nCopies(least, one));
        if (most < 0) {
            Rule loop = fresh(name);
            loop.choices.add(new Rule.Sequence(List.of(one, new Element.Ref(loop))));
            loop.choices.add(new Rule.Sequence(List.of()));
            out.add(new Element.Ref(loop));
        } else if (most > least) {
            Rule inner = null;
            for (int i = least; i < most; i++) {
                Rule maybe = fresh(name);
                maybe.choices.add(
                        new Rule.Sequence(inner == null ? List.of(one) : List.of(one, new Element.Ref(inner))));
                maybe.choices.add(new Rule.Sequence(List.of()));
                inner = maybe;
            }
            out.add(new Element.Ref(inner == null ? fresh(name) : inner));
        }
        return out;
    }

    private Element group(List<Element> item, String name) {
        Rule group = fresh(name);
        group.choices.add(new Rule.Sequence(item));
        return new Element.Ref(group);
    }

    private static Element character(int c) {
        return new Element.Char(Ranges.of(c, c));
    }

    private Ranges set() {
        boolean not = next("^");
        List<int[]> ranges = new ArrayList<>();
        while (peek() != ']') {
            int from = character(']');
            int to = from;
            if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                to = character(']');
                if (to < from) {
                    throw bad("a range out of order");
                }
            }
            count(1);
            ranges.add(new int[] {from, to});
        }
        at++;
        Ranges set = Ranges.of(ranges);
        return not ? set.not() : set;
    }

    /** A character of a literal or a set, which {@code end} would end. */
    private int character(char end) {
        if (at >= text.length()) {
            throw bad("a " + end + " is missing");
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        char kind = peek();
        at++;
        return switch (kind) {
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\', '"', '[', ']', '-', '^' -> kind;
            default -> throw bad("an escape \\" + kind + " unknown here");
        };
    }

    private int hex(int digits) {
        if (at + digits > text.length() || !text.substring(at, at + digits).matches("[0-9A-Fa-f]+")) {
            throw bad("an escape without its %d hexadecimal digits".formatted(digits));
        }
        long c = Long.parseLong(text.substring(at, at + digits), 16);
        at += digits;
        if (c > Ranges.LAST) {
            throw bad("a character beyond U+10FFFF");
        }
        return (int) c;
    }

    /** A rule that comes to itself before any character, with more to follow, would never end. */
    private void refuseLeftRecursion() {
        Set<Rule> empty = rules(_ -> false);
        Map<Rule, Set<Rule>> first = new HashMap<>();
        Map<Rule, Set<Rule>> before = new HashMap<>(); // the same backwards
        Map<Rule, Set<Rule>> growing = new HashMap<>();
        for (Rule rule : all) {
            for (Rule.Sequence choice : rule.choices) {
                for (int i = 0; i < choice.elements.size(); i++) {
                    if (!(choice.elements.get(i) instanceof Element.Ref ref)) {
                        break;
                    }
                    first.computeIfAbsent(rule, k -> new LinkedHashSet<>()).add(ref.rule());
                    before.computeIfAbsent(ref.rule(), k -> new LinkedHashSet<>())
                            .add(rule);
                    if (i + 1 < choice.elements.size()) {
                        growing.computeIfAbsent(rule, k -> new HashSet<>()).add(ref.rule());
                    }
                    if (!empty.contains(ref.rule())) {
                        break;
                    }
                }
            }
        }
        Map<Rule, Rule> circles = circles(first, before);
        growing.forEach((rule, nexts) -> {
            if (nexts.stream().anyMatch(next -> circles.get(next) == circles.get(rule))) {
                throw new GrammarRefused("rule " + rule.name, "begins with itself: left recursion cannot be enforced");
            }
        });
    }

    /** For each rule one of those that it comes to and that come to it. */
    private Map<Rule, Rule> circles(Map<Rule, Set<Rule>> next, Map<Rule, Set<Rule>> before) {
        List<Rule> left = new ArrayList<>(); // in the order in which they were left for good
        Set<Rule> seen = new HashSet<>();
        for (Rule rule : all) {
            var path = new ArrayDeque<Iterator<Rule>>();
            var rules = new ArrayDeque<Rule>();
            if (seen.add(rule)) {
                rules.push(rule);
                path.push(next.getOrDefault(rule, Set.of()).iterator());
            }
            while (!path.isEmpty()) {
                if (!path.peek().hasNext()) {
                    path.pop();
                    left.add(rules.pop());
                    continue;
                }
                Rule to = path.peek().next();
                if (seen.add(to)) {
                    rules.push(to);
                    path.push(next.getOrDefault(to, Set.of()).iterator());
                }
            }
        }
        Map<Rule, Rule> circles = new HashMap<>();
        for (Rule rule : left.reversed()) {
            var todo = new ArrayDeque<>(List.of(rule));
            while (!todo.isEmpty()) {
                Rule one = todo.pop();
                if (circles.putIfAbsent(one, rule) == null) {
                    todo.addAll(before.getOrDefault(one, Set.of()));
                }
            }
        }
        return circles;
    }
}
