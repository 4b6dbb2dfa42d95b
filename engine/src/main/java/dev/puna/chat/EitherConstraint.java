package dev.puna.chat;

import dev.puna.sample.Constraint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An answer in one of two languages; which of them shows as it comes. */
final class EitherConstraint implements Constraint {
    private final List<Constraint> left;

    EitherConstraint(Constraint a, Constraint b) {
        this(List.of(a, b));
    }

    private EitherConstraint(List<Constraint> left) {
        this.left = new ArrayList<>(left);
    }

    @Override
    public void allowed(long[] mask) {
        left.getFirst().allowed(mask);
        long[] more = new long[mask.length];
        for (Constraint other : left.subList(1, left.size())) {
            other.allowed(more);
            for (int i = 0; i < mask.length; i++) {
                mask[i] |= more[i];
            }
        }
    }

    /** For one of them; the other's turn may come in the next step. */
    @Override
    public @Nullable Runnable ahead() {
        return left.stream()
                .map(Constraint::ahead)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    @Override
    public boolean allows(int token) {
        return left.stream().anyMatch(one -> one.allows(token));
    }

    @Override
    public void accept(int token) {
        if (!allows(token)) {
            throw new IllegalArgumentException("token " + token + " is not allowed here");
        }
        left.removeIf(one -> !one.allows(token));
        left.forEach(one -> one.accept(token));
    }

    @Override
    public boolean mayEnd() {
        return left.stream().anyMatch(Constraint::mayEnd);
    }

    @Override
    public boolean complete() {
        return left.stream().allMatch(Constraint::complete);
    }

    @Override
    public int[] forced() {
        return left.size() == 1 ? left.getFirst().forced() : new int[0];
    }

    @Override
    public Constraint fork() {
        return new EitherConstraint(left.stream().map(Constraint::fork).toList());
    }
}
