package dev.puna.chat;

import dev.puna.sample.Constraint;
import dev.puna.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Free thinking up to its end mark, which must come; then what another constraint says. */
final class ThoughtConstraint implements Constraint {
    private final Tokenizer tokenizer;
    private final String close;
    private final Constraint rest;
    private String tail = "";
    private boolean over;

    ThoughtConstraint(Tokenizer tokenizer, String close, Constraint rest) {
        this.tokenizer = tokenizer;
        this.close = close;
        this.rest = rest;
    }

    @Override
    public void allowed(long[] mask) {
        if (over) {
            rest.allowed(mask);
        } else {
            Arrays.fill(mask, -1);
        }
    }

    @Override
    public @Nullable Runnable ahead() {
        return over ? rest.ahead() : null;
    }

    @Override
    public boolean allows(int token) {
        return !over || rest.allows(token);
    }

    @Override
    public void accept(int token) {
        if (over) {
            rest.accept(token);
        } else if (token < tokenizer.vocabSize()) {
            tail += new String(tokenizer.bytes(token), StandardCharsets.ISO_8859_1); // marks are ASCII
            over = tail.contains(close);
            tail = tail.substring(Math.max(0, tail.length() - close.length()));
        }
    }

    @Override
    public boolean mayEnd() {
        return over && rest.mayEnd();
    }

    @Override
    public boolean complete() {
        return over && rest.complete();
    }

    @Override
    public int[] forced() {
        return over ? rest.forced() : new int[0];
    }

    @Override
    public Constraint fork() {
        var fork = new ThoughtConstraint(tokenizer, close, rest.fork());
        fork.tail = tail;
        fork.over = over;
        return fork;
    }
}
