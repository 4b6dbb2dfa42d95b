package dev.puna.kernel;

/** How far back a query sees. */
public sealed interface Reach {

    /** The first position that a query at {@code position} sees; the last is its own. */
    int first(int position);

    /** To the beginning. */
    record All() implements Reach {
        @Override
        public int first(int position) {
            return 0;
        }
    }

    /**
     * A sliding window.
     *
     * @param tokens how many positions a query sees, its own among them
     */
    record Window(int tokens) implements Reach {
        public Window {
            if (tokens < 1) {
                throw new IllegalArgumentException("a window of " + tokens + " tokens");
            }
        }

        @Override
        public int first(int position) {
            return Math.max(0, position - tokens + 1);
        }
    }
}
