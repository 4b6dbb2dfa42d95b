package dev.puna.engine;

/** Whose requests they are, as the {@link Scheduler} counts. */
final class Account {
    final String name;
    int sequences; // that are not over
    int running;
    long served; // tokens computed, from what the least served had when this one came

    Account(String name, long served) {
        this.name = name;
        this.served = served;
    }
}
