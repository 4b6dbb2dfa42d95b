package dev.puna.text.jinja;

import dev.puna.text.jinja.Code.Assign;
import dev.puna.text.jinja.Code.Eval;
import dev.puna.text.jinja.Code.Exec;
import dev.puna.text.jinja.Code.Flow;
import dev.puna.text.jinja.Node.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns statements into code that runs; {@link ExpressionCompiler} does the expressions. */
final class Compiler {
    private final Meter meter;
    private final ExpressionCompiler expressions;
    private final List<Node.Block> blockNodes = new ArrayList<>();
    private final Map<String, BlockTable.Body> blocks = new LinkedHashMap<>();
    private int depth;
    private int deepest;

    private Compiler(Limits limits) {
        this.meter = new Meter(limits);
        this.expressions = new ExpressionCompiler(limits);
    }

    /** A compiled template: its own code is a block without a name. */
    record Compiled(BlockTable.Body body, Map<String, BlockTable.Body> blocks) {}

    static Compiled compile(List<Stmt> template, Limits limits) {
        var compiler = new Compiler(limits);
        compiler.findBlocks(template, new HashSet<>());
        var body = compiler.function(template, true);
        for (Node.Block block : compiler.blockNodes) {
            compiler.blocks.put(block.name(), compiler.function(block.body(), false));
        }
        return new Compiled(body, compiler.blocks);
    }

    private void findBlocks(List<? extends Node> nodes, Set<String> names) {
        for (Node node : nodes) {
            if (node instanceof Node.Block block) {
                if (!names.add(block.name())) {
                    throw Fault.syntax("block '" + block.name() + "' defined twice", block.line());
                }
                blockNodes.add(block);
            }
            if (node instanceof Stmt) {
                findBlocks(node.children(), names);
            }
        }
    }

    /** The template itself, or one of its blocks. */
    private BlockTable.Body function(List<Stmt> body, boolean top) {
        var layout = new Layout(null);
        Frame frame = Frame.root(meter, layout, top);
        boolean readsSelf = !Symbols.undeclared(body, "self").isEmpty();
        boolean readsSuper = !top && !Symbols.undeclared(body, "super").isEmpty();
        Assign self = readsSelf ? parameter(frame, "self") : null;
        Assign parent = readsSuper ? parameter(frame, "super") : null;
        frame.symbols().visitAll(body);
        int before = deepest;
        deepest = depth;
        Exec code = body(body, frame);
        int height = deepest - depth + 1;
        deepest = Math.max(before, deepest);
        var edge = new Activation.Edge(frame);
        return new BlockTable.Body(layout, height, (run, at, out) -> {
            if (self != null) {
                self.assign(run, at, new BlockTable(blocks, at.context()));
            }
            if (parent != null) {
                parent.assign(run, at, Undefined.because("there is no parent block"));
            }
            edge.enter(at);
            return code.exec(run, at, out);
        });
    }

    private static Assign parameter(Frame frame, String name) {
        return ExpressionCompiler.assign(frame.symbols().parameter(name), frame);
    }

    private Exec body(List<Stmt> statements, Frame frame) {
        if (++depth > meter.limits().nesting()) {
            throw Fault.limit("blocks nested deeper than " + meter.limits().nesting() + " levels");
        }
        deepest = Math.max(deepest, depth);
        Exec[] all = statements.stream().map(stmt -> statement(stmt, frame)).toArray(Exec[]::new);
        depth--;
        return switch (all.length) {
            case 1 -> all[0];
            default ->
                (run, at, out) -> {
                    for (Exec exec : all) {
                        Flow flow = exec.exec(run, at, out);
                        if (flow != Flow.NEXT) {
                            return flow;
                        }
                    }
                    return Flow.NEXT;
                };
        };
    }

    private Eval eval(Node.Expr node, Frame frame) {
        Eval code = expressions.compile(node, frame);
        deepest = Math.max(deepest, depth + expressions.takeHeight());
        return code;
    }

    private Exec statement(Stmt node, Frame frame) {
        Exec code = code(node, frame);
        int line = node.line();
        return (run, at, out) -> {
            run.meter().step();
            try {
                return code.exec(run, at, out);
            } catch (Fault fault) {
                throw fault.at(line);
            }
        };
    }

    private Exec code(Stmt node, Frame frame) {
        return switch (node) {
            case Node.Output output -> output(output, frame);
            case Node.If branch -> condition(branch, frame);
            case Node.For loop -> new LoopCompiler(loop, frame).compile();
            case Node.Set set -> set(set, frame);
            case Node.SetBlock set -> setBlock(set, frame);
            case Node.Macro macro -> macro(macro, frame);
            case Node.CallBlock block -> callBlock(block, frame);
            case Node.FilterBlock block -> filterBlock(block, frame);
            case Node.With with -> with(with, frame);
            case Node.Block block -> block(block, frame);
            case Node.Autoescape escape -> autoescape(escape, frame);
            case Node.Break stop -> {
                if (frame.loops() == 0) {
                    throw Fault.syntax("'break' outside loop", stop.line());
                }
                yield (_, _, _) -> Flow.BREAK;
            }
            case Node.Continue next -> {
                if (frame.loops() == 0) {
                    throw Fault.syntax("'continue' not properly in loop", next.line());
                }
                yield (_, _, _) -> Flow.CONTINUE;
            }
            case Node.Unloadable tag ->
                (_, _, _) -> {
                    throw Fault.type(tag.tag() + ": a chat template has no other templates to load");
                };
        };
    }

    private Exec output(Node.Output node, Frame frame) {
        var parts = new ArrayList<Exec>();
        for (Node.Expr part : node.parts()) {
            if (part instanceof Node.Text data) {
                Str text = data.text();
                parts.add((_, _, out) -> {
                    out.append(text);
                    return Flow.NEXT;
                });
            } else {
                Eval value = eval(part, frame);
                Boolean escape = frame.escape();
                int line = part.line();
                parts.add((run, at, out) -> {
                    try {
                        Value shown = value.eval(run, at);
                        boolean escaped = escape == null ? run.escapes() : escape;
                        out.append(escaped ? Html.escape(shown, run.meter()) : Repr.str(shown, run.meter()));
                        return Flow.NEXT;
                    } catch (Fault fault) {
                        throw fault.at(line);
                    }
                });
            }
        }
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        Exec[] all = parts.toArray(Exec[]::new);
        return (run, at, out) -> {
            for (Exec part : all) {
                part.exec(run, at, out);
            }
            return Flow.NEXT;
        };
    }

    private Exec condition(Node.If node, Frame outer) {
        Frame frame = outer.softened();
        var tests = new ArrayList<Eval>();
        var bodies = new ArrayList<Exec>();
        tests.add(eval(node.test(), frame));
        bodies.add(body(node.body(), frame));
        for (Node.If elif : node.elifs()) {
            tests.add(eval(elif.test(), frame));
            bodies.add(body(elif.body(), frame));
        }
        Exec otherwise = body(node.otherwise(), frame);
        return (run, at, out) -> {
            for (int i = 0; i < tests.size(); i++) {
                if (Operators.truth(tests.get(i).eval(run, at))) {
                    return bodies.get(i).exec(run, at, out);
                }
            }
            return otherwise.exec(run, at, out);
        };
    }

    /** Assigns to a target; at the template's top, blocks see the new value too. */
    private Assign target(Node.Expr target, Frame frame) {
        Assign assign = expressions.target(target, frame);
        if (!frame.top()) {
            return assign;
        }
        var names = new ArrayList<String>();
        var reads = new ArrayList<Eval>();
        names(target, names);
        for (String name : names) {
            reads.add(ExpressionCompiler.read(frame.symbols().find(name), frame));
        }
        return (run, at, value) -> {
            assign.assign(run, at, value);
            for (int i = 0; i < names.size(); i++) {
                at.context().set(names.get(i), reads.get(i).eval(run, at));
            }
        };
    }

    private static void names(Node.Expr target, List<String> names) {
        if (target instanceof Node.Name name) {
            names.add(name.name());
        } else if (target instanceof Node.TupleOf tuple) {
            tuple.items().forEach(item -> names(item, names));
        }
    }

    /** Namespaces among the targets are looked at before the value is. */
    private static List<Eval> namespaces(Node.Expr target, Frame frame) {
        var all = new ArrayList<Eval>();
        if (target instanceof Node.NamespaceRef ref) {
            all.add(ExpressionCompiler.read(frame.symbols().find(ref.name()), frame));
        } else if (target instanceof Node.TupleOf tuple) {
            tuple.items().forEach(item -> all.addAll(namespaces(item, frame)));
        }
        return all;
    }

    private Exec set(Node.Set node, Frame frame) {
        List<Eval> namespaces = namespaces(node.target(), frame);
        Eval value = eval(node.value(), frame);
        Assign target = target(node.target(), frame);
        return (run, at, out) -> {
            for (Eval namespace : namespaces) {
                if (!(namespace.eval(run, at) instanceof Namespace)) {
                    throw Fault.of(Fault.Kind.RUNTIME, "cannot assign attribute on non-namespace object");
                }
            }
            target.assign(run, at, value.eval(run, at));
            return Flow.NEXT;
        };
    }

    private Exec setBlock(Node.SetBlock node, Frame frame) {
        Frame inner = frame.inner(names -> {
            names.visitAll(node.body());
            if (node.filter() != null) {
                names.visit(node.filter());
            }
        });
        Exec body = body(node.body(), inner);
        ExpressionCompiler.Filtering filter =
                node.filter() == null ? null : expressions.filtering(node.filter(), inner);
        Assign target = target(node.target(), frame);
        var edge = new Activation.Edge(inner);
        return (run, at, out) -> {
            edge.enter(at);
            var captured = new MarkedBuilder(run.meter());
            Flow flow = body.exec(run, at, captured);
            if (flow != Flow.NEXT) {
                return flow;
            }
            Str text = captured.build();
            Value value = filter == null ? text : filter.apply(run, at, run.escapes() ? text.markup() : text);
            target.assign(run, at, run.escapes() ? Html.markup(value, run.meter()) : value);
            edge.leave(at);
            return Flow.NEXT;
        };
    }

    private Exec filterBlock(Node.FilterBlock node, Frame frame) {
        Frame inner = frame.inner(names -> {
            names.visitAll(node.body());
            names.visit(node.filter());
        });
        Exec body = body(node.body(), inner);
        ExpressionCompiler.Filtering filter = expressions.filtering(node.filter(), inner);
        var edge = new Activation.Edge(inner);
        return (run, at, out) -> {
            edge.enter(at);
            var captured = new MarkedBuilder(run.meter());
            Flow flow = body.exec(run, at, captured);
            if (flow != Flow.NEXT) {
                return flow;
            }
            Str text = captured.build();
            out.append(textOnly(filter.apply(run, at, run.escapes() ? text.markup() : text)));
            edge.leave(at);
            return Flow.NEXT;
        };
    }

    /** What a filtered or called block gives goes out as it is, so it must be text. */
    private static Str textOnly(Value value) {
        if (value instanceof Str text) {
            return text;
        }
        throw Fault.type("expected str instance, " + value.typeName() + " found");
    }

    private Exec with(Node.With node, Frame frame) {
        Frame inner = frame.inner(names -> {
            names.visitAll(node.targets());
            names.visitAll(node.body());
        });
        var values = new ArrayList<Eval>();
        var targets = new ArrayList<Assign>();
        for (int i = 0; i < node.targets().size(); i++) {
            values.add(eval(node.values().get(i), frame));
            targets.add(expressions.target(node.targets().get(i), inner));
        }
        Exec body = body(node.body(), inner);
        var edge = new Activation.Edge(inner);
        return (run, at, out) -> {
            edge.enter(at);
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(run, at, values.get(i).eval(run, at));
            }
            Flow flow = body.exec(run, at, out);
            edge.leave(at);
            return flow;
        };
    }

    private Exec block(Node.Block node, Frame frame) {
        Map<String, Eval> locals = new LinkedHashMap<>();
        if (node.scoped()) {
            frame.symbols().stored().forEach((name, ref) -> locals.put(name, ExpressionCompiler.read(ref, frame)));
        }
        return (run, at, out) -> {
            if (node.required()) {
                throw Fault.of(Fault.Kind.RUNTIME, "Required block '" + node.name() + "' not found");
            }
            Context context = at.context();
            if (node.scoped()) {
                var values = new LinkedHashMap<String, Value>();
                locals.forEach((name, read) -> {
                    Value value = read.eval(run, at);
                    if (value != null) {
                        values.put(name, value);
                    }
                });
                context = new Context(context, values);
            }
            blocks.get(node.name()).render(run, context, out);
            return Flow.NEXT;
        };
    }

    private Exec autoescape(Node.Autoescape node, Frame frame) {
        Boolean constant =
                node.enabled() instanceof Node.Const literal ? (Boolean) Operators.truth(literal.value()) : null;
        Frame inner = frame.inner(names -> names.visitAll(node.children())).escaping(constant);
        Eval enabled = eval(node.enabled(), inner);
        Exec body = body(node.body(), inner);
        var edge = new Activation.Edge(inner);
        return (run, at, out) -> {
            edge.enter(at);
            boolean before = run.escapes();
            run.escape(Operators.truth(enabled.eval(run, at)));
            Flow flow = body.exec(run, at, out);
            run.escape(before);
            edge.leave(at);
            return flow;
        };
    }

    private Exec macro(Node.Macro node, Frame frame) {
        Macro.Definition definition = definition(node.name(), node.signature(), node.body(), node.line(), frame);
        Assign target = target(new Node.Name(node.name(), Node.Use.STORE, node.line()), frame);
        return (run, at, out) -> {
            target.assign(run, at, new Macro(definition, at));
            return Flow.NEXT;
        };
    }

    private Exec callBlock(Node.CallBlock node, Frame frame) {
        Macro.Definition definition = definition(null, node.signature(), node.body(), node.line(), frame);
        ExpressionCompiler.Calling call = node.call() == null ? null : expressions.calling(node.call(), frame);
        deepest = Math.max(deepest, depth + expressions.takeHeight());
        return (run, at, out) -> {
            var body = new Macro(definition, at);
            out.append(textOnly(call == null ? body.call(run, Arguments.NONE) : call.call(run, at, body)));
            return Flow.NEXT;
        };
    }

    private Macro.Definition definition(
            String name, Node.Signature signature, List<Stmt> body, int line, Frame around) {
        Set<String> read = Symbols.undeclared(body, "caller", "kwargs", "varargs");
        List<String> parameters =
                signature.parameters().stream().map(Node.Name::name).toList();
        boolean takesCaller = read.contains("caller");
        if (takesCaller && parameters.contains("caller")) {
            int optional = parameters.size() - signature.defaults().size();
            if (parameters.indexOf("caller") < optional) {
                throw Fault.syntax(
                        "When defining macros or call blocks the special \"caller\" argument must be omitted or be given"
                                + " a default.",
                        line);
            }
        }
        boolean takesNamed = read.contains("kwargs") && !parameters.contains("kwargs");
        boolean takesRest = read.contains("varargs") && !parameters.contains("varargs");
        var refs = new ArrayList<Layout.Ref>();
        Frame frame = around.function(names -> {
            signature.parameters().forEach(parameter -> refs.add(names.parameter(parameter.name())));
            names.visitAll(signature.defaults());
            if (takesCaller && !parameters.contains("caller")) {
                refs.add(names.parameter("caller"));
            }
            if (takesNamed) {
                refs.add(names.parameter("kwargs"));
            }
            if (takesRest) {
                refs.add(names.parameter("varargs"));
            }
            names.visitAll(body);
        });
        int before = deepest;
        deepest = depth;
        var defaults = new ArrayList<Exec>();
        int required = parameters.size() - signature.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Layout.Ref ref = refs.get(i);
            Undefined missing = Undefined.because("parameter '" + parameter + "' was not provided");
            Eval value =
                    i < required ? (_, _) -> missing : eval(signature.defaults().get(i - required), frame);
            defaults.add((run, at, _) -> {
                if (at.get(0, ref.slot()) == null) {
                    at.set(0, ref.slot(), value.eval(run, at));
                }
                return Flow.NEXT;
            });
        }
        Exec code = body(body, frame);
        int height = deepest - depth + 2;
        deepest = Math.max(before, deepest);
        var edge = new Activation.Edge(frame);
        Exec[] prologue = defaults.toArray(Exec[]::new);
        Exec whole = (run, at, out) -> {
            edge.enter(at);
            for (Exec exec : prologue) {
                exec.exec(run, at, out);
            }
            return code.exec(run, at, out);
        };
        return new Macro.Definition(
                name,
                parameters,
                takesCaller,
                takesNamed,
                takesRest,
                frame.layout(),
                refs.stream().mapToInt(Layout.Ref::slot).toArray(),
                whole,
                height);
    }

    /** One loop. */
    private final class LoopCompiler {
        private final Node.For node;
        private final Frame outer;
        private final Frame frame;
        private final Layout.Ref loopRef;

        LoopCompiler(Node.For node, Frame outer) {
            int line = Symbols.lineOfStore(List.of(node), "loop");
            if (line > 0) {
                throw Fault.syntax("Can't assign to special loop variable in for-loop target", line);
            }
            this.node = node;
            this.outer = outer;
            boolean watched = node.recursive()
                    || !Symbols.undeclared(node.body(), "loop").isEmpty()
                    || hasScopedBlock(List.of(node));
            Layout layout = node.recursive() ? new Layout(outer.layout()) : outer.layout();
            var ref = new Layout.Ref[1];
            this.frame = outer.inner(layout, node.recursive() ? 1 : outer.loops() + 1, names -> {
                if (watched) {
                    ref[0] = names.parameter("loop");
                }
                names.visit(ExpressionParser.as(Node.Use.PARAMETER, node.target()));
                names.visitAll(node.body());
            });
            this.loopRef = ref[0];
        }

        private static boolean hasScopedBlock(List<? extends Node> nodes) {
            return nodes.stream()
                    .anyMatch(node ->
                            node instanceof Node.Block block && block.scoped() || hasScopedBlock(node.children()));
        }

        Exec compile() {
            Walk walk = walk();
            Eval iterable = eval(node.iterable(), outer);
            if (!node.recursive()) {
                return (run, at, out) -> walk.run(run, at, iterable.eval(run, at), null, 0, out);
            }
            Layout layout = frame.layout();
            int height = deepest - depth + 2;
            return (run, at, out) -> {
                var recursion = new Loop.Recursion() {
                    @Override
                    public Str render(Run inRun, Value inner, long level) {
                        inRun.meter().enter(height);
                        var inside = new MarkedBuilder(inRun.meter());
                        walk.run(inRun, new Activation(layout, at, at.context()), inner, this, level, inside);
                        inRun.meter().leave(height);
                        return inRun.escapes() ? inside.build().markup() : inside.build();
                    }
                };
                out.append(recursion.render(run, iterable.eval(run, at), 0));
                return Flow.NEXT;
            };
        }

        /** The loop over one value, and what stands in its {@code else}. */
        private Walk walk() {
            Filtered filtered = node.test() == null ? null : filtered();
            Assign target = expressions.target(node.target(), frame);
            Exec body = body(node.body(), frame);
            Frame elseFrame = outer.inner(
                    frame.layout(), node.recursive() ? 0 : outer.loops(), names -> names.visitAll(node.otherwise()));
            Exec otherwise = node.otherwise().isEmpty() ? null : body(node.otherwise(), elseFrame);
            var edge = new Activation.Edge(frame);
            var elseEdge = new Activation.Edge(elseFrame);
            return (run, at, value, recursion, level, out) -> {
                Iteration elements = Iteration.of(value, run.meter());
                if (filtered != null) {
                    elements = filtered.of(run, at, elements);
                }
                Loop loop = loopRef == null
                        ? null
                        : new Loop(
                                run.meter(),
                                filtered == null ? value : Generator.of(elements),
                                elements,
                                recursion,
                                level);
                boolean ended = false; // one round came to its end
                for (Value item = next(loop, elements); item != null; item = next(loop, elements)) {
                    run.meter().step();
                    target.assign(run, at, item);
                    if (loop != null) {
                        at.set(0, loopRef.slot(), loop);
                    }
                    edge.enter(at);
                    Flow flow = body.exec(run, at, out);
                    if (flow == Flow.BREAK) {
                        break;
                    }
                    ended |= flow == Flow.NEXT;
                }
                edge.leave(at);
                if (otherwise == null || ended) {
                    return Flow.NEXT;
                }
                elseEdge.enter(at);
                Flow flow = otherwise.exec(run, at, out);
                elseEdge.leave(at);
                return flow;
            };
        }

        private static Value next(Loop loop, Iteration elements) {
            return loop == null ? elements.next() : loop.advance();
        }

        /** The loop's condition is a function of its own: it may look ahead while a round runs. */
        private Filtered filtered() {
            Frame inside = outer.inner(new Layout(frame.layout()), 0, names -> {
                names.visit(ExpressionParser.as(Node.Use.PARAMETER, node.target()));
                names.visit(node.test());
            });
            Assign target = expressions.target(node.target(), inside);
            Eval test = eval(node.test(), inside);
            // What goes on is the target as it was unpacked: a list that fits becomes a tuple.
            boolean unpacked = node.target() instanceof Node.TupleOf;
            Eval repacked = unpacked ? eval(ExpressionParser.as(Node.Use.LOAD, node.target()), inside) : null;
            var edge = new Activation.Edge(inside);
            return (run, at, elements) -> {
                var here = new Activation(inside.layout(), at, at.context());
                edge.enter(here);
                return () -> {
                    for (Value item = elements.next(); item != null; item = elements.next()) {
                        run.meter().step();
                        target.assign(run, here, item);
                        if (Operators.truth(test.eval(run, here))) {
                            return unpacked ? repacked.eval(run, here) : item;
                        }
                    }
                    return null;
                };
            };
        }
    }

    private interface Walk {
        Flow run(Run run, Activation at, Value iterable, Loop.Recursion recursion, long level, MarkedBuilder out);
    }

    private interface Filtered {
        Iteration of(Run run, Activation at, Iteration elements);
    }
}
