package dev.puna.engine;

import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Batch;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampler;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Guesses by a smaller model of the same vocabulary. It keeps its own keys and values in blocks of the same numbers as
 * the model's. It draws as the model will, with the same wishes and the same luck, so that two models that think alike
 * choose alike at every temperature.
 *
 * <p>Nothing hangs on its guesses but time: a token that the model would not choose is not taken.
 */
final class DraftModel implements Drafter {
    private final Loop.Pass pass;
    private final Sampler sampler;
    private final int stepTokens;
    private final Batch batch = new Batch();
    private final List<Sequence> ready = new ArrayList<>(); // for the next guess
    private final List<@Nullable Constraint> constraints = new ArrayList<>(); // of those

    /** @param stepTokens the most tokens of one pass; a prompt longer than that comes in during several steps */
    DraftModel(Loop.Pass pass, int vocabulary, int stepTokens) {
        this.pass = pass;
        this.stepTokens = stepTokens;
        sampler = new Sampler(vocabulary);
    }

    @Override
    public void guess(List<Sequence> sequences) {
        ready.clear();
        constraints.clear();
        for (int i = 0; i < sequences.size(); i++) {
            Sequence s = sequences.get(i);
            if (s.drafts > 0) {
                catchUp(s);
                if (s.length() - s.drafted <= 2) {
                    ready.add(s);
                    constraints.add(s.constraint == null ? null : s.constraint.fork());
                } else {
                    s.drafts = 0;
                }
            }
        }
        for (int round = 0; !ready.isEmpty(); round++) {
            fill(round);
            Tensor logits = pass.logits(batch);
            for (int i = ready.size() - 1; i >= 0; i--) {
                Sequence s = ready.get(i);
                Constraint constraint = constraints.get(i);
                s.drafted = s.length() + round;
                int id = sampler.pick(
                        logits.data(),
                        i * logits.rowBytes(),
                        s.sampling(),
                        s.tokens(),
                        s.promptLength(),
                        s.length() + round,
                        s.seed,
                        constraint,
                        s.request.ends());
                s.draft(round, id);
                boolean end = s.endsWith(id);
                if (!end && constraint != null) {
                    constraint.accept(id);
                }
                if (end || round + 1 == s.drafts || constraint != null && constraint.complete()) {
                    s.drafts = round + 1;
                    ready.remove(i);
                    constraints.remove(i);
                }
            }
        }
    }

    /** Computes what was not there when it last guessed: the prompt at first, in pieces. */
    private void catchUp(Sequence s) {
        int count = Math.min(s.length() - 1 - s.drafted, stepTokens);
        if (count > 1) { // one more goes with the first guess
            batch.begin(count);
            batch.add(s.tokens(), s.drafted, count, s.blocks(), Outputs.NONE, Optional.empty());
            pass.logits(batch);
            s.drafted += count;
        }
    }

    /** Makes a batch of the tokens that are missing for the next guess. */
    private void fill(int round) {
        int count = 0;
        for (int i = 0; i < ready.size(); i++) {
            Sequence s = ready.get(i);
            count += s.length() + round - s.drafted;
        }
        batch.begin(count);
        for (int i = 0; i < ready.size(); i++) {
            Sequence s = ready.get(i);
            int missing = s.length() + round - s.drafted;
            batch.add(s.tokens(), s.drafted, missing, s.blocks(), Outputs.LAST, Optional.empty());
        }
    }

    @Override
    public void close() {
        pass.close();
    }
}
