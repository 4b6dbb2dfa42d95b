package dev.puna.sample.grammar;

import dev.puna.text.Kind;
import dev.puna.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a vocabulary that are text, as a tree of their bytes, and the masks that grammars have asked it for.
 * Made once for a tokenizer; serves any number of threads. Control tokens, unused ones and those that end an answer are
 * not in it.
 */
public final class TokenTrie {
    private final int vocabulary;
    private final byte[] @Nullable [] bytes; // [token]
    private final int longest;
    // The tree, each node before what is below it; node 0 is the root.
    private final byte[] labels;
    private final int[] ends; // the first node that is not below this one
    private final short[] depths;
    private final int[] tokens; // -1 for none
    private final int[] same; // [token], another token of the same bytes or -1
    private final short[] characters; // [token], where it is whole characters that a string need not escape; else -1
    private final short[] plain; // [node], the most of these at or below; -1 where some token is of another kind
    private final List<long[]> upTo = new ArrayList<>(); // masks of tokens of so many characters
    private final Map<Frame, FutureTask<Allowed>> masks;

    public TokenTrie(Tokenizer tokenizer) {
        this(texts(tokenizer), Limits.DEFAULT);
    }

    /** @param texts of each token; null where it is no text */
    TokenTrie(byte[] @Nullable [] texts, Limits limits) {
        vocabulary = texts.length;
        bytes = texts;
        List<Integer> order = new ArrayList<>();
        int most = 0;
        for (int id = 0; id < texts.length; id++) {
            byte[] text = texts[id];
            if (text != null && text.length > 0) {
                order.add(id);
                most = Math.max(most, text.length);
            }
        }
        longest = most;
        order.sort((a, b) -> Arrays.compareUnsigned(texts[a], texts[b]));
        var growing = new Growing();
        same = new int[texts.length];
        Arrays.fill(same, -1);
        byte[] before = new byte[0];
        int[] path = new int[most + 1]; // nodes of the text before
        for (int id : order) {
            byte[] text = texts[id];
            if (text == null) {
                continue;
            }
            int common = Arrays.mismatch(before, text);
            common = common < 0 ? text.length : common;
            growing.close(path, before.length, common);
            for (int d = common; d < text.length; d++) {
                path[d + 1] = growing.add(text[d], d + 1);
            }
            int node = path[text.length];
            same[id] = growing.tokens[node];
            growing.tokens[node] = id;
            before = text;
        }
        growing.close(path, before.length, 0);
        growing.ends[0] = growing.size;
        labels = Arrays.copyOf(growing.labels, growing.size);
        ends = Arrays.copyOf(growing.ends, growing.size);
        depths = Arrays.copyOf(growing.depths, growing.size);
        tokens = Arrays.copyOf(growing.tokens, growing.size);
        characters = new short[texts.length];
        for (int id = 0; id < texts.length; id++) {
            characters[id] = characters(texts[id]);
        }
        plain = new short[labels.length];
        for (int node = labels.length - 1; node >= 0; node--) {
            int all = 0;
            for (int id = tokens[node]; id >= 0; id = same[id]) {
                all = all < 0 || characters[id] < 0 ? -1 : Math.max(all, characters[id]);
            }
            for (int child = node + 1; child < ends[node]; child = ends[child]) {
                all = all < 0 || plain[child] < 0 ? -1 : Math.max(all, plain[child]);
            }
            plain[node] = (short) all;
        }
        masks = new LinkedHashMap<>(64, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Frame, FutureTask<Allowed>> eldest) {
                return size() > limits.masks();
            }
        };
    }

    private static final class Growing {
        private int size = 1;
        private byte[] labels = new byte[1024];
        private int[] ends = new int[1024];
        private short[] depths = new short[1024];
        private int[] tokens = new int[1024];

        Growing() {
            tokens[0] = -1;
        }

        int add(byte label, int depth) {
            if (size == labels.length) {
                labels = Arrays.copyOf(labels, 2 * size);
                ends = Arrays.copyOf(ends, 2 * size);
                depths = Arrays.copyOf(depths, 2 * size);
                tokens = Arrays.copyOf(tokens, 2 * size);
            }
            labels[size] = label;
            depths[size] = (short) depth;
            tokens[size] = -1;
            return size++;
        }

        void close(int[] path, int from, int to) {
            for (int d = from; d > to; d--) {
                ends[path[d]] = size;
            }
        }
    }

    private static byte[] @Nullable [] texts(Tokenizer tokenizer) {
        byte[][] all = new byte[tokenizer.vocabSize()][];
        for (int id = 0; id < all.length; id++) {
            Kind kind = tokenizer.kind(id);
            boolean text = kind == Kind.NORMAL || kind == Kind.USER_DEFINED || kind == Kind.BYTE;
            if (text && !tokenizer.endOfGeneration().contains(id)) {
                all[id] = tokenizer.bytes(id);
            }
        }
        return all;
    }

    /** How many tokens the vocabulary has, text or not. */
    public int vocabulary() {
        return vocabulary;
    }

    /** A token's bytes; null if it is no text. */
    byte @Nullable [] bytes(int token) {
        return token < 0 || token >= vocabulary ? null : bytes[token];
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    int end(int node) {
        return ends[node];
    }

    int depth(int node) {
        return depths[node];
    }

    int label(int node) {
        return labels[node] & 0xFF;
    }

    boolean hasToken(int node) {
        return tokens[node] >= 0;
    }

    /** Sets the bits of the tokens that end at a node. */
    void mark(int node, long[] mask) {
        for (int id = tokens[node]; id >= 0; id = same[id]) {
            mask[id >> 6] |= 1L << id;
        }
    }

    /** Takes the bits of the tokens that end below a node. */
    void clearBelow(int node, long[] mask) {
        for (int at = node + 1; at < ends[node]; at++) {
            for (int id = tokens[at]; id >= 0; id = same[id]) {
                mask[id >> 6] &= ~(1L << id);
            }
        }
    }

    private static short characters(byte @Nullable [] text) {
        int count = 0;
        int bits = 0;
        int missing = 0;
        for (int i = 0; text != null && i < text.length; i++) {
            int b = text[i] & 0xFF;
            if (missing > 0) {
                bits = Utf8Part.next(bits, missing, b);
                missing--;
            } else {
                missing = b < 0x20 || b == '"' || b == '\\' ? -1 : Utf8Part.missing(b);
                bits = Utf8Part.bits(b, Math.max(0, missing));
            }
            if (missing < 0 || bits < 0) {
                return -1;
            }
            count += missing == 0 ? 1 : 0;
        }
        return (short) (text == null || missing > 0 ? -1 : count);
    }

    /** A mask of all tokens of at most so many whole characters, none of which a string must escape. */
    long[] plain(int most) {
        int enough = Math.min(most, longest);
        synchronized (upTo) {
            while (upTo.size() <= enough) {
                long[] mask = new long[(vocabulary + 63) / 64];
                int size = upTo.size();
                for (int id = 0; id < vocabulary; id++) {
                    if (characters[id] > 0 && characters[id] <= size) {
                        mask[id >> 6] |= 1L << id;
                    }
                }
                upTo.add(mask);
            }
            return upTo.get(enough).clone();
        }
    }

    /** Whether all tokens at a node and below are among those. */
    boolean isPlain(int node, int most) {
        return plain[node] > 0 && plain[node] <= most;
    }

    /** The node of these bytes, or -1. */
    int node(byte[] text, int from) {
        int node = 0;
        for (int i = from; i < text.length && node >= 0; i++) {
            node = child(node, text[i]);
        }
        return node;
    }

    /** The node below this one with this byte, or -1. */
    private int child(int node, byte label) {
        for (int at = node + 1; at < ends[node]; at = ends[at]) {
            if (labels[at] == label) {
                return at;
            }
        }
        return -1;
    }

    /** Tokens that spell these bytes from the first on, the longest each time; as far as tokens go. */
    List<Integer> spelling(byte[] text, int length) {
        List<Integer> ids = new ArrayList<>();
        int at = 0;
        while (at < length) {
            int node = 0;
            int found = -1;
            int foundEnd = at;
            for (int i = at; i < length; i++) {
                node = child(node, text[i]);
                if (node < 0) {
                    break;
                }
                if (tokens[node] >= 0) {
                    found = tokens[node];
                    foundEnd = i + 1;
                }
            }
            if (found < 0) {
                break;
            }
            ids.add(found);
            at = foundEnd;
        }
        return ids;
    }

    /** What a frame allows by itself, made once. */
    Allowed allowed(Frame frame, Supplier<Allowed> made) {
        FutureTask<Allowed> task;
        synchronized (masks) {
            task = masks.computeIfAbsent(frame, _ -> new FutureTask<>(made::get));
        }
        task.run(); // unless another thread does or has
        try {
            return task.get();
        } catch (ExecutionException | InterruptedException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            synchronized (masks) {
                masks.remove(frame, task);
            }
            return made.get();
        }
    }

    /** Whether a frame's mask is made, or somebody is at it. */
    boolean isKnown(Frame frame) {
        synchronized (masks) {
            return masks.get(frame) != null;
        }
    }

    /**
     * The tokens that a frame allows whatever lies below it, and the nodes of the tree where it ends and the rest of a
     * token is up to what lies below.
     */
    record Allowed(long[] mask, List<Exit> exits) {}

    /**
     * @param value what the frame hands down where it ends
     * @param nodes where it ends with that
     */
    record Exit(@Nullable Object value, int[] nodes) {}
}
