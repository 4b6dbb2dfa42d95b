package dev.puna.engine;

/**
 * A handle under which an {@link Engine} keeps what it computed for a finished request. The next request of the same
 * conversation starts after the tokens that both begin with, as the next turn of a chat does. The tokens it makes are the
 * same with and without; only the time differs. What is kept goes first when the cache fills.
 */
public final class Conversation {}
