package dev.puna.engine;

/** How soon a request is begun when others wait too. Waiting makes up for a low one, so nobody waits for ever. */
public enum Priority {
    /** Work that nobody watches. */
    LOW,
    NORMAL,
    /** Before all others that have not waited long. */
    HIGH
}
