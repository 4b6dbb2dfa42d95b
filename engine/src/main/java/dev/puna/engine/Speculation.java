package dev.puna.engine;

import java.util.Arrays;
import java.util.List;

/**
 * When to guess tokens ahead, and how many. One pass over a few tokens takes little longer than over one where reading
 * the weights is what takes time; so tokens that a {@link Drafter} guesses are computed along, and those that turn out to
 * be what would have been chosen anyway are won. What is chosen never hangs on it.
 *
 * <p>A guess pays if it is likelier to come true than it costs, in tokens that the same time would give without. Both are
 * measured: how often the guesses for each sequence came true of late, and how much longer steps of so many sequences
 * take with guesses than without. What was found not to pay is tried again now and then.
 */
final class Speculation {
    private static final int MOST_SEQUENCES = 8; // beyond these guesses do not pay anywhere
    private static final double NEW = 0.25; // weight of the newest measurement
    private static final double USUAL_COST = 0.5; // of a guess, in tokens, until it is known
    private static final double FORGET = 0.998; // of a cost in each step in which it forbids to guess

    private final Drafter drafter;
    private final int most;
    private final boolean measures;
    private final double[] nanos = new double[MOST_SEQUENCES + 1]; // of a step of so many sequences; 0: not known
    private final double[] cost = new double[MOST_SEQUENCES + 1]; // of a guess, by how many sequences run

    /** @param most guesses for one sequence in one step; 0: never */
    Speculation(Drafter drafter, int most) {
        this(drafter, most, USUAL_COST, true);
    }

    /** One that takes a guess to cost so many tokens, whatever the clock says. */
    Speculation(Drafter drafter, int most, double cost) {
        this(drafter, most, cost, false);
    }

    private Speculation(Drafter drafter, int most, double usual, boolean measures) {
        this.drafter = new Prediction(drafter);
        this.most = most;
        this.measures = measures;
        Arrays.fill(cost, usual);
    }

    /** Whether to guess for sequences that all grow by one token in this step, {@link Sequence#drafts} each. */
    boolean wants(List<Sequence> plan) {
        int sequences = plan.size();
        if (most == 0 || sequences > MOST_SEQUENCES || measures && nanos[sequences] == 0) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < sequences; i++) {
            Sequence s = plan.get(i);
            s.drafts = s.luck.worth(cost[sequences], Math.min(most, s.most - s.length() - 1));
            any |= s.drafts > 0;
        }
        if (!any && measures) {
            cost[sequences] *= FORGET;
        }
        return any;
    }

    /** Guesses at most {@link Sequence#drafts} tokens of each, and plans those that it guessed. */
    void guess(List<Sequence> plan) {
        drafter.guess(plan);
        for (int i = 0; i < plan.size(); i++) {
            Sequence s = plan.get(i);
            s.planned += s.drafts;
        }
    }

    /** A step in which answers only grew took so long, guessing included. */
    void took(int sequences, int drafts, long time) {
        if (!measures || sequences > MOST_SEQUENCES) {
            return;
        }
        double usual = nanos[sequences];
        if (drafts == 0) {
            nanos[sequences] = usual == 0 ? time : usual + NEW * (time - usual);
        } else {
            double one = Math.clamp((time / usual - 1) * sequences / drafts, 0, 2);
            cost[sequences] += NEW * (one - cost[sequences]);
        }
    }

    void close() {
        drafter.close();
    }

    /** How guesses for one sequence came true of late. */
    static final class Luck {
        private static final double USUAL = 0.6;
        private static final double PREDICTED = 0.9; // whoever predicts an answer knows most of it
        private static final double HOPE = 0.01; // how fast one comes back to expect the usual

        private final double usual;
        private double rate;

        Luck(boolean predicted) {
            usual = predicted ? PREDICTED : USUAL;
            rate = usual;
        }

        /** How many guesses are each likelier to come true than {@code cost}. */
        private int worth(double cost, int most) {
            int count = 0;
            for (double likely = rate; likely > cost && count < most; likely *= rate) {
                count++;
            }
            if (count == 0) {
                rate += HOPE * (usual - rate);
            }
            return count;
        }

        /** The guesses after the first that was wrong say nothing. */
        void learn(int drafts, int right) {
            int told = right == drafts ? right : right + 1;
            rate += (1 - Math.pow(1 - NEW, told)) * ((double) right / told - rate);
        }
    }
}
