package dev.puna.engine;

import dev.puna.engine.PrefixTree.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides which tokens of which sequences the next step computes. Pure: no model, no clock, no threads; the same calls
 * give the same plans.
 *
 * <p>Every step serves each growing answer with its one token and shares what is left of the step's tokens among
 * prompts: the least served account's first, and none takes more than half of what is left while others need it.
 *
 * <p>Who waits is begun by priority, which rises with waiting, then by who has least at work, was served least, came
 * first; and once the cache has room for the prompt and for a block more for each that runs. A prompt begins after the
 * tokens that the {@link PrefixTree} has, and waits for one that computes the same tokens just now.
 *
 * <p>If a block is needed and none is free, what nobody uses goes first, then what those hold whose callers do not read,
 * then the youngest sequence of the lowest priority loses its place: it goes to the head of the line and is computed
 * again later. The oldest of the highest priority is never disturbed, so everyone finishes.
 */
final class Scheduler {
    /** A block to copy before the step. */
    record Copy(int from, int to) {}

    private static final Comparator<Sequence> LEAST_SERVED = Comparator.comparingLong(s -> s.account.served);

    private final Limits limits;
    private final Counters counters;
    private final BlockPool pool;
    private final PrefixTree tree;
    private final Map<String, Account> accounts = new HashMap<>();
    private final List<Sequence> all = new ArrayList<>(); // in the order they came
    private final List<Sequence> seen = Collections.unmodifiableList(all);
    private final List<Sequence> waiting = new ArrayList<>(); // in the order they came
    private final List<Sequence> returning = new ArrayList<>(); // had a place before
    private final List<Sequence> running = new ArrayList<>(); // by priority, then in the order they got their place
    private final List<Sequence> paused = new ArrayList<>(); // their callers do not read
    private final List<Copy> copies = new ArrayList<>();
    private final List<Sequence> plan = new ArrayList<>();
    private final List<Sequence> prompts = new ArrayList<>();
    private long step;

    Scheduler(Limits limits, Counters counters) {
        this.limits = limits;
        this.counters = counters;
        pool = new BlockPool(limits.cacheBlocks());
        tree = new PrefixTree(pool, limits.blockTokens());
    }

    void add(Sequence sequence) {
        sequence.account =
                accounts.computeIfAbsent(sequence.request.account(), name -> new Account(name, leastServed()));
        sequence.account.sequences++;
        sequence.arrived = step;
        all.add(sequence);
        waiting.add(sequence);
    }

    private long leastServed() {
        long least = Long.MAX_VALUE;
        for (Account account : accounts.values()) {
            least = Math.min(least, account.served);
        }
        return least == Long.MAX_VALUE ? 0 : least;
    }

    /** All sequences that are not over, in the order they came. A view. */
    List<Sequence> sequences() {
        return seen;
    }

    int running() {
        return running.size();
    }

    /** Those without a place, and those that pause. */
    int waiting() {
        return all.size() - running.size();
    }

    /** Blocks that no sequence uses. */
    int freeBlocks() {
        return pool.free() + tree.unused();
    }

    /**
     * What to compute next: {@link Sequence#planned} tokens of each of these, after those it has computed. Nothing if all
     * are paused or there are none. Takes the blocks that it needs. Valid until the next call.
     */
    List<Sequence> next() {
        step++;
        plan.clear();
        prompts.clear();
        copies.clear();
        pause();
        admit();
        int budget = limits.stepTokens();
        for (int i = 0; i < running.size(); i++) { // whoever loses its place is behind
            Sequence s = running.get(i);
            if (!grow(s)) {
                break;
            }
            if (s.left() == 1 && s.pooled == null) {
                plan(s, 1);
                budget--;
            } else {
                follow(s);
                prompts.add(s);
            }
        }
        if (prompts.size() > 1) {
            prompts.sort(LEAST_SERVED);
            for (int i = prompts.size() - 1; i > 0; i--) {
                if (anotherComputes(i)) {
                    prompts.remove(i);
                }
            }
        }
        long others = 0;
        for (int i = 0; i < prompts.size(); i++) {
            others += prompts.get(i).left();
        }
        int scored = Limits.SCORED_TOKENS;
        for (int i = 0; i < prompts.size() && budget > 0; i++) {
            Sequence s = prompts.get(i);
            others -= s.left();
            int tokens = (int) Math.min(s.left(), Math.max(Math.ceilDiv(budget, 2), budget - others));
            if (s.scoring()) {
                tokens = Math.min(tokens, scored);
                scored -= tokens;
            }
            if (tokens > 0) {
                plan(s, tokens);
                budget -= tokens;
            }
        }
        return plan;
    }

    private void plan(Sequence s, int tokens) {
        s.planned = tokens;
        s.drafts = 0;
        s.account.served += tokens;
        plan.add(s);
    }

    /** Whether every sequence of the plan grows by one token. */
    boolean onlyGrows() {
        return prompts.isEmpty();
    }

    /** Makes room for the guesses that the plan's sequences want, fewer where it would have to be taken from others. */
    void makeRoomForDrafts() {
        int budget = limits.stepTokens() - plan.size();
        for (int i = 0; i < plan.size(); i++) {
            Sequence s = plan.get(i);
            s.drafts = Math.min(s.drafts, budget);
            while (s.blockCount() < limits.blocks(s.length() + s.drafts) && (pool.free() > 0 || tree.evict())) {
                s.addBlock(pool.take());
            }
            s.drafts = Math.min(s.drafts, s.blockCount() * limits.blockTokens() - s.length());
            budget -= s.drafts;
        }
    }

    /** What to copy before the tokens of {@link #next} are computed, in this order. */
    List<Copy> copies() {
        return copies;
    }

    /** The sequence's tokens are computed up to {@link Sequence#computed}, and well: others may use them. */
    void publish(Sequence s) {
        if (s.pooled != null) {
            return; // nobody goes on from a text that is embedded
        }
        int size = limits.blockTokens();
        for (Node node = s.node; node != null && (s.shared() + 1) * size <= s.computed(); node = s.node) {
            int from = s.shared() * size;
            int own = s.blocks()[s.shared()];
            Node next = tree.child(node, s.tokens(), from);
            if (next == null) {
                next = tree.add(node, s.tokens(), from, from + size, own);
            } else {
                pool.give(own); // somebody else was first
                s.drafted = Math.min(s.drafted, from);
            }
            tree.use(next);
            s.share(next);
        }
    }

    /** The sequence is over. What it computed may be used by others, unless its last step was {@code spoilt}. */
    void finish(Sequence s, boolean spoilt) {
        all.remove(s);
        waiting.remove(s);
        returning.remove(s);
        paused.remove(s);
        if (running.remove(s)) {
            s.account.running--;
        }
        release(s, spoilt);
        if (--s.account.sequences == 0) {
            accounts.remove(s.account.name);
        }
    }

    private void pause() {
        for (int i = paused.size() - 1; i >= 0; i--) {
            if (!paused.get(i).generation.full()) {
                returning.add(paused.remove(i));
            }
        }
        for (int i = running.size() - 1; i >= 0; i--) {
            Sequence s = running.get(i);
            if (s.generation.full()) {
                running.remove(i);
                s.account.running--;
                paused.add(s);
            }
        }
    }

    private void admit() {
        while (running.size() < limits.running()) {
            Sequence s = first();
            if (s == null || !(running.isEmpty() || makeRoom(s))) {
                return;
            }
            if (!returning.remove(s)) {
                waiting.remove(s);
            }
            place(s);
            int at = running.size();
            while (at > 0 && running.get(at - 1).request.priority().compareTo(s.request.priority()) < 0) {
                at--;
            }
            running.add(at, s);
            s.account.running++;
            grow(s);
        }
    }

    /** Who is next in line. */
    private @Nullable Sequence first() {
        if (!returning.isEmpty()) {
            return returning.getFirst();
        }
        Sequence first = null;
        for (int i = 0; i < waiting.size(); i++) {
            Sequence s = waiting.get(i);
            if (first == null || before(s, first)) {
                first = s;
            }
        }
        return first;
    }

    private boolean before(Sequence a, Sequence b) {
        int order = Long.compare(urgency(b), urgency(a));
        if (order == 0) {
            order = Integer.compare(a.account.running, b.account.running);
        }
        if (order == 0) {
            order = Long.compare(a.account.served, b.account.served);
        }
        return order < 0;
    }

    private long urgency(Sequence s) {
        return s.request.priority().ordinal() + (step - s.arrived) / limits.patience();
    }

    /** Whether there is room to begin, by taking it from those that pause if need be. */
    private boolean makeRoom(Sequence s) {
        while (needed(s) + running.size() > freeBlocks()) {
            Sequence holder = holder(s);
            if (holder == null) {
                return false;
            }
            loseItsPlace(holder);
        }
        return true;
    }

    /** Blocks that beginning would take from those nobody uses. */
    private int needed(Sequence s) {
        int needed = limits.blocks(s.length()) - s.blockCount();
        if (s.node == null && !s.readsAll()) {
            needed -= tree.inUse(s.scope, s.tokens(), s.length() - 1);
        }
        return needed;
    }

    /** A sequence that has a place and does not run. */
    private @Nullable Sequence holder(@Nullable Sequence but) {
        for (int i = 0; i < paused.size(); i++) {
            Sequence s = paused.get(i);
            if (s.node != null) {
                return s;
            }
        }
        for (int i = 0; i < returning.size(); i++) {
            Sequence s = returning.get(i);
            if (s.node != null && s != but) {
                return s;
            }
        }
        return null;
    }

    /** Lets a sequence begin after what the tree has of its tokens. */
    private void place(Sequence s) {
        if (s.node != null) {
            return;
        }
        Node root = tree.enter(s.scope);
        s.node = root;
        if (s.readsAll()) {
            return; // neither states nor logits are in a cache
        }
        follow(s);
        int from = s.computed();
        Node near = tree.nearest(Objects.requireNonNull(s.node), s.tokens(), from, s.length() - 1);
        if (near != null) {
            tree.use(near); // not evicted to make room for its copy
            if (pool.free() > 0 || tree.evict()) {
                int block = pool.take();
                s.addBlock(block);
                copies.add(new Copy(near.block(), block));
                s.skip(PrefixTree.common(near, s.tokens(), from, s.length() - 1));
            }
            tree.release(near);
        }
    }

    /** Goes on over whole blocks that others computed. The last token is always left, for it gives the logits. */
    private void follow(Sequence s) {
        int size = limits.blockTokens();
        while (!s.readsAll() && s.computed() == s.shared() * size && s.computed() + size < s.length()) {
            Node next = tree.child(Objects.requireNonNull(s.node), s.tokens(), s.computed());
            if (next == null) {
                return;
            }
            tree.use(next);
            if (s.shared() < s.blockCount()) {
                pool.give(s.blocks()[s.shared()]);
            }
            s.share(next);
            s.skip(size);
        }
    }

    /** Whether a prompt before this one computes the same block. */
    private boolean anotherComputes(int prompt) {
        Sequence s = prompts.get(prompt);
        int from = s.computed();
        int to = from + limits.blockTokens();
        if (s.readsAll() || from != s.shared() * limits.blockTokens() || to >= s.length()) {
            return false;
        }
        for (int i = 0; i < prompt; i++) {
            Sequence other = prompts.get(i);
            if (other.pooled == null
                    && other.node == s.node
                    && other.length() >= to
                    && Arrays.equals(other.tokens(), from, to, s.tokens(), from, to)) {
                return true;
            }
        }
        return false;
    }

    /** Takes blocks until the sequence's tokens fit; false if it had to give way to others. */
    private boolean grow(Sequence s) {
        while (s.blockCount() < limits.blocks(s.length())) {
            if (pool.free() > 0) {
                s.addBlock(pool.take());
            } else if (!tree.evict()) {
                Sequence holder = holder(null);
                Sequence loser = holder == null ? running.getLast() : holder;
                loseItsPlace(loser);
                if (loser == s) {
                    return false;
                }
            }
        }
        return true;
    }

    private void loseItsPlace(Sequence s) {
        release(s, false);
        s.restarted = true;
        counters.preempted();
        if (running.remove(s)) {
            s.account.running--;
            returning.add(0, s);
        }
    }

    /** Gives everything back that the sequence holds of the cache. */
    private void release(Sequence s, boolean spoilt) {
        if (s.node == null) {
            return;
        }
        if (!spoilt) {
            publish(s);
        }
        Node node = s.node;
        int kept = s.shared();
        int from = kept * limits.blockTokens();
        if (!spoilt && s.pooled == null && s.computed() > from) {
            Node near = tree.nearest(node, s.tokens(), from, s.computed());
            if (near == null || PrefixTree.common(near, s.tokens(), from, s.computed()) < s.computed() - from) {
                tree.add(node, s.tokens(), from, s.computed(), s.blocks()[kept++]);
            }
        }
        while (kept < s.blockCount()) {
            pool.give(s.blocks()[kept++]);
        }
        tree.leave(node);
        s.clear();
        while (tree.unused() > limits.keptBlocks()) {
            tree.evict();
        }
    }
}
