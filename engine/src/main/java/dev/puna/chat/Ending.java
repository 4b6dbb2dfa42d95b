package dev.puna.chat;

/** Why an answer ended. */
public enum Ending {
    /** The model had said what it had to say, or the text reached a stop string. */
    STOP,
    /** The model has called tools and waits for their results. */
    CALLS,
    /** As many new tokens as were asked for, or the context is full. */
    LENGTH,
    /** The model said the same again and again, and nobody had said when to stop. */
    LOOP,
    /** Its caller no longer wanted it. */
    CANCELLED
}
