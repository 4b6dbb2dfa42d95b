package dev.puna.engine;

import java.util.List;

/**
 * When to guess tokens ahead, and how many. One pass over a few tokens takes little longer than over one where reading
 * the weights is what takes time; so tokens that a {@link Drafter} guesses are computed along, and those that turn out to
 * be what would have been chosen anyway are won. What is chosen never hangs on it.
 *
 * <p>It pays where guesses come true and few sequences run. Both are measured: how often the guesses of each sequence
 * came true of late, and how long steps of so many tokens take, guessing included. What is not known yet is tried.
 */
final class Speculation {
    private static final int FIRST = 4; // guesses for a sequence that is not known yet
    private static final int MOST_TOKENS = 32; // of a step with guesses
    private static final double NEW = 0.25; // weight of the newest measurement
    private static final double FADE = 0.99; // what is not measured any more is trusted less and less

    private final Drafter drafter;
    private final int most;
    private final double[] without = new double[MOST_TOKENS + 1]; // nanoseconds of a step of so many tokens; 0: not known
    private final double[] with = new double[MOST_TOKENS + 1]; // the same where some of them are guesses

    /** @param most guesses of one sequence in one step; 0: never */
    Speculation(Drafter drafter, int most) {
        this.drafter = drafter;
        this.most = most;
    }

    /** Whether to guess for sequences that all grow by one token in this step, {@link Sequence#drafts} each. */
    boolean wants(List<Sequence> plan) {
        int sequences = plan.size();
        int tokens = sequences;
        double won = 0;
        if (sequences >= MOST_TOKENS || most == 0) {
            return false;
        }
        int share = Math.min(most, (MOST_TOKENS - sequences) / sequences);
        for (Sequence s : plan) {
            s.drafts = s.luck.wish(Math.min(share, s.most - s.length() - 1));
            tokens += s.drafts;
            won += s.luck.expected(s.drafts);
        }
        if (tokens > sequences && pays(sequences, tokens, won)) {
            return true;
        }
        for (Sequence s : plan) {
            s.drafts = 0;
        }
        return false;
    }

    /** Guesses at most {@link Sequence#drafts} tokens of each, and plans those that it guessed. */
    void guess(List<Sequence> plan) {
        drafter.guess(plan);
        for (Sequence s : plan) {
            s.planned += s.drafts;
        }
    }

    private boolean pays(int sequences, int tokens, double won) {
        if (with[tokens] == 0) {
            return true;
        }
        if (without[sequences] == 0) {
            return false;
        }
        boolean pays = (sequences + won) * without[sequences] > sequences * with[tokens];
        if (pays) {
            without[sequences] *= FADE;
        } else {
            with[tokens] *= FADE;
        }
        return pays;
    }

    /** A step in which answers only grew took so long. */
    void took(int sequences, int tokens, long time) {
        if (tokens <= MOST_TOKENS) {
            double[] nanos = tokens > sequences ? with : without;
            nanos[tokens] = nanos[tokens] == 0 ? time : nanos[tokens] + NEW * (time - nanos[tokens]);
        }
    }

    void close() {
        drafter.close();
    }

    /** How guesses for one sequence came true. */
    static final class Luck {
        private int length = FIRST;
        private int misses; // in a row
        private int pause; // steps without guesses
        private double rate = 0.5;

        private int wish(int most) {
            if (pause > 0) {
                pause--;
                return 0;
            }
            return Math.clamp(most, 0, length);
        }

        /** How many of so many guesses come true, as far as one knows. */
        private double expected(int drafts) {
            double sum = 0;
            double all = 1;
            for (int i = 0; i < drafts; i++) {
                all *= rate;
                sum += all;
            }
            return sum;
        }

        void learn(int drafts, int accepted) {
            boolean all = accepted == drafts;
            // The guesses after the first that was wrong say nothing.
            rate += NEW * ((double) accepted / (all ? accepted : accepted + 1) - rate);
            length = all ? Math.max(length, 2 * drafts) : accepted + 1;
            misses = accepted == 0 ? misses + 1 : 0;
            pause = misses < 2 ? 0 : 1 << Math.min(misses, 6);
        }
    }
}
