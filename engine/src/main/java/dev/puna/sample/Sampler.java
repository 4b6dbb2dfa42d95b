package dev.puna.sample;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses tokens. The steps, in order:
 *
 * <ol>
 *   <li>logit bias is added;
 *   <li>the repetition penalty, over the prompt and the answer so far;
 *   <li>the presence and frequency penalties, over the answer so far;
 *   <li>what a {@link Constraint} forbids is out;
 *   <li>at temperature 0 the highest logit wins, the lower id among equals, and nothing below is looked at; else logits
 *       are divided by the temperature and become probabilities (softmax);
 *   <li>top-k, then top-p of what top-k left, then min-p, then typical of what is left by then; each keeps at least one
 *       token and the last probabilities are scaled to a sum of one;
 *   <li>one token is drawn.
 * </ol>
 *
 * <p>The draw for the answer's n-th token (from 0) is the n-th output of SplitMix64 started at the seed: it depends on
 * the seed and on n, on nothing else.
 *
 * <p>Holds scratch memory for one row, so an instance serves one thread; it keeps nothing between calls.
 */
public final class Sampler {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final int vocabulary;
    private final float[] logits; // [vocabulary]
    private final long[] keys; // [vocabulary], candidates: see key()
    private final double[] weights; // [vocabulary], of the candidates, in their order
    private final long[] mask; // a bit for each token
    private final int[] counts; // [vocabulary], zero between calls
    // For typical tokens, made when they are asked for first
    private long[] byDistance = {};
    private long[] oldKeys = {};
    private double[] oldWeights = {};

    private final BiConsumer<Integer, Double> addBias = this::addBias;

    public Sampler(int vocabulary) {
        this.vocabulary = vocabulary;
        logits = new float[vocabulary];
        keys = new long[vocabulary];
        weights = new double[vocabulary];
        mask = new long[(vocabulary + 63) / 64];
        counts = new int[vocabulary];
    }

    /**
     * The next token's id.
     *
     * @param row the model's logits, f32 [vocabulary]; not changed
     * @param tokens prompt and answer so far
     * @param promptLength how many of {@code tokens} are the prompt
     * @param length how many of {@code tokens} count
     * @param seed takes the place of {@code sampling.seed()}, which may be absent
     * @throws ArithmeticException if a logit is not a number or infinite upwards, or none is finite
     */
    public int pick(MemorySegment row, Sampling sampling, int[] tokens, int promptLength, int length, long seed) {
        return pick(row, 0, sampling, tokens, promptLength, length, seed, null, Set.of());
    }

    /**
     * The next token's id among those that the constraint allows.
     *
     * @param rows logits, of which the row begins at byte {@code at}
     * @param constraint not told the choice; null allows everything
     * @param ends the tokens that end the answer, allowed where the constraint may end
     */
    public int pick(
            MemorySegment rows,
            long at,
            Sampling sampling,
            int[] tokens,
            int promptLength,
            int length,
            long seed,
            @Nullable Constraint constraint,
            Set<Integer> ends) {
        load(rows, at);
        if (!sampling.logitBias().isEmpty()) {
            sampling.logitBias().forEach(addBias);
        }
        if (sampling.penalises()) {
            penalise(sampling, tokens, promptLength, length);
        }
        int best = best();
        if (constraint != null && !(sampling.greedy() && allowed(best, constraint, ends))) {
            forbid(constraint, ends);
            best = best();
        }
        if (sampling.greedy()) {
            return best;
        }
        int kept = candidates(sampling, logits[best]);
        if (sampling.typical() < 1) {
            kept = typical(kept, sampling.typical());
        }
        return draw(kept, uniform(seed, length - promptLength));
    }

    /** What the raw logits say of {@code chosen} and of the {@code most} likeliest tokens. Shapes as in {@link #pick}. */
    public Logprobs logprobs(MemorySegment row, int chosen, int most) {
        load(row, 0);
        double norm = logSumExp(logits[best()]);
        int n = topKeys(Math.min(most, vocabulary));
        int[] ids = new int[n];
        double[] logprobs = new double[n];
        for (int i = 0; i < n; i++) {
            ids[i] = id(keys[i]);
            logprobs[i] = logits[ids[i]] - norm;
        }
        return new Logprobs(logits[chosen] - norm, ids, logprobs);
    }

    /** The natural logarithm of the probability that a row of raw logits gives to {@code id}. */
    public double logprob(MemorySegment row, int id) {
        load(row, 0);
        return logits[id] - logSumExp(logits[best()]);
    }

    private void addBias(int id, double bias) {
        if (id >= 0 && id < vocabulary) {
            logits[id] += (float) bias;
        }
    }

    private static boolean allowed(int id, Constraint constraint, Set<Integer> ends) {
        return ends.contains(id) ? constraint.mayEnd() : constraint.allows(id);
    }

    private void forbid(Constraint constraint, Set<Integer> ends) {
        constraint.allowed(mask);
        for (int end : ends) {
            if (end >= 0 && end < vocabulary) {
                long bit = 1L << end;
                mask[end >> 6] = constraint.mayEnd() ? mask[end >> 6] | bit : mask[end >> 6] & ~bit;
            }
        }
        for (int word = 0; word < mask.length; word++) {
            int last = Math.min(64, vocabulary - 64 * word);
            for (long out = ~mask[word]; out != 0; out &= out - 1) {
                int bit = Long.numberOfTrailingZeros(out);
                if (bit >= last) {
                    break;
                }
                logits[64 * word + bit] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void load(MemorySegment rows, long at) {
        MemorySegment.copy(rows, ValueLayout.JAVA_FLOAT, at, logits, 0, vocabulary);
    }

    private double logSumExp(double max) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }

    private void penalise(Sampling sampling, int[] tokens, int promptLength, int length) {
        // A prompt's token counts 1 for presence in the prompt; an answer's token adds 2, so counts / 2 is its
        // frequency.
        for (int i = 0; i < length; i++) {
            int id = tokens[i];
            counts[id] = i < promptLength ? 1 : counts[id] + 2;
        }
        for (int i = 0; i < length; i++) {
            int id = tokens[i];
            int count = counts[id];
            if (count == 0) {
                continue; // done before
            }
            counts[id] = 0;
            double logit = logits[id];
            logit = logit > 0 ? logit / sampling.repeatPenalty() : logit * sampling.repeatPenalty();
            if (count >= 2) {
                logit -= sampling.presencePenalty() + sampling.frequencyPenalty() * (count / 2);
            }
            logits[id] = (float) logit;
        }
    }

    private int best() {
        int best = 0;
        for (int i = 0; i < vocabulary; i++) {
            if (!(logits[i] < Float.POSITIVE_INFINITY)) {
                throw new ArithmeticException("the logit of token " + i + " is " + logits[i]);
            }
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        if (logits[best] == Float.NEGATIVE_INFINITY) {
            throw new ArithmeticException("every logit is minus infinity");
        }
        return best;
    }

    /** Fills keys and weights, likeliest first where a cut asks for an order, and returns how many are kept. */
    private int candidates(Sampling sampling, double max) {
        double scale = 1 / sampling.temperature();
        int n;
        double total = 0;
        if (sampling.topK() > 0 && sampling.topK() < vocabulary) {
            n = topKeys(sampling.topK());
            for (int i = 0; i < n; i++) {
                weights[i] = Math.exp((logits[id(keys[i])] - max) * scale);
                total += weights[i];
            }
        } else {
            // Tokens under `floor` weigh less than (1 - topP) of the whole together, so top-p keeps none of them:
            // they are left out of the sort, not out of the sum.
            double floor = sampling.topP() < 1 ? (1 - sampling.topP()) / vocabulary : 0;
            n = 0;
            for (int i = 0; i < vocabulary; i++) {
                double weight = Math.exp((logits[i] - max) * scale);
                total += weight;
                if (weight >= floor) {
                    keys[n] = key(i);
                    weights[n++] = weight;
                }
            }
            if (sampling.topP() < 1) {
                heap(keys, n);
                sort(keys, n);
                for (int i = 0; i < n; i++) {
                    weights[i] = Math.exp((logits[id(keys[i])] - max) * scale);
                }
            }
        }
        if (sampling.topP() < 1) {
            n = reach(n, sampling.topP() * total);
        }
        if (sampling.minP() > 0) {
            int kept = 0;
            for (int i = 0; i < n; i++) {
                if (weights[i] >= sampling.minP()) { // the likeliest weighs 1
                    keys[kept] = keys[i];
                    weights[kept++] = weights[i];
                }
            }
            n = kept;
        }
        return n;
    }

    /** How many weights from the first on reach {@code sum}; at least one. */
    private int reach(int n, double sum) {
        double reached = weights[0];
        int kept = 1;
        while (kept < n && reached < sum) {
            reached += weights[kept++];
        }
        return kept;
    }

    private int typical(int n, double mass) {
        double total = 0;
        for (int i = 0; i < n; i++) {
            total += weights[i];
        }
        double entropy = 0;
        for (int i = 0; i < n; i++) {
            double p = weights[i] / total;
            entropy -= p > 0 ? p * Math.log(p) : 0;
        }
        // Sort by distance from the entropy: non-negative floats order as their bits do.
        if (byDistance.length < n) {
            byDistance = new long[vocabulary];
            oldKeys = new long[vocabulary];
            oldWeights = new double[vocabulary];
        }
        for (int i = 0; i < n; i++) {
            float distance = (float) Math.abs(-Math.log(weights[i] / total) - entropy);
            byDistance[i] = ((long) Float.floatToIntBits(distance) << 32) | i;
        }
        heap(byDistance, n);
        sort(byDistance, n);
        System.arraycopy(keys, 0, oldKeys, 0, n);
        System.arraycopy(weights, 0, oldWeights, 0, n);
        for (int i = 0; i < n; i++) {
            int from = (int) byDistance[i];
            keys[i] = oldKeys[from];
            weights[i] = oldWeights[from];
        }
        return reach(n, mass * total);
    }

    private int draw(int n, double uniform) {
        double total = 0;
        for (int i = 0; i < n; i++) {
            total += weights[i];
        }
        double left = uniform * total;
        int last = 0;
        for (int i = 0; i < n; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    break;
                }
            }
        }
        return id(keys[last]); // rounding may leave a crumb after the last weight
    }

    /** Output {@code n} of SplitMix64 from {@code seed}, as a number in [0, 1). */
    static double uniform(long seed, long n) {
        long z = seed + (n + 1) * GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
    }

    /** Puts the {@code k} likeliest tokens into keys, likeliest first: a heap of the best so far, the worst on top. */
    private int topKeys(int k) {
        if (k == 0) {
            return 0;
        }
        for (int i = 0; i < k; i++) {
            keys[i] = key(i);
        }
        heap(keys, k);
        for (int i = k; i < vocabulary; i++) {
            long key = key(i);
            if (key < keys[0]) {
                keys[0] = key;
                sink(keys, 0, k);
            }
        }
        sort(keys, k);
        return k;
    }

    // Sorting without any memory of its own, which the JDK's takes where it finds runs

    /** Puts the largest on top. */
    private static void heap(long[] keys, int size) {
        for (int i = size / 2 - 1; i >= 0; i--) {
            sink(keys, i, size);
        }
    }

    /** Sorts what is a heap. */
    private static void sort(long[] heap, int size) {
        for (int end = size - 1; end > 0; end--) {
            long largest = heap[0];
            heap[0] = heap[end];
            sink(heap, 0, end);
            heap[end] = largest;
        }
    }

    private static void sink(long[] keys, int at, int size) {
        long key = keys[at];
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && keys[child + 1] > keys[child]) {
                child++;
            }
            if (keys[child] <= key) {
                break;
            }
            keys[at] = keys[child];
            at = child;
        }
        keys[at] = key;
    }

    /** Smaller is likelier, then the lower id: the logit's bits made to order downwards, above the id. */
    private long key(int id) {
        int bits = Float.floatToRawIntBits(logits[id] + 0f); // + 0 so that -0 equals 0
        int upwards = bits ^ ((bits >> 31) & 0x7FFFFFFF);
        return ((long) ~upwards << 32) | id;
    }

    private static int id(long key) {
        return (int) key;
    }
}
