package dev.puna.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Guesses that an answer goes on as its caller predicted, from where it last did: right where an answer is a text of the
 * caller's with a few changes. Where the prediction does not have the answer's last tokens, another drafter guesses.
 */
final class Prediction implements Drafter {
    private static final int MOST = 3; // tokens of the answer that must stand in the prediction
    private static final int LEAST = 2; // unless the answer has fewer yet

    private final Drafter others;
    private final List<Sequence> rest = new ArrayList<>();

    Prediction(Drafter others) {
        this.others = others;
    }

    @Override
    public void guess(List<Sequence> sequences) {
        rest.clear();
        for (int i = 0; i < sequences.size(); i++) {
            Sequence s = sequences.get(i);
            s.predicts = s.drafts > 0 && guess(s);
            if (!s.predicts) {
                rest.add(s);
            }
        }
        others.guess(rest);
    }

    private static boolean guess(Sequence s) {
        int[] prediction = s.prediction;
        int at = prediction.length == 0 ? -1 : next(s);
        if (at < 0) {
            return false;
        }
        s.predicted = at;
        s.drafts = Math.min(s.drafts, prediction.length - at);
        for (int i = 0; i < s.drafts; i++) {
            s.draft(i, prediction[at + i]);
        }
        return true;
    }

    /** Where the prediction goes on after the answer's last tokens: the first such place after the one before, else at all. */
    private static int next(Sequence s) {
        int made = s.length() - s.promptLength();
        int length = s.prediction.length;
        for (int size = Math.min(MOST, made); size >= Math.min(LEAST, made); size--) {
            for (int i = 0; i < length; i++) {
                int at = (s.predicted + i) % length;
                if (at >= size
                        && Arrays.equals(s.prediction, at - size, at, s.tokens(), s.length() - size, s.length())) {
                    return at;
                }
            }
        }
        return -1;
    }

    @Override
    public void close() {
        others.close();
    }
}
