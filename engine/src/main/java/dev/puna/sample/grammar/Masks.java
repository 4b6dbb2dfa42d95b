package dev.puna.sample.grammar;

import dev.puna.sample.grammar.TokenTrie.Allowed;
import dev.puna.sample.grammar.TokenTrie.Exit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens may follow a place in a grammar. Most of the work is done once per frame: the whole tree of tokens is run
 * through the frame alone, and what stays inside it is remembered for every place where such a frame lies on top. What
 * lies below is asked only about the ends of those tokens in which the frame ends.
 */
final class Masks {
    private static final Object NO_VALUE = new Object[0];
    private static final String SOME_TEXT = "\uFFFF\uFFFE\uFFFF"; // stands for whatever was read: nothing equals it

    private static final int CHEAP = 8; // nodes of the tree in a string, for one step elsewhere

    private static final int RECENT = 8; // masks kept for an answer: inside a string one serves token after token

    private final TokenTrie trie;
    private final Limits limits;
    private final Map<Stack, long[]> recent = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Stack, long[]> eldest) {
            return size() > RECENT;
        }
    };

    Masks(TokenTrie trie, Limits limits) {
        this.trie = trie;
        this.limits = limits;
    }

    /** Writes the mask of a place. */
    void write(Place place, long[] mask) {
        Arrays.fill(mask, 0);
        var spent = new AtomicLong();
        for (Stack stack : place.stacks()) {
            var alike = new Stack(stack.frame.alike(trie.longest()), stack.below);
            long[] known;
            try {
                synchronized (recent) {
                    known = recent.computeIfAbsent(alike, _ -> mask(alike, spent));
                }
            } catch (StackOverflowError e) {
                throw Place.tooDeep();
            }
            for (int i = 0; i < known.length; i++) {
                mask[i] |= known[i];
            }
        }
    }

    /** Works out the masks of a place's frames, where some are not known yet. */
    @Nullable
    Runnable ahead(Place place) {
        List<Frame> unknown = null;
        for (Stack stack : place.stacks()) {
            Frame alike = stack.frame.alike(trie.longest());
            if (!trie.isKnown(alike)) {
                unknown = unknown == null ? new ArrayList<>() : unknown;
                unknown.add(alike);
            }
        }
        List<Frame> all = unknown;
        return all == null
                ? null
                : () -> {
                    var spent = new AtomicLong();
                    all.forEach(frame -> allowed(frame, spent));
                };
    }

    /** Writes the tokens below a node whose bytes behind the node's may follow a place. */
    void writeBelow(int node, Place place, long[] mask) {
        trie.clearBelow(node, mask);
        walk(node, place.stacks(), mask, null, new AtomicLong());
    }

    private long[] mask(Stack stack, AtomicLong spent) {
        Allowed allowed = allowed(stack.frame, spent);
        if (allowed.exits().isEmpty()) {
            return allowed.mask();
        }
        long[] mask = allowed.mask().clone();
        for (Exit exit : allowed.exits()) {
            leave(exit, stack.below, mask, spent);
        }
        return mask;
    }

    /** The work for a frame, done ahead. */
    Allowed allowed(Frame frame) {
        return allowed(frame, new AtomicLong());
    }

    private Allowed allowed(Frame frame, AtomicLong spent) {
        Frame alike = frame.alike(trie.longest());
        return trie.allowed(
                alike, () -> alike instanceof TextFrame text && text.fast() ? text(text, spent) : any(alike, spent));
    }

    private void leave(Exit exit, @Nullable Stack below, long[] mask, AtomicLong spent) {
        var threads = new Threads(limits.threads());
        threads.pop(below, exit.value());
        boolean whole = !threads.ended().isEmpty();
        List<Stack> stacks = List.copyOf(threads.stacks());
        if (stacks.isEmpty() && !whole) {
            return;
        }
        for (int node : exit.nodes()) {
            trie.mark(node, mask);
            if (!stacks.isEmpty() && trie.end(node) > node + 1) {
                walk(node, stacks, mask, null, spent);
            }
        }
    }

    private Allowed any(Frame frame, AtomicLong spent) {
        long[] mask = new long[(trie.vocabulary() + 63) / 64];
        Map<Object, List<Integer>> exits = new LinkedHashMap<>();
        walk(0, List.of(new Stack(frame, null)), mask, exits, spent);
        return new Allowed(mask, exits(exits));
    }

    private void spend(long steps, AtomicLong spent) {
        if (spent.addAndGet(steps) > limits.maskSteps()) {
            throw new GrammarRefused("grammar", "what may come next takes too many steps to work out");
        }
    }

    private static List<Exit> exits(Map<Object, List<Integer>> found) {
        List<Exit> exits = new ArrayList<>();
        found.forEach((value, nodes) -> exits.add(new Exit(
                value == NO_VALUE ? null : value,
                nodes.stream().mapToInt(i -> i).toArray())));
        return exits;
    }

    /**
     * Runs all that is below a node through readings. Where {@code exits} is null an end is the end of the text.
     *
     * @param spent steps on one place's mask
     */
    private void walk(
            int root, List<Stack> from, long[] mask, @Nullable Map<Object, List<Integer>> exits, AtomicLong spent) {
        int base = trie.depth(root);
        List<List<Stack>> places = new ArrayList<>();
        places.add(from);
        var threads = new Threads(limits.threads());
        int node = root + 1;
        while (node < trie.end(root)) {
            spend(threads.stacks().size() + 1, spent);
            int depth = trie.depth(node) - base;
            threads.clear();
            for (Stack stack : places.get(depth - 1)) {
                stack.frame.step(trie.label(node), stack.below, threads);
            }
            for (Threads.Ended end : threads.ended()) {
                if (exits == null) {
                    trie.mark(node, mask);
                } else {
                    exits.computeIfAbsent(end.value() == null ? NO_VALUE : end.value(), k -> new ArrayList<>())
                            .add(node);
                }
            }
            if (threads.stacks().isEmpty()) {
                node = trie.end(node);
                continue;
            }
            trie.mark(node, mask);
            while (places.size() > depth) {
                places.removeLast();
            }
            places.add(List.copyOf(threads.stacks()));
            node++;
        }
    }

    /** The same for the inside of a string, without an object per node. */
    private Allowed text(TextFrame frame, AtomicLong spent) {
        spend(trie.end(0) / CHEAP, spent);
        int free = frame.free();
        long[] mask = trie.plain(free); // what contains nothing special need not be walked through
        Map<Object, List<Integer>> exits = new LinkedHashMap<>();
        long[] at = new long[trie.longest() + 1];
        int[] path = new int[trie.longest()];
        at[0] = frame.at();
        int node = 1;
        while (node < trie.end(0)) {
            if (trie.isPlain(node, free)) {
                node = trie.end(node);
                continue;
            }
            int depth = trie.depth(node);
            path[depth - 1] = trie.label(node);
            long to = TextFrame.next(frame.dfa(), frame.style(), at[depth - 1], trie.label(node));
            if (to < 0) {
                if (to == TextFrame.CLOSED && (frame.taken().isEmpty() || !taken(frame, path, depth - 1))) {
                    Object value = frame.kept() == null
                            ? (Object) frame.dfa().label((int) (at[depth - 1] & 0xFFFFFF))
                            : SOME_TEXT;
                    exits.computeIfAbsent(value, k -> new ArrayList<>()).add(node);
                }
                node = trie.end(node);
                continue;
            }
            trie.mark(node, mask);
            at[depth] = to;
            node++;
        }
        return new Allowed(mask, exits(exits));
    }

    /** Whether the frame's text is taken once these bytes have come. */
    private static boolean taken(TextFrame frame, int[] bytes, int length) {
        String text = frame.after(bytes, length);
        return frame.taken().contains(text);
    }
}
