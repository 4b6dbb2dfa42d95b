package dev.puna.engine;

import dev.puna.sample.Constraint;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampling;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A request's tokens, where their keys and values lie in the cache, and how far they are computed. */
final class Sequence {
    private static final int ROOM = 2048; // tokens of an answer for which there is room at once
    private static final int AHEAD = 16; // tokens that may be guessed behind the last

    final Request request;
    final Generation generation;
    final long seed;
    final long asked = System.nanoTime();
    final int most; // tokens, prompt and answer
    final @Nullable Constraint constraint;
    final @Nullable Pooled pooled; // present: its states are asked for, not an answer
    float @Nullable [] embedding; // once it is over
    final @Nullable Logprobs[] scores; // of the prompt's tokens from the second on; empty where nobody asked
    long started; // nanoTime of the first step, 0 before
    long firstToken; // nanoTime, 0 before
    long lastToken; // nanoTime, 0 before any
    int cached; // tokens of the prompt that were in the cache

    // The scheduler's:
    Account account = new Account("", 0);
    long arrived; // the step before which it came
    boolean restarted; // lost its place in the cache at least once
    PrefixTree.@Nullable Node node; // of its last shared block; null without a place
    int planned; // tokens of this step, guesses among them
    int drafts; // guesses of this step: they stand after the tokens that count
    int drafted; // tokens that a draft model has computed
    final int[] prediction; // of its caller
    int predicted; // where the prediction went on when it last did
    boolean predicts; // whether this step's guesses are the prediction's
    int predictionAccepted; // guesses
    int predictionRejected;
    final Speculation.Luck luck;

    final PrefixTree.Scope scope;
    private final int[] ends;
    private final int promptLength;
    private int[] tokens;
    private int length;
    private int computed;
    private int[] blocks = new int[64];
    private int blockCount;
    private int shared;

    Sequence(Request request, Generation generation, long seed, int most) {
        this(request, generation, seed, most, null);
    }

    Sequence(Request request, Generation generation, long seed, int most, @Nullable Pooled pooled) {
        this.request = request;
        this.pooled = pooled;
        this.generation = generation;
        this.seed = seed;
        this.most = most;
        constraint = request.constraint().orElse(null);
        ends = request.ends().stream().mapToInt(Integer::intValue).toArray();
        scope = new PrefixTree.Scope(request.scope(), request.adapter());
        int[] prompt = request.prompt();
        promptLength = prompt.length;
        tokens = Arrays.copyOf(prompt, Math.min(most, promptLength + ROOM) + AHEAD);
        prediction = request.prediction();
        luck = new Speculation.Luck(prediction.length > 0);
        length = promptLength;
        scores = new Logprobs[sampling().scored() && sampling().logprobs().isPresent() ? promptLength - 1 : 0];
    }

    /** Whether a token of the prompt is still to be scored. */
    boolean scoring() {
        return scores.length > 0 && scores[scores.length - 1] == null;
    }

    /** Whether every token must go through the model, also what others have computed. */
    boolean readsAll() {
        return pooled != null || scoring();
    }

    Sampling sampling() {
        return request.sampling();
    }

    /** Whether this token ends the answer. */
    boolean endsWith(int id) {
        for (int end : ends) {
            if (end == id) {
                return true;
            }
        }
        return false;
    }

    int promptLength() {
        return promptLength;
    }

    /** Prompt and answer; {@link #length} of them count. */
    int[] tokens() {
        return tokens;
    }

    int length() {
        return length;
    }

    /** How many tokens' keys and values are in the cache. */
    int computed() {
        return computed;
    }

    /** Tokens still to compute before the next one can be chosen: 1 while the answer grows. */
    int left() {
        return length - computed;
    }

    Usage usage() {
        long now = System.nanoTime();
        long begun = started == 0 ? now : started;
        long first = firstToken == 0 ? now : firstToken;
        long last = firstToken == 0 ? now : lastToken;
        return new Usage(
                promptLength,
                cached,
                length - promptLength,
                predictionAccepted,
                predictionRejected,
                begun - asked,
                first - begun,
                last - first);
    }

    void append(int token) {
        draft(0, token);
        length++;
    }

    /** Guesses the token that stands {@code ahead} of the next one. */
    void draft(int ahead, int token) {
        int at = length + ahead;
        if (at >= tokens.length) {
            tokens = Arrays.copyOf(tokens, at + at / 2 + AHEAD);
        }
        tokens[at] = token;
    }

    void advance(int count) {
        computed += count;
        assert computed <= length;
    }

    /** As {@link #advance}, over tokens that somebody else has computed. */
    void skip(int count) {
        advance(count);
        if (!restarted) {
            cached += count;
        }
    }

    /** The first {@link #blockCount} count: those it shares, then its own. */
    int[] blocks() {
        return blocks;
    }

    int blockCount() {
        return blockCount;
    }

    /** How many of its blocks are nodes of the tree, up to {@link #node}. */
    int shared() {
        return shared;
    }

    void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * blockCount);
        }
        blocks[blockCount++] = block;
    }

    /** Puts a shared block after those that are shared already, in the place of its own if it has one there. */
    void share(PrefixTree.Node next) {
        if (shared == blockCount) {
            addBlock(next.block());
        } else {
            blocks[shared] = next.block();
        }
        node = next;
        shared++;
    }

    /** Has no place in the cache any more. What it held must be computed again. */
    void clear() {
        node = null;
        shared = 0;
        blockCount = 0;
        computed = 0;
        drafted = 0;
        if (pooled != null) {
            pooled.clear();
        }
    }
}
