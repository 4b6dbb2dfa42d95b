package dev.puna.sample.grammar;

import dev.puna.sample.Constraint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Any text, until one of some words has fallen; what belongs to that word must follow then, and after it any text again.
 * So an answer is free to be what it likes, but what it has begun it must bring to a good end.
 *
 * <p>A word that falls within one token, with more behind it in that token that does not suit, has not fallen.
 */
public final class FreeText implements Constraint {
    private final TokenTrie trie;
    private final Masks masks;
    private final Words words;
    private final boolean once;
    private int at;
    private @Nullable GrammarConstraint held;
    private boolean over;

    /**
     * @param words and what must follow each; none may stand within another
     * @param once whether the text is over after the first of them
     */
    public FreeText(TokenTrie trie, Map<String, Part> words, boolean once) {
        this(trie, new Masks(trie, Limits.DEFAULT), new Words(words), once);
    }

    private FreeText(TokenTrie trie, Masks masks, Words words, boolean once) {
        this.trie = trie;
        this.masks = masks;
        this.words = words;
        this.once = once;
    }

    @Override
    public void allowed(long[] mask) {
        if (held != null) {
            held.allowed(mask);
            return;
        }
        Arrays.fill(mask, over ? 0 : -1L);
        for (int node = over ? 0 : at; node > 0; node = words.fail.get(node)) {
            for (Words.Word word : words.below(node)) {
                if (word.text.length - words.depth.get(node) < trie.longest()) {
                    int ends = trie.node(word.text, words.depth.get(node));
                    if (ends >= 0) {
                        masks.writeBelow(ends, word.start, mask);
                    }
                }
            }
        }
    }

    @Override
    public @Nullable Runnable ahead() {
        return held == null ? null : held.ahead();
    }

    @Override
    public boolean allows(int token) {
        return held != null ? held.allows(token) : !over && after(token) != Outcome.BAD;
    }

    @Override
    public void accept(int token) {
        if (held != null) {
            held.accept(token);
        } else {
            Outcome outcome = over ? Outcome.BAD : after(token);
            if (outcome == Outcome.BAD) {
                throw new IllegalArgumentException("token " + token + " is not allowed here");
            }
            at = outcome.at;
            held = outcome.place == null ? null : Part.at(trie, outcome.place);
        }
        if (held != null && held.complete()) {
            held = null;
            at = 0;
            over = once;
        }
    }

    /** Where a token leads: on in the text, or behind a word. */
    private record Outcome(int at, @Nullable Place place) {
        static final Outcome BAD = new Outcome(-1, null);
    }

    private Outcome after(int token) {
        byte[] bytes = trie.bytes(token);
        int node = bytes == null ? 0 : at;
        for (int i = 0; bytes != null && i < bytes.length; i++) {
            node = words.next(node, bytes[i]);
            Words.Word fallen = words.word.get(node);
            if (fallen != null) {
                Place place = fallen.start;
                for (int k = i + 1; k < bytes.length && place != null; k++) {
                    place = place.after(bytes[k] & 0xFF);
                }
                if (place != null) {
                    return new Outcome(0, place);
                }
                if (fallen.text.length > i + 1) {
                    return Outcome.BAD; // it began before this token, and was seen coming
                }
                node = 0;
            }
        }
        return new Outcome(node, null);
    }

    @Override
    public boolean mayEnd() {
        return held == null || held.mayEnd();
    }

    @Override
    public boolean complete() {
        return over;
    }

    /** Nothing: what the model has begun by itself it goes on with in its own tokens. */
    @Override
    public int[] forced() {
        return new int[0];
    }

    @Override
    public Constraint fork() {
        var fork = new FreeText(trie, masks, words, once);
        fork.at = at;
        fork.held = held == null ? null : (GrammarConstraint) held.fork();
        fork.over = over;
        return fork;
    }

    /** All words are looked for at once: a tree of their bytes, and for each node the longest other hope it leaves. */
    private static final class Words {
        private final List<Map<Byte, Integer>> children = new ArrayList<>();
        private final List<Integer> fail = new ArrayList<>();
        private final List<Integer> depth = new ArrayList<>();
        private final List<@Nullable Word> word = new ArrayList<>();

        private record Word(byte[] text, Place start) {}

        Words(Map<String, Part> all) {
            node(0);
            all.forEach((text, part) -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                int at = 0;
                for (byte b : bytes) {
                    int parent = at;
                    at = children.get(parent).computeIfAbsent(b, _ -> node(depth.get(parent) + 1));
                }
                word.set(at, new Word(bytes, part.start()));
            });
            List<Integer> queue = new ArrayList<>(List.of(0));
            for (int i = 0; i < queue.size(); i++) {
                int parent = queue.get(i);
                children.get(parent).forEach((b, child) -> {
                    fail.set(child, parent == 0 ? 0 : next(fail.get(parent), b));
                    queue.add(child);
                });
            }
        }

        private int node(int deep) {
            children.add(new HashMap<>());
            fail.add(0);
            depth.add(deep);
            word.add(null);
            return children.size() - 1;
        }

        int next(int from, byte b) {
            int node = from;
            while (true) {
                Integer child = children.get(node).get(b);
                if (child != null) {
                    return child;
                }
                if (node == 0) {
                    return 0;
                }
                node = fail.get(node);
            }
        }

        /** The words that may still fall after a node. */
        List<Word> below(int node) {
            List<Word> all = new ArrayList<>();
            Word here = word.get(node);
            if (here != null) {
                all.add(here);
            }
            children.get(node).values().forEach(child -> all.addAll(below(child)));
            return all;
        }
    }
}
