package dev.puna.text.jinja;

import java.util.List;

/** The tokens of a template and how far the parser has come. */
final class Tokens {
    private final List<Token> tokens;
    private int at;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token now() {
        return tokens.get(at);
    }

    /** The token behind the current one. */
    Token ahead() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /** Goes one token on and returns the one left behind. */
    Token next() {
        Token token = tokens.get(at);
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    boolean skipOperator(String operator) {
        boolean there = now().isOperator(operator);
        if (there) {
            next();
        }
        return there;
    }

    boolean skipName(String name) {
        boolean there = now().isName(name);
        if (there) {
            next();
        }
        return there;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected(operator);
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected(name);
        }
    }

    Token expect(Token.Kind kind) {
        if (!now().is(kind)) {
            throw unexpected(kind == Token.Kind.NAME ? "name" : new Token(kind, "", null, 0).described());
        }
        return next();
    }

    private Fault unexpected(String wanted) {
        return fault(
                now().is(Token.Kind.END)
                        ? "unexpected end of template, expected '" + wanted + "'."
                        : "expected token '" + wanted + "', got '" + now().described() + "'");
    }

    Fault fault(String what) {
        return Fault.syntax(what, now().line());
    }
}
