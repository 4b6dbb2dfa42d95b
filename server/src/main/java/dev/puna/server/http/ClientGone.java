package dev.puna.server.http;

/** The client has left, or takes nothing; nobody is there to be told. */
public final class ClientGone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientGone() {
        super("the client is gone", null, false, false);
    }
}
