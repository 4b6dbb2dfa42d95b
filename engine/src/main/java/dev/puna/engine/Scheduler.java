package dev.puna.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * Decides which tokens of which sequences the next step computes. Pure: no model, no clock, no threads; the same calls
 * give the same plans.
 *
 * <p>Every step serves each growing answer with its one token, then shares what is left of the step's tokens evenly
 * among prompts. Requests start in the order they came, once the cache has room for their prompt and for a block more
 * for each that runs. If an answer needs a block and none is free, what conversations left behind goes first, then the
 * youngest sequence: it gives its blocks back, waits at the head of the queue and is computed again later. The oldest
 * is never disturbed, so everyone finishes.
 */
final class Scheduler {
    /** The next {@code tokens} tokens of a sequence, after those it has computed. */
    record Work(Sequence sequence, int tokens) {}

    private final Limits limits;
    private final BlockPool pool;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>(); // oldest first
    private final SequencedMap<Conversation, Sequence> kept = new LinkedHashMap<>(); // least recently used first

    Scheduler(Limits limits) {
        this.limits = limits;
        pool = new BlockPool(limits.cacheBlocks());
    }

    void add(Sequence sequence) {
        waiting.addLast(sequence);
    }

    /** All sequences that wait or run, oldest first. */
    List<Sequence> sequences() {
        return Stream.concat(running.stream(), waiting.stream()).toList();
    }

    int waiting() {
        return waiting.size();
    }

    int freeBlocks() {
        return pool.free();
    }

    /** What to compute next; nothing if all are paused or there are none. Takes the blocks that it needs. */
    List<Work> next() {
        admit();
        List<Work> plan = new ArrayList<>();
        for (Sequence s : List.copyOf(running)) {
            if (s.left() == 1 && !s.generation.full() && running.contains(s) && grow(s)) {
                plan.add(new Work(s, 1));
            }
        }
        int budget = limits.stepTokens() - plan.size();
        List<Sequence> prompts = running.stream().filter(s -> s.left() > 1).toList();
        for (int i = 0; i < prompts.size() && budget > 0; i++) {
            Sequence s = prompts.get(i);
            int tokens = Math.min(s.left(), Math.ceilDiv(budget, prompts.size() - i));
            plan.add(new Work(s, tokens));
            budget -= tokens;
        }
        return plan;
    }

    /** The sequence is over. Its blocks are kept for its conversation, unless {@code spoilt}. */
    void finish(Sequence sequence, boolean spoilt) {
        running.remove(sequence);
        waiting.remove(sequence);
        if (spoilt || sequence.request.conversation().isEmpty()) {
            sequence.release(pool, 0, 0);
        } else {
            Conversation conversation = sequence.request.conversation().get();
            forget(conversation);
            kept.putLast(conversation, sequence);
        }
    }

    /** Gives back what is kept for a conversation. */
    void forget(Conversation conversation) {
        Sequence old = kept.remove(conversation);
        if (old != null) {
            old.release(pool, 0, 0);
        }
    }

    private void admit() {
        while (!waiting.isEmpty() && running.size() < limits.running()) {
            Sequence s = waiting.getFirst();
            int available = pool.free()
                    + kept.values().stream().mapToInt(Sequence::blockCount).sum();
            if (limits.blocks(s.length()) + running.size() > available && !running.isEmpty()) {
                return;
            }
            waiting.removeFirst();
            adopt(s);
            running.addLast(s);
            grow(s);
        }
    }

    private void adopt(Sequence s) {
        Sequence old = s.request.conversation().map(kept::remove).orElse(null);
        if (old == null) {
            return;
        }
        int differs = Arrays.mismatch(old.tokens(), 0, old.computed(), s.tokens(), 0, s.length());
        int common = Math.min(differs < 0 ? s.length() : differs, s.length() - 1); // the last one gives the logits
        s.adopt(old, common);
        s.release(pool, limits.blocks(common), common);
    }

    /** Takes blocks until the sequence's tokens fit; false if it had to give way to older ones. */
    private boolean grow(Sequence s) {
        while (s.blockCount() < limits.blocks(s.length())) {
            if (pool.free() > 0) {
                s.addBlock(pool.take());
            } else if (!kept.isEmpty()) {
                forget(kept.firstEntry().getKey());
            } else {
                Sequence youngest = running.removeLast();
                youngest.release(pool, 0, 0);
                waiting.addFirst(youngest);
                if (youngest == s) {
                    return false;
                }
            }
        }
        return true;
    }
}
