package dev.puna.text.jinja;

import dev.puna.text.jinja.Node.Expr;
import dev.puna.text.jinja.Node.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Builds the syntax tree: the statements. What stands inside them is {@link ExpressionParser}'s. */
final class Parser {
    private final Tokens tokens;
    private final ExpressionParser expressions;
    private final Limits limits;
    private int depth;

    private Parser(List<Token> tokens, Limits limits) {
        this.tokens = new Tokens(tokens);
        this.expressions = new ExpressionParser(this.tokens, limits);
        this.limits = limits;
    }

    static List<Stmt> parse(String source, Limits limits) {
        var parser = new Parser(Lexer.tokens(source, limits), limits);
        List<Stmt> body = parser.body();
        if (!parser.tokens.now().is(Token.Kind.END)) {
            throw parser.tokens.fault("unexpected " + parser.tokens.now().described());
        }
        return body;
    }

    /** Statements up to the end, or to a block tag that starts with one of these names; that name is the next token. */
    private List<Stmt> body(String... ends) {
        if (++depth > limits.nesting()) {
            throw tokens.fault("blocks nested deeper than " + limits.nesting() + " levels");
        }
        var body = new ArrayList<Stmt>();
        var output = new ArrayList<Expr>();
        while (!tokens.now().is(Token.Kind.END)) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> output.add(new Node.Text(Str.of(token.text()), token.line()));
                case VARIABLE_BEGIN -> {
                    output.add(expressions.tuple(true));
                    tokens.expect(Token.Kind.VARIABLE_END);
                }
                case BLOCK_BEGIN -> {
                    flush(output, body);
                    for (String end : ends) {
                        if (tokens.now().isName(end)) {
                            depth--;
                            return body;
                        }
                    }
                    body.add(statement(ends));
                    tokens.expect(Token.Kind.BLOCK_END);
                }
                default -> throw tokens.fault("unexpected " + token.described());
            }
        }
        flush(output, body);
        if (ends.length > 0) {
            throw tokens.fault("Unexpected end of template. Jinja was looking for the following tags: "
                    + String.join(" or ", quoted(ends)) + ".");
        }
        depth--;
        return body;
    }

    private static List<String> quoted(String[] names) {
        return List.of(names).stream().map(name -> "'" + name + "'").toList();
    }

    private static void flush(List<Expr> output, List<Stmt> body) {
        if (!output.isEmpty()) {
            body.add(new Node.Output(List.copyOf(output), output.getFirst().line()));
            output.clear();
        }
    }

    /** The rest of a tag's body: behind the opening tag, up to one of the ends, which stays the next token. */
    private List<Stmt> inside(String... ends) {
        tokens.skipOperator(":");
        tokens.expect(Token.Kind.BLOCK_END);
        return body(ends);
    }

    /** The same, with the end consumed. */
    private List<Stmt> insideUpTo(String end) {
        List<Stmt> body = inside(end);
        tokens.next();
        return body;
    }

    private Stmt statement(String... ends) {
        Token tag = tokens.now();
        if (!tag.is(Token.Kind.NAME)) {
            throw tokens.fault("tag name expected");
        }
        tokens.next();
        int line = tag.line();
        return switch (tag.text()) {
            case "for" -> loop(line);
            case "if" -> condition(line);
            case "set" -> set(line);
            case "macro" -> {
                String name = expressions.targetName().name();
                Node.Signature signature = signature();
                yield new Node.Macro(name, signature, insideUpTo("endmacro"), line);
            }
            case "call" -> {
                var signature = tokens.now().isOperator("(") ? signature() : Node.Signature.EMPTY;
                if (!(expressions.expression() instanceof Node.Call call)) {
                    throw Fault.syntax("expected call", line);
                }
                yield new Node.CallBlock(call, signature, insideUpTo("endcall"), line);
            }
            case "generation" -> new Node.CallBlock(null, Node.Signature.EMPTY, insideUpTo("endgeneration"), line);
            case "filter" -> {
                Node.Filter filter = expressions.filters();
                yield new Node.FilterBlock(filter, insideUpTo("endfilter"), line);
            }
            case "with" -> with(line);
            case "print" -> {
                var parts = new ArrayList<Expr>();
                while (!tokens.now().is(Token.Kind.BLOCK_END)) {
                    if (!parts.isEmpty()) {
                        tokens.expectOperator(",");
                    }
                    parts.add(expressions.expression());
                }
                yield new Node.Output(parts, line);
            }
            case "block" -> block(line);
            case "autoescape" -> {
                Expr enabled = expressions.expression();
                yield new Node.Autoescape(enabled, insideUpTo("endautoescape"), line);
            }
            case "break" -> new Node.Break(line);
            case "continue" -> new Node.Continue(line);
            case "include", "import", "from", "extends" -> {
                while (!tokens.now().is(Token.Kind.BLOCK_END) && !tokens.now().is(Token.Kind.END)) {
                    tokens.next();
                }
                yield new Node.Unloadable(tag.text(), line);
            }
            default -> {
                String looking = ends.length == 0
                        ? ""
                        : " Jinja was looking for the following tags: " + String.join(" or ", quoted(ends)) + ".";
                throw Fault.syntax("Encountered unknown tag '" + tag.text() + "'." + looking, line);
            }
        };
    }

    private Stmt loop(int line) {
        Expr target = expressions.target(false, "in");
        tokens.expectName("in");
        Expr iterable = expressions.tuple(false, "recursive");
        Expr test = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        List<Stmt> body = inside("endfor", "else");
        List<Stmt> otherwise = tokens.next().isName("endfor") ? List.of() : insideUpTo("endfor");
        return new Node.For(target, iterable, body, otherwise, test, recursive, line);
    }

    private Stmt condition(int line) {
        Expr test = expressions.tuple(false);
        List<Stmt> body = inside("elif", "else", "endif");
        var elifs = new ArrayList<Node.If>();
        while (true) {
            Token token = tokens.next();
            if (token.isName("elif")) {
                int elifLine = tokens.now().line();
                Expr elifTest = expressions.tuple(false);
                List<Stmt> elifBody = inside("elif", "else", "endif");
                elifs.add(new Node.If(elifTest, elifBody, List.of(), List.of(), elifLine));
                continue;
            }
            List<Stmt> otherwise = token.isName("else") ? insideUpTo("endif") : List.of();
            return new Node.If(test, body, elifs, otherwise, line);
        }
    }

    private Stmt set(int line) {
        Expr target = expressions.target(true);
        if (tokens.skipOperator("=")) {
            return new Node.Set(target, expressions.tuple(true), line);
        }
        Node.Filter filter = tokens.now().isOperator("|") ? expressions.pipedFilters() : null;
        return new Node.SetBlock(target, filter, insideUpTo("endset"), line);
    }

    private Node.Signature signature() {
        var parameters = new ArrayList<Node.Name>();
        var defaults = new ArrayList<Expr>();
        var names = new HashSet<String>();
        tokens.expectOperator("(");
        while (!tokens.now().isOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            Node.Name target = expressions.targetName();
            if (!names.add(target.name())) {
                throw Fault.syntax("duplicate argument '" + target.name() + "' in function definition", target.line());
            }
            if (tokens.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw tokens.fault("non-default argument follows default argument");
            }
            parameters.add(new Node.Name(target.name(), Node.Use.PARAMETER, target.line()));
        }
        tokens.expectOperator(")");
        return new Node.Signature(parameters, defaults);
    }

    private Stmt with(int line) {
        var targets = new ArrayList<Expr>();
        var values = new ArrayList<Expr>();
        while (!tokens.now().is(Token.Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(ExpressionParser.as(Node.Use.PARAMETER, expressions.target(false)));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Node.With(targets, values, insideUpTo("endwith"), line);
    }

    private Stmt block(int line) {
        String name = tokens.expect(Token.Kind.NAME).text();
        boolean scoped = tokens.skipName("scoped");
        boolean required = tokens.skipName("required");
        if (tokens.now().isOperator("-")) {
            throw tokens.fault("Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
                    + " use an underscore instead.");
        }
        List<Stmt> body = insideUpTo("endblock");
        if (required) {
            boolean blank = body.stream()
                    .allMatch(stmt -> stmt instanceof Node.Output output
                            && output.parts().stream()
                                    .allMatch(part -> part instanceof Node.Text text
                                            && text.text().text().isBlank()));
            if (!blank) {
                throw Fault.syntax("Required blocks can only contain comments or whitespace", line);
            }
        }
        tokens.skipName(name);
        return new Node.Block(name, scoped, required, body, line);
    }
}
