package dev.puna.bench;

/** What was asked for does not exist or makes no sense; the message says which, for whoever asked. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
        super(message);
    }
}
