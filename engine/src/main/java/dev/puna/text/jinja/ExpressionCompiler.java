package dev.puna.text.jinja;

import dev.puna.text.jinja.Code.Assign;
import dev.puna.text.jinja.Code.Eval;
import dev.puna.text.jinja.Node.Expr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns expressions and the targets of assignments into code that runs. */
final class ExpressionCompiler {
    private final Limits limits;
    private int depth;
    private int height;

    ExpressionCompiler(Limits limits) {
        this.limits = limits;
    }

    /** A filter, or a chain of them, that waits for its input. */
    @FunctionalInterface
    interface Filtering {
        Value apply(Run run, Activation at, Value input);
    }

    /** A call that waits for the body of its call block. */
    @FunctionalInterface
    interface Calling {
        Value call(Run run, Activation at, Value caller);
    }

    private interface Passing {
        Arguments pass(Run run, Activation at);
    }

    /** How deep the expressions nest that were compiled since this was asked last. */
    int takeHeight() {
        int taken = height;
        height = 0;
        return taken;
    }

    Eval compile(Expr node, Frame frame) {
        if (++depth > limits.nesting()) {
            throw Fault.syntax("an expression nested deeper than " + limits.nesting() + " levels", node.line());
        }
        height = Math.max(height, depth);
        Eval code = code(node, frame);
        depth--;
        return code;
    }

    private Eval code(Expr node, Frame frame) {
        return switch (node) {
            case Node.Const literal -> constant(literal.value());
            case Node.Text text -> constant(text.text());
            case Node.Name name -> name(name, frame);
            case Node.NamespaceRef ref -> throw new IllegalStateException("a target is no expression: " + ref);
            case Node.TupleOf tuple -> {
                Eval[] items = all(tuple.items(), frame);
                yield (run, at) -> Sequence.Tuple.of(List.of(values(items, run, at)));
            }
            case Node.ListOf list -> {
                Eval[] items = all(list.items(), frame);
                yield (run, at) -> Sequence.ListOf.of(List.of(values(items, run, at)));
            }
            case Node.DictOf dict -> dict(dict, frame);
            case Node.Conditional choice -> conditional(choice, frame);
            case Node.Filter filter -> {
                Eval input = compile(filter.input(), frame);
                Filtering filtering = filter(filter, frame);
                yield (run, at) -> filtering.apply(run, at, input.eval(run, at));
            }
            case Node.Test test -> test(test, frame);
            case Node.Call call -> {
                Calling calling = calling(call, frame);
                yield (run, at) -> calling.call(run, at, null);
            }
            case Node.Item item -> item(item, frame);
            case Node.Attribute attribute -> {
                Eval owner = compile(attribute.owner(), frame);
                String name = attribute.name();
                yield (run, at) -> {
                    run.meter().step();
                    return Attributes.attribute(owner.eval(run, at), name);
                };
            }
            case Node.Slice slice -> throw Fault.syntax("a slice outside of an index", slice.line());
            case Node.Concat concat -> concat(concat, frame);
            case Node.Compare compare -> compare(compare, frame);
            case Node.Binary binary -> {
                Eval left = compile(binary.left(), frame);
                Eval right = compile(binary.right(), frame);
                Operators.Binary operation = Operators.binary(binary.operator());
                yield (run, at) -> {
                    run.meter().step();
                    return operation.apply(left.eval(run, at), right.eval(run, at), run.meter());
                };
            }
            case Node.Both both -> {
                Eval left = compile(both.left(), frame);
                Eval right = compile(both.right(), frame);
                boolean and = both.and();
                yield (run, at) -> {
                    run.meter().step();
                    Value first = left.eval(run, at);
                    return Operators.truth(first) == and ? right.eval(run, at) : first;
                };
            }
            case Node.Unary unary -> {
                Eval operand = compile(unary.operand(), frame);
                yield switch (unary.operator()) {
                    case "not" -> (run, at) -> Bool.of(!Operators.truth(operand.eval(run, at)));
                    case "-" -> (run, at) -> Arithmetic.negate(operand.eval(run, at));
                    default -> (run, at) -> Arithmetic.plus(operand.eval(run, at));
                };
            }
        };
    }

    private static Eval constant(Value value) {
        return (_, _) -> value;
    }

    private Eval[] all(List<Expr> nodes, Frame frame) {
        return nodes.stream().map(node -> compile(node, frame)).toArray(Eval[]::new);
    }

    private static Value[] values(Eval[] items, Run run, Activation at) {
        run.meter().elements(items.length);
        var values = new Value[items.length];
        for (int i = 0; i < items.length; i++) {
            values[i] = items[i].eval(run, at);
        }
        return values;
    }

    /** Reads a variable; null where it has no value. */
    static Eval read(Layout.Ref ref, Frame frame) {
        int hops = ref.hops(frame.layout());
        int slot = ref.slot();
        return (_, at) -> at.get(hops, slot);
    }

    static Assign assign(Layout.Ref ref, Frame frame) {
        int hops = ref.hops(frame.layout());
        int slot = ref.slot();
        return (_, at, value) -> at.set(hops, slot, value);
    }

    private static Eval name(Node.Name node, Frame frame) {
        Eval read = read(frame.symbols().find(node.name()), frame);
        Undefined undefined = Undefined.name(node.name());
        return (run, at) -> {
            run.meter().step();
            Value value = read.eval(run, at);
            return value == null ? undefined : value;
        };
    }

    private Eval dict(Node.DictOf node, Frame frame) {
        Eval[] keys = all(node.pairs().stream().map(Node.Pair::key).toList(), frame);
        Eval[] values = all(node.pairs().stream().map(Node.Pair::value).toList(), frame);
        return (run, at) -> {
            run.meter().elements(keys.length);
            var dict = new Dict();
            for (int i = 0; i < keys.length; i++) {
                dict.put(keys[i].eval(run, at), values[i].eval(run, at));
            }
            return dict;
        };
    }

    private Eval conditional(Node.Conditional node, Frame outer) {
        Frame frame = outer.softened();
        Eval test = compile(node.test(), frame);
        Eval then = compile(node.then(), frame);
        Undefined nothing = Undefined.because("the inline if-expression on line " + node.line()
                + " evaluated to false and no else section was defined.");
        Eval otherwise = node.otherwise() == null ? (_, _) -> nothing : compile(node.otherwise(), frame);
        return (run, at) -> {
            run.meter().step();
            return Operators.truth(test.eval(run, at)) ? then.eval(run, at) : otherwise.eval(run, at);
        };
    }

    private Eval item(Node.Item node, Frame frame) {
        Eval owner = compile(node.owner(), frame);
        if (node.index() instanceof Node.Slice slice) {
            Eval start = part(slice.start(), frame);
            Eval stop = part(slice.stop(), frame);
            Eval step = part(slice.step(), frame);
            return (run, at) -> {
                run.meter().step();
                return Slices.slice(
                        owner.eval(run, at), start.eval(run, at), stop.eval(run, at), step.eval(run, at), run.meter());
            };
        }
        Eval index = compile(node.index(), frame);
        return (run, at) -> {
            run.meter().step();
            return Attributes.item(owner.eval(run, at), index.eval(run, at), run.meter());
        };
    }

    private Eval part(Expr node, Frame frame) {
        return node == null ? (_, _) -> None.NONE : compile(node, frame);
    }

    private Eval concat(Node.Concat node, Frame frame) {
        Eval[] parts = all(node.parts(), frame);
        Boolean escape = frame.escape();
        return (run, at) -> {
            run.meter().step();
            boolean escaped = escape == null ? run.escapes() : escape;
            Str joined = Str.EMPTY;
            for (Value part : values(parts, run, at)) {
                Str text = Repr.str(part, run.meter());
                joined = escaped ? Html.join(joined, text, run.meter()) : joined.concat(text.plain(), run.meter());
            }
            return joined;
        };
    }

    private Eval compare(Node.Compare node, Frame frame) {
        Eval first = compile(node.first(), frame);
        int count = node.rest().size();
        var operands = new Eval[count];
        var operations = new Operators.Comparison[count];
        for (int i = 0; i < count; i++) {
            operands[i] = compile(node.rest().get(i).value(), frame);
            operations[i] = Operators.comparison(node.rest().get(i).operator());
        }
        return (run, at) -> {
            run.meter().step();
            Value left = first.eval(run, at);
            for (int i = 0; i < count; i++) {
                Value right = operands[i].eval(run, at);
                if (!operations[i].holds(left, right, run.meter())) {
                    return Bool.FALSE;
                }
                left = right;
            }
            return Bool.TRUE;
        };
    }

    private Passing passing(Node.Passed passed, Frame frame) {
        if (passed.positional().isEmpty() && passed.all().isEmpty()) {
            return (_, _) -> Arguments.NONE;
        }
        Eval[] positional = all(passed.positional(), frame);
        var names = passed.named().stream().map(Node.Keyword::name).toList();
        Eval[] named = all(passed.named().stream().map(Node.Keyword::value).toList(), frame);
        Eval rest = passed.rest() == null ? null : compile(passed.rest(), frame);
        Eval namedRest = passed.namedRest() == null ? null : compile(passed.namedRest(), frame);
        return (run, at) -> {
            var values = new ArrayList<>(List.of(values(positional, run, at)));
            Map<String, Value> byName = names.isEmpty() && namedRest == null ? Map.of() : new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                byName.put(names.get(i), named[i].eval(run, at));
            }
            if (rest != null) {
                values.addAll(Iteration.toList(rest.eval(run, at), run.meter()));
            }
            if (namedRest != null) {
                addAll(byName, namedRest.eval(run, at));
            }
            return new Arguments(values, byName);
        };
    }

    private static void addAll(Map<String, Value> byName, Value rest) {
        if (!(rest instanceof Dict dict)) {
            throw Fault.type("argument after ** must be a mapping, not " + rest.typeName());
        }
        for (Dict.Entry entry : dict.entries()) {
            if (!(entry.key() instanceof Str key)) {
                throw Fault.type("keywords must be strings");
            }
            if (byName.put(key.text(), entry.value()) != null) {
                throw Fault.type("got multiple values for keyword argument '" + key + "'");
            }
        }
    }

    Calling calling(Node.Call node, Frame frame) {
        Eval callee = compile(node.callee(), frame);
        Passing passing = passing(node.passed(), frame);
        return (run, at, caller) -> {
            run.meter().step();
            Value called = callee.eval(run, at);
            Arguments arguments = passing.pass(run, at);
            if (called instanceof Undefined undefined) {
                throw undefined.fault();
            }
            if (!(called instanceof Callable callable)) {
                throw Fault.type("'" + called.typeName() + "' object is not callable");
            }
            if (caller != null) {
                var named = new LinkedHashMap<>(arguments.named());
                if (named.put("caller", caller) != null) {
                    throw Fault.type("got multiple values for keyword argument 'caller'");
                }
                arguments = new Arguments(arguments.positional(), named);
            }
            return callable.call(run, arguments);
        };
    }

    /** The filters of a block, around the text that the block will give. */
    Filtering filtering(Node.Filter node, Frame frame) {
        Filtering outer = filter(node, frame);
        if (!(node.input() instanceof Node.Filter inner)) {
            return outer;
        }
        Filtering first = filtering(inner, frame);
        return (run, at, input) -> outer.apply(run, at, first.apply(run, at, input));
    }

    private Filtering filter(Node.Filter node, Frame frame) {
        Filters.Filter filter = Filters.named(node.name());
        if (filter == null) {
            return unknown("filter", node.name(), node.line(), frame);
        }
        Passing passing = passing(node.passed(), frame);
        return (run, at, input) -> {
            run.meter().step();
            return filter.apply(run, input, passing.pass(run, at));
        };
    }

    private Eval test(Node.Test node, Frame frame) {
        Eval input = compile(node.input(), frame);
        Tests.Test test = Tests.named(node.name());
        if (test == null) {
            Filtering unknown = unknown("test", node.name(), node.line(), frame);
            return (run, at) -> unknown.apply(run, at, null);
        }
        Passing passing = passing(node.passed(), frame);
        return (run, at) -> {
            run.meter().step();
            return Bool.of(test.holds(run, input.eval(run, at), passing.pass(run, at)));
        };
    }

    /** Inside a condition a template may mention what it does not use. */
    private static Filtering unknown(String kind, String name, int line, Frame frame) {
        if (!frame.soft()) {
            throw Fault.syntax("No " + kind + " named '" + name + "'.", line);
        }
        return (_, _, _) -> {
            throw Fault.of(Fault.Kind.RUNTIME, "No " + kind + " named '" + name + "' found.");
        };
    }

    Assign target(Expr node, Frame frame) {
        return switch (node) {
            case Node.Name name -> assign(frame.symbols().find(name.name()), frame);
            case Node.NamespaceRef ref -> {
                Eval read = read(frame.symbols().find(ref.name()), frame);
                yield (run, at, value) -> {
                    if (!(read.eval(run, at) instanceof Namespace namespace)) {
                        throw Fault.of(Fault.Kind.RUNTIME, "cannot assign attribute on non-namespace object");
                    }
                    namespace.set(ref.attribute(), value);
                };
            }
            case Node.TupleOf tuple -> {
                Assign[] targets =
                        tuple.items().stream().map(item -> target(item, frame)).toArray(Assign[]::new);
                yield (run, at, value) -> unpack(targets, run, at, value);
            }
            default -> throw Fault.syntax("can't assign to this", node.line());
        };
    }

    private static void unpack(Assign[] targets, Run run, Activation at, Value value) {
        if (!Iteration.possible(value)) {
            throw Fault.type("cannot unpack non-iterable " + value.typeName() + " object");
        }
        Iteration items = Iteration.of(value, run.meter());
        var values = new Value[targets.length];
        for (int i = 0; i < targets.length; i++) {
            values[i] = items.next();
            if (values[i] == null) {
                throw Fault.value("not enough values to unpack (expected " + targets.length + ", got " + i + ")");
            }
        }
        if (items.next() != null) {
            throw Fault.value("too many values to unpack (expected " + targets.length + ")");
        }
        for (int i = 0; i < targets.length; i++) {
            targets[i].assign(run, at, values[i]);
        }
    }
}
