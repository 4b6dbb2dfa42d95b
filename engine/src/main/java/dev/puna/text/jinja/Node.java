package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** The syntax tree of a template. */
sealed interface Node {
    int line();

    /** The nodes right below, in the order in which Jinja looks for names in them. */
    default List<Node> children() {
        return switch (this) {
            case Const _, Text _, Name _, NamespaceRef _, Break _, Continue _, Unloadable _ -> List.of();
            case TupleOf node -> List.copyOf(node.items);
            case ListOf node -> List.copyOf(node.items);
            case DictOf node -> {
                var all = new ArrayList<Node>();
                for (Pair pair : node.pairs) {
                    all.add(pair.key);
                    all.add(pair.value);
                }
                yield all;
            }
            case Conditional node -> some(node.test, node.then, node.otherwise);
            case Filter node -> with(node.passed.all(), node.input);
            case Test node -> with(node.passed.all(), node.input);
            case Call node -> with(node.passed.all(), node.callee);
            case Item node -> some(node.owner, node.index);
            case Attribute node -> List.of(node.owner);
            case Slice node -> some(node.start, node.stop, node.step);
            case Concat node -> List.copyOf(node.parts);
            case Compare node -> {
                var all = new ArrayList<Node>();
                all.add(node.first);
                node.rest.forEach(operand -> all.add(operand.value));
                yield all;
            }
            case Binary node -> List.of(node.left, node.right);
            case Both node -> List.of(node.left, node.right);
            case Unary node -> List.of(node.operand);
            case Output node -> List.copyOf(node.parts);
            case For node -> {
                var all = some(node.target, node.iterable);
                all.addAll(node.body);
                all.addAll(node.otherwise);
                all.addAll(some(node.test));
                yield all;
            }
            case If node -> {
                var all = some(node.test);
                all.addAll(node.body);
                all.addAll(node.elifs);
                all.addAll(node.otherwise);
                yield all;
            }
            case Macro node -> node.signature.with(node.body);
            case CallBlock node -> {
                var all = some(node.call);
                all.addAll(node.signature.with(node.body));
                yield all;
            }
            case FilterBlock node -> {
                var all = new ArrayList<Node>(node.body);
                all.add(node.filter);
                yield all;
            }
            case Set node -> List.of(node.target, node.value);
            case SetBlock node -> {
                var all = some(node.target, node.filter);
                all.addAll(node.body);
                yield all;
            }
            case With node -> {
                var all = new ArrayList<Node>(node.targets);
                all.addAll(node.values);
                all.addAll(node.body);
                yield all;
            }
            case Block node -> List.copyOf(node.body);
            case Autoescape node -> {
                var all = some(node.enabled);
                all.addAll(node.body);
                yield all;
            }
        };
    }

    private static List<Node> some(Node... nodes) {
        var present = new ArrayList<Node>();
        for (Node node : nodes) {
            if (node != null) {
                present.add(node);
            }
        }
        return present;
    }

    private static List<Node> with(List<Expr> arguments, Expr first) {
        var all = some(first);
        all.addAll(arguments);
        return all;
    }

    /** An expression. */
    sealed interface Expr extends Node {}

    /** A statement. */
    sealed interface Stmt extends Node {}

    /** What a name is used for: to read it, to set it, or as the parameter of a macro. */
    enum Use {
        LOAD,
        STORE,
        PARAMETER
    }

    record Const(Value value, int line) implements Expr {}

    /** Template text between the tags. */
    record Text(Str text, int line) implements Expr {}

    record Name(String name, Use use, int line) implements Expr {}

    /** {@code namespace.attribute} as the target of a set. */
    record NamespaceRef(String name, String attribute, int line) implements Expr {}

    record TupleOf(List<Expr> items, int line) implements Expr {}

    record ListOf(List<Expr> items, int line) implements Expr {}

    record Pair(Expr key, Expr value) {}

    record DictOf(List<Pair> pairs, int line) implements Expr {}

    /** {@code then if test else otherwise}; {@code otherwise} may be null. */
    record Conditional(Expr test, Expr then, Expr otherwise, int line) implements Expr {}

    record Keyword(String name, Expr value) {}

    /** What a call passes; {@code rest} and {@code namedRest} ({@code *a}, {@code **b}) may be null. */
    record Passed(List<Expr> positional, List<Keyword> named, Expr rest, Expr namedRest) {
        static final Passed NOTHING = new Passed(List.of(), List.of(), null, null);

        List<Expr> all() {
            var all = new ArrayList<>(positional);
            named.forEach(keyword -> all.add(keyword.value));
            if (rest != null) {
                all.add(rest);
            }
            if (namedRest != null) {
                all.add(namedRest);
            }
            return all;
        }
    }

    /** {@code input | name(...)}; {@code input} is null where the body of a block is filtered. */
    record Filter(Expr input, String name, Passed passed, int line) implements Expr {}

    record Test(Expr input, String name, Passed passed, int line) implements Expr {}

    record Call(Expr callee, Passed passed, int line) implements Expr {}

    record Item(Expr owner, Expr index, int line) implements Expr {}

    record Attribute(Expr owner, String name, int line) implements Expr {}

    /** Only ever the index of an {@link Item}; each part may be null. */
    record Slice(Expr start, Expr stop, Expr step, int line) implements Expr {}

    record Concat(List<Expr> parts, int line) implements Expr {}

    record Operand(String operator, Expr value) {}

    /** {@code a < b <= c}: each neighbour pair must hold. */
    record Compare(Expr first, List<Operand> rest, int line) implements Expr {}

    record Binary(String operator, Expr left, Expr right, int line) implements Expr {}

    /** {@code and}, {@code or}. */
    record Both(boolean and, Expr left, Expr right, int line) implements Expr {}

    /** {@code not}, {@code -}, {@code +}. */
    record Unary(String operator, Expr operand, int line) implements Expr {}

    record Output(List<Expr> parts, int line) implements Stmt {}

    record For(
            Expr target, Expr iterable, List<Stmt> body, List<Stmt> otherwise, Expr test, boolean recursive, int line)
            implements Stmt {}

    /** {@code elifs} have neither elifs nor otherwise of their own. */
    record If(Expr test, List<Stmt> body, List<If> elifs, List<Stmt> otherwise, int line) implements Stmt {}

    /** The parameters of a macro; the defaults belong to the last of them. */
    record Signature(List<Name> parameters, List<Expr> defaults) {
        static final Signature EMPTY = new Signature(List.of(), List.of());

        List<Node> with(List<Stmt> body) {
            var all = new ArrayList<Node>(parameters);
            all.addAll(defaults);
            all.addAll(body);
            return all;
        }
    }

    record Macro(String name, Signature signature, List<Stmt> body, int line) implements Stmt {}

    /** {@code call} is null in a {@code generation} block, which is called at once. */
    record CallBlock(Call call, Signature signature, List<Stmt> body, int line) implements Stmt {}

    record FilterBlock(Filter filter, List<Stmt> body, int line) implements Stmt {}

    record Set(Expr target, Expr value, int line) implements Stmt {}

    /** {@code filter} may be null. */
    record SetBlock(Expr target, Filter filter, List<Stmt> body, int line) implements Stmt {}

    record With(List<Expr> targets, List<Expr> values, List<Stmt> body, int line) implements Stmt {}

    record Block(String name, boolean scoped, boolean required, List<Stmt> body, int line) implements Stmt {}

    record Autoescape(Expr enabled, List<Stmt> body, int line) implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}

    /** {@code include}, {@code import}, {@code from} and {@code extends}: a chat template has no other files. */
    record Unloadable(String tag, int line) implements Stmt {}
}
