package dev.puna.server.wire;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that ends with an error. Each API has its own way to write it; what happened is the same in all of them. */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of error it is, with the status that HTTP has for it. */
    public enum Kind {
        INVALID(400),
        UNAUTHORISED(401),
        FORBIDDEN(403),
        NOT_FOUND(404),
        WRONG_METHOD(405),
        TIMEOUT(408),
        CONFLICT(409),
        TOO_LARGE(413),
        WRONG_TYPE(415),
        OVERLOADED(429),
        INTERNAL(500),
        NOT_OFFERED(501),
        UNAVAILABLE(503);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private final Kind kind;
    private final @Nullable String field;
    private final @Nullable String code;
    private final @Nullable Duration retryAfter;

    private Failure(
            Kind kind,
            @Nullable String field,
            @Nullable String code,
            String message,
            @Nullable Duration retryAfter,
            @Nullable Throwable cause) {
        super(message, cause, false, cause != null);
        this.kind = kind;
        this.field = field;
        this.code = code;
        this.retryAfter = retryAfter;
    }

    public static Failure of(Kind kind, String message) {
        return new Failure(kind, null, null, message, null, null);
    }

    /**
     * A field that cannot be served.
     *
     * @param field its path in the request, such as {@code messages[0].content}
     * @param what is wrong with it, to be read after its name: "must be 0 to 2, not 3"
     */
    public static Failure invalid(String field, String what) {
        return new Failure(Kind.INVALID, field, null, "'" + field + "' " + what, null, null);
    }

    /** No such model. */
    public static Failure noModel(String message) {
        return new Failure(Kind.NOT_FOUND, "model", "model_not_found", message, null, null);
    }

    /** A prompt longer than the context; the message has both numbers. */
    public static Failure tooLong(String field, String message) {
        return new Failure(Kind.INVALID, field, "context_length_exceeded", message, null, null);
    }

    public static Failure overloaded(String message, Duration retryAfter) {
        return new Failure(Kind.OVERLOADED, null, "overloaded", message, retryAfter, null);
    }

    public static Failure unavailable(String message, Duration retryAfter) {
        return new Failure(Kind.UNAVAILABLE, null, null, message, retryAfter, null);
    }

    /** A fault of ours. The caller is told a fixed text; the cause goes to the log. */
    public static Failure internal(Throwable cause) {
        return new Failure(Kind.INTERNAL, null, null, "internal error: the server's log says more", null, cause);
    }

    public Kind kind() {
        return kind;
    }

    public int status() {
        return kind.status();
    }

    /** The request's field at fault. */
    public Optional<String> field() {
        return Optional.ofNullable(field);
    }

    /** A short name for programs, where there is one. */
    public Optional<String> code() {
        return Optional.ofNullable(code);
    }

    /** When to try again, where that helps. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** What happened, in one line. */
    public String message() {
        return String.valueOf(getMessage());
    }
}
