package dev.puna.engine;

/** Why an answer ended. */
public enum Finish {
    /** The model chose an end token, or the text reached a stop string. */
    STOP,
    /** As many new tokens as were asked for, or the context is full. */
    LENGTH,
    /** Its caller no longer wanted it. */
    CANCELLED
}
