package dev.puna.chat;

import dev.puna.engine.Priority;
import dev.puna.model.Adapter;
import java.util.Optional;

/**
 * Who asks, and how that is served.
 *
 * @param account turns are shared fairly between accounts
 * @param scope questions of the same scope share what was computed for equal beginnings
 * @param priority how soon the answer is begun
 * @param adapter what the model's weights are adapted with
 */
public record Caller(String account, String scope, Priority priority, Optional<Adapter> adapter) {
    public static final Caller ANYONE = new Caller("", "", Priority.NORMAL, Optional.empty());

    /** An account that shares nothing computed with others. */
    public Caller(String account) {
        this(account, account, Priority.NORMAL, Optional.empty());
    }
}
