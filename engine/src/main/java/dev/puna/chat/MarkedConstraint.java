package dev.puna.chat;

import dev.puna.sample.Constraint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A control token, and then what another constraint says. */
final class MarkedConstraint implements Constraint {
    private final int mark;
    private final Constraint rest;
    private boolean begun;

    MarkedConstraint(int mark, Constraint rest) {
        this.mark = mark;
        this.rest = rest;
    }

    @Override
    public void allowed(long[] mask) {
        if (begun) {
            rest.allowed(mask);
        } else {
            Arrays.fill(mask, 0);
            mask[mark >> 6] |= 1L << mark;
        }
    }

    @Override
    public @Nullable Runnable ahead() {
        return begun ? rest.ahead() : null;
    }

    @Override
    public boolean allows(int token) {
        return begun ? rest.allows(token) : token == mark;
    }

    @Override
    public void accept(int token) {
        if (begun) {
            rest.accept(token);
        } else if (token == mark) {
            begun = true;
        } else {
            throw new IllegalArgumentException("token " + token + " is not allowed here");
        }
    }

    @Override
    public boolean mayEnd() {
        return begun && rest.mayEnd();
    }

    @Override
    public boolean complete() {
        return begun && rest.complete();
    }

    @Override
    public int[] forced() {
        return begun ? rest.forced() : new int[] {mark};
    }

    @Override
    public Constraint fork() {
        var fork = new MarkedConstraint(mark, rest.fork());
        fork.begun = begun;
        return fork;
    }
}
