package dev.puna.text.jinja;

import dev.puna.text.jinja.Node.Expr;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses expressions. From loosest to tightest: {@code if else}, {@code or}, {@code and}, {@code not}, comparisons and
 * {@code in}, {@code + -}, {@code ~}, {@code * / // %}, {@code **}, unary signs, then attributes, calls, filters and
 * tests.
 */
final class ExpressionParser {
    private final Tokens tokens;
    private final Limits limits;
    private final Map<Node, Integer> heights = new IdentityHashMap<>();
    private int depth;

    ExpressionParser(Tokens tokens, Limits limits) {
        this.tokens = tokens;
        this.limits = limits;
    }

    Expr expression() {
        if (++depth > limits.nesting()) {
            throw tokens.fault("an expression nested deeper than " + limits.nesting() + " levels");
        }
        Expr result = conditional();
        depth--;
        return result;
    }

    /** The node, unless its tree is too high for those who will walk it. */
    private <T extends Expr> T checked(T node) {
        int height = 0;
        for (Node child : node.children()) {
            height = Math.max(height, heights.getOrDefault(child, 0));
        }
        if (height >= limits.height()) {
            throw Fault.syntax("an expression of more than " + limits.height() + " levels", node.line());
        }
        heights.put(node, height + 1);
        return node;
    }

    private Expr expression(boolean withCondition) {
        return withCondition ? expression() : or();
    }

    private Expr conditional() {
        int line = tokens.now().line();
        Expr then = or();
        while (tokens.skipName("if")) {
            Expr test = or();
            Expr otherwise = tokens.skipName("else") ? expression() : null;
            then = checked(new Node.Conditional(test, then, otherwise, line));
            line = tokens.now().line();
        }
        return then;
    }

    private Expr or() {
        int line = tokens.now().line();
        Expr left = and();
        while (tokens.skipName("or")) {
            left = checked(new Node.Both(false, left, and(), line));
            line = tokens.now().line();
        }
        return left;
    }

    private Expr and() {
        int line = tokens.now().line();
        Expr left = not();
        while (tokens.skipName("and")) {
            left = checked(new Node.Both(true, left, not(), line));
            line = tokens.now().line();
        }
        return left;
    }

    private Expr not() {
        int line = tokens.now().line();
        if (tokens.skipName("not")) {
            if (++depth > limits.nesting()) {
                throw tokens.fault("an expression nested deeper than " + limits.nesting() + " levels");
            }
            Expr operand = not();
            depth--;
            return checked(new Node.Unary("not", operand, line));
        }
        return comparison();
    }

    private Expr comparison() {
        int line = tokens.now().line();
        Expr first = sum();
        var rest = new ArrayList<Node.Operand>();
        while (true) {
            Token token = tokens.now();
            if (token.is(Token.Kind.OPERATOR)
                    && List.of("==", "!=", "<", "<=", ">", ">=").contains(token.text())) {
                tokens.next();
                rest.add(new Node.Operand(token.text(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Node.Operand("in", sum()));
            } else if (token.isName("not") && tokens.ahead().isName("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Node.Operand("not in", sum()));
            } else {
                return rest.isEmpty() ? first : checked(new Node.Compare(first, rest, line));
            }
        }
    }

    private Expr sum() {
        int line = tokens.now().line();
        Expr left = concat();
        while (tokens.now().isOperator("+") || tokens.now().isOperator("-")) {
            String operator = tokens.next().text();
            left = checked(new Node.Binary(operator, left, concat(), line));
            line = tokens.now().line();
        }
        return left;
    }

    private Expr concat() {
        int line = tokens.now().line();
        var parts = new ArrayList<Expr>();
        parts.add(product());
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.getFirst() : checked(new Node.Concat(parts, line));
    }

    private Expr product() {
        int line = tokens.now().line();
        Expr left = power();
        while (tokens.now().is(Token.Kind.OPERATOR)
                && List.of("*", "/", "//", "%").contains(tokens.now().text())) {
            String operator = tokens.next().text();
            left = checked(new Node.Binary(operator, left, power(), line));
            line = tokens.now().line();
        }
        return left;
    }

    private Expr power() {
        int line = tokens.now().line();
        Expr left = unary(true);
        while (tokens.skipOperator("**")) {
            left = checked(new Node.Binary("**", left, unary(true), line));
            line = tokens.now().line();
        }
        return left;
    }

    private Expr unary(boolean withFilter) {
        Token token = tokens.now();
        Expr node;
        if (token.isOperator("-") || token.isOperator("+")) {
            tokens.next();
            if (++depth > limits.nesting()) {
                throw tokens.fault("an expression nested deeper than " + limits.nesting() + " levels");
            }
            node = checked(new Node.Unary(token.text(), unary(false), token.line()));
            depth--;
        } else {
            node = primary(false);
        }
        node = postfix(node);
        return withFilter ? filtersAndTests(node) : node;
    }

    private Expr primary(boolean withNamespace) {
        Token token = tokens.next();
        int line = token.line();
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Node.Const(Bool.TRUE, line);
                    case "false", "False" -> new Node.Const(Bool.FALSE, line);
                    case "none", "None" -> new Node.Const(None.NONE, line);
                    default ->
                        withNamespace && tokens.skipOperator(".")
                                ? new Node.NamespaceRef(
                                        token.text(),
                                        tokens.expect(Token.Kind.NAME).text(),
                                        line)
                                : new Node.Name(token.text(), Node.Use.LOAD, line);
                };
            case STRING -> {
                if (!tokens.now().is(Token.Kind.STRING)) {
                    yield new Node.Const(token.value(), line);
                }
                var joined = new StringBuilder(token.text());
                while (tokens.now().is(Token.Kind.STRING)) {
                    joined.append(tokens.next().text());
                }
                yield new Node.Const(Str.of(joined.toString()), line);
            }
            case INTEGER, FLOAT -> new Node.Const(token.value(), line);
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> {
                        Expr inner = parenthesised();
                        tokens.expectOperator(")");
                        yield inner;
                    }
                    case "[" -> list(line);
                    case "{" -> dict(line);
                    default -> throw Fault.syntax("unexpected '" + token.text() + "'", line);
                };
            default -> throw Fault.syntax("unexpected '" + token.described() + "'", line);
        };
    }

    private Expr list(int line) {
        var items = new ArrayList<Expr>();
        while (!tokens.now().isOperator("]")) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.now().isOperator("]")) {
                    break;
                }
            }
            items.add(expression());
        }
        tokens.expectOperator("]");
        return checked(new Node.ListOf(items, line));
    }

    private Expr dict(int line) {
        var pairs = new ArrayList<Node.Pair>();
        while (!tokens.now().isOperator("}")) {
            if (!pairs.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.now().isOperator("}")) {
                    break;
                }
            }
            Expr key = expression();
            tokens.expectOperator(":");
            pairs.add(new Node.Pair(key, expression()));
        }
        tokens.expectOperator("}");
        return checked(new Node.DictOf(pairs, line));
    }

    /** An expression, or a tuple where commas follow; {@code ends} are names that end it. */
    Expr tuple(boolean withCondition, String... ends) {
        return tuple(withCondition, false, false, false, ends);
    }

    private Expr parenthesised() {
        return tuple(true, false, false, true);
    }

    private Expr tuple(
            boolean withCondition, boolean simple, boolean withNamespace, boolean inParentheses, String... ends) {
        int line = tokens.now().line();
        var items = new ArrayList<Expr>();
        boolean isTuple = false;
        while (true) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (atTupleEnd(ends)) {
                break;
            }
            items.add(simple ? primary(withNamespace) : expression(withCondition));
            if (!tokens.now().isOperator(",")) {
                break;
            }
            isTuple = true;
            line = tokens.now().line();
        }
        if (!isTuple) {
            if (!items.isEmpty()) {
                return items.getFirst();
            }
            if (!inParentheses) {
                throw tokens.fault(
                        "Expected an expression, got '" + tokens.now().described() + "'");
            }
        }
        return checked(new Node.TupleOf(items, line));
    }

    private boolean atTupleEnd(String... ends) {
        Token now = tokens.now();
        if (now.is(Token.Kind.VARIABLE_END) || now.is(Token.Kind.BLOCK_END) || now.isOperator(")")) {
            return true;
        }
        for (String end : ends) {
            if (now.isName(end)) {
                return true;
            }
        }
        return false;
    }

    /** What can be assigned to: a name, a namespace's attribute where allowed, or a tuple of these. */
    Expr target(boolean withNamespace, String... ends) {
        return as(Node.Use.STORE, tuple(true, true, withNamespace, false, ends));
    }

    Node.Name targetName() {
        Token token = tokens.expect(Token.Kind.NAME);
        if (List.of("true", "false", "none", "True", "False", "None").contains(token.text())) {
            throw Fault.syntax("can't assign to 'name'", token.line());
        }
        return new Node.Name(token.text(), Node.Use.STORE, token.line());
    }

    /** The target for another use. */
    static Expr as(Node.Use use, Expr target) {
        return switch (target) {
            case Node.Name name -> new Node.Name(name.name(), use, name.line());
            case Node.NamespaceRef ref -> ref;
            case Node.TupleOf tuple ->
                new Node.TupleOf(
                        tuple.items().stream().map(item -> as(use, item)).toList(), tuple.line());
            default -> {
                String kind = target.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
                throw Fault.syntax("can't assign to '" + kind + "'", target.line());
            }
        };
    }

    private Expr postfix(Expr node) {
        Expr result = node;
        while (true) {
            Token token = tokens.now();
            if (token.isOperator(".") || token.isOperator("[")) {
                result = subscript(result);
            } else if (token.isOperator("(")) {
                result = checked(new Node.Call(result, passed(), token.line()));
            } else {
                return result;
            }
        }
    }

    private Expr filtersAndTests(Expr node) {
        Expr result = node;
        while (true) {
            Token token = tokens.now();
            if (token.isOperator("|")) {
                tokens.next();
                result = filter(result);
            } else if (token.isName("is")) {
                result = test(result);
            } else if (token.isOperator("(")) {
                result = checked(new Node.Call(result, passed(), token.line()));
            } else {
                return result;
            }
        }
    }

    private Expr subscript(Expr owner) {
        Token token = tokens.next();
        if (token.isOperator(".")) {
            Token attribute = tokens.next();
            return switch (attribute.kind()) {
                case NAME -> checked(new Node.Attribute(owner, attribute.text(), token.line()));
                case INTEGER ->
                    checked(new Node.Item(owner, new Node.Const(attribute.value(), attribute.line()), token.line()));
                default -> throw Fault.syntax("expected name or number", attribute.line());
            };
        }
        var indexes = new ArrayList<Expr>();
        while (!tokens.now().isOperator("]")) {
            if (!indexes.isEmpty()) {
                tokens.expectOperator(",");
            }
            indexes.add(index());
        }
        tokens.expectOperator("]");
        if (indexes.size() == 1) {
            return checked(new Node.Item(owner, indexes.getFirst(), token.line()));
        }
        if (indexes.stream().anyMatch(Node.Slice.class::isInstance)) {
            throw Fault.syntax("invalid syntax: a slice among several indexes", token.line());
        }
        return checked(new Node.Item(owner, checked(new Node.TupleOf(indexes, token.line())), token.line()));
    }

    private Expr index() {
        int line = tokens.now().line();
        Expr start = null;
        if (!tokens.now().isOperator(":")) {
            start = expression();
            if (!tokens.now().isOperator(":")) {
                return start;
            }
        }
        tokens.next();
        Expr stop = atIndexEnd() || tokens.now().isOperator(":") ? null : expression();
        Expr step = tokens.skipOperator(":") && !atIndexEnd() ? expression() : null;
        return checked(new Node.Slice(start, stop, step, line));
    }

    private boolean atIndexEnd() {
        return tokens.now().isOperator("]") || tokens.now().isOperator(",");
    }

    private Node.Passed passed() {
        int line = tokens.now().line();
        tokens.expectOperator("(");
        var positional = new ArrayList<Expr>();
        var named = new ArrayList<Node.Keyword>();
        var names = new HashSet<String>();
        Expr rest = null;
        Expr namedRest = null;
        boolean first = true;
        while (!tokens.now().isOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.now().isOperator(")")) {
                    break;
                }
            }
            first = false;
            if (tokens.now().isOperator("*")) {
                ensure(rest == null && namedRest == null, line);
                tokens.next();
                rest = expression();
            } else if (tokens.now().isOperator("**")) {
                ensure(namedRest == null, line);
                tokens.next();
                namedRest = expression();
            } else if (tokens.now().is(Token.Kind.NAME) && tokens.ahead().isOperator("=")) {
                ensure(namedRest == null, line);
                String name = tokens.next().text();
                tokens.next();
                if (!names.add(name)) {
                    throw Fault.syntax("keyword argument repeated: " + name, line);
                }
                named.add(new Node.Keyword(name, expression()));
            } else {
                ensure(rest == null && namedRest == null && named.isEmpty(), line);
                positional.add(expression());
            }
        }
        tokens.expectOperator(")");
        return new Node.Passed(positional, named, rest, namedRest);
    }

    private static void ensure(boolean valid, int line) {
        if (!valid) {
            throw Fault.syntax("invalid syntax for function call expression", line);
        }
    }

    /** A filter whose name is the next token, applied to this input (null: to the body of a block). */
    private Node.Filter filter(Expr input) {
        Token token = tokens.now();
        String name = dottedName();
        Node.Passed passed = tokens.now().isOperator("(") ? passed() : Node.Passed.NOTHING;
        return checked(new Node.Filter(input, name, passed, token.line()));
    }

    /** The filters of a filter block: the first one's name is the next token. */
    Node.Filter filters() {
        Node.Filter filter = filter(null);
        while (tokens.skipOperator("|")) {
            filter = filter(filter);
        }
        return filter;
    }

    /** The filters of a set block: each stands behind a bar. */
    Node.Filter pipedFilters() {
        tokens.expectOperator("|");
        return filters();
    }

    private String dottedName() {
        var name = new StringBuilder(tokens.expect(Token.Kind.NAME).text());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expect(Token.Kind.NAME).text());
        }
        return name.toString();
    }

    private Expr test(Expr input) {
        int line = tokens.next().line();
        boolean negated = tokens.skipName("not");
        String name = dottedName();
        Node.Passed passed = Node.Passed.NOTHING;
        Token now = tokens.now();
        if (now.isOperator("(")) {
            passed = passed();
        } else if (startsArgument(now)) {
            if (now.isName("is")) {
                throw tokens.fault("You cannot chain multiple tests with is");
            }
            passed = new Node.Passed(List.of(postfix(primary(false))), List.of(), null, null);
        }
        Expr test = checked(new Node.Test(input, name, passed, line));
        return negated ? checked(new Node.Unary("not", test, line)) : test;
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.isOperator("[") || token.isOperator("{");
            default -> false;
        };
    }
}
