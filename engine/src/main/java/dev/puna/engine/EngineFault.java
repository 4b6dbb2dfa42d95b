package dev.puna.engine;

import org.jspecify.annotations.Nullable;

/** The engine failed while it worked on a request, or was closed before it was done; the cause says more. */
public final class EngineFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EngineFault(@Nullable String what, @Nullable Throwable cause) {
        super(what, cause);
    }
}
