package dev.puna.server.http;

/**
 * Who asks.
 *
 * @param name what the key's owner is called in metrics, in stored things, and as the scope of the prefix cache
 */
public record Account(String name) {
    /** Everybody, where no keys are configured. */
    public static final Account LOCAL = new Account("local");
}
