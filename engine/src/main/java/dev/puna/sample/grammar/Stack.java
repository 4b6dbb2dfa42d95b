package dev.puna.sample.grammar;

import org.jspecify.annotations.Nullable;

/** A reading of a text so far: the innermost thing being read and all that contains it. Never changed. */
final class Stack {
    final Frame frame;
    final @Nullable Stack below;
    private final int hash;

    Stack(Frame frame, @Nullable Stack below) {
        this.frame = frame;
        this.below = below;
        hash = 31 * frame.hashCode() + (below == null ? 0 : below.hash);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        Stack a = this;
        Stack b = other instanceof Stack that ? that : null;
        while (a != b) {
            if (a == null || b == null || a.hash != b.hash || !a.frame.equals(b.frame)) {
                return false;
            }
            a = a.below;
            b = b.below;
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
