package dev.puna.engine;

import dev.puna.model.Adapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the cache holds, by the tokens it was computed from: a tree per {@link Scope} whose every node is a block of the
 * cache. The way from the root to a node spells all tokens up to that block's end, on which its keys and values hang. So
 * whoever begins with the same tokens may read the same blocks; nobody writes to them any more. The last block of a way
 * may be filled in part: it is copied by whoever goes on from it.
 *
 * <p>Nodes that a sequence uses stay. Of the others, the leaf that was left longest ago goes first. Serves one thread.
 */
final class PrefixTree {
    /** Who shares: requests of one name, with one adapter. */
    record Scope(String name, Optional<Adapter> adapter) {}

    /** A block and the tokens in it. */
    static final class Node {
        private final @Nullable Node parent;
        private final Scope scope;
        private final int[] tokens; // none in a root
        private final int block;
        private final List<Node> children = new ArrayList<>(1);
        private int users;
        private long left; // when its last user left it

        private Node(@Nullable Node parent, Scope scope, int[] tokens, int block) {
            this.parent = parent;
            this.scope = scope;
            this.tokens = tokens;
            this.block = block;
        }

        int block() {
            return block;
        }
    }

    private final BlockPool pool;
    private final int blockTokens;
    private final Map<Scope, Node> roots = new HashMap<>();
    private final TreeMap<Long, Node> idle = new TreeMap<>(); // leaves without users, by when they were left
    private int unused;
    private long clock;

    /** @param pool gets the blocks of nodes that go */
    PrefixTree(BlockPool pool, int blockTokens) {
        this.pool = pool;
        this.blockTokens = blockTokens;
    }

    /** Blocks that no sequence uses: {@link #evict} gives them back one after the other. */
    int unused() {
        return unused;
    }

    /** The root of a scope, with one more user. */
    Node enter(Scope scope) {
        Node root = roots.computeIfAbsent(scope, s -> new Node(null, s, new int[0], -1));
        root.users++;
        return root;
    }

    /** The node after {@code node} that holds a whole block of these tokens, from {@code from} on. */
    @Nullable
    Node child(Node node, int[] tokens, int from) {
        for (Node child : node.children) {
            if (child.tokens.length == blockTokens
                    && Arrays.equals(child.tokens, 0, blockTokens, tokens, from, from + blockTokens)) {
                return child;
            }
        }
        return null;
    }

    /** The node after {@code node} that begins with the most of the tokens from {@code from} to {@code to}, if any does. */
    @Nullable
    Node nearest(Node node, int[] tokens, int from, int to) {
        Node nearest = null;
        int most = 0;
        for (Node child : node.children) {
            int common = common(child, tokens, from, to);
            if (common > most) {
                most = common;
                nearest = child;
            }
        }
        return nearest;
    }

    /** How many tokens a node begins with of those from {@code from} to {@code to}. */
    static int common(Node node, int[] tokens, int from, int to) {
        int length = Math.min(node.tokens.length, to - from);
        int differs = Arrays.mismatch(node.tokens, 0, length, tokens, from, from + length);
        return differs < 0 ? length : differs;
    }

    /** How many blocks of these tokens, the first {@code to} of a sequence, are used by somebody. */
    int inUse(Scope scope, int[] tokens, int to) {
        int count = 0;
        Node node = roots.get(scope);
        while (node != null && (count + 1) * blockTokens <= to) {
            node = child(node, tokens, count * blockTokens);
            if (node == null || node.users == 0) {
                break;
            }
            count++;
        }
        return count;
    }

    /** Puts a block after {@code node}, which is in use. It has no user yet. What it goes on from, half full, goes. */
    Node add(Node node, int[] tokens, int from, int to, int block) {
        for (int i = node.children.size() - 1; i >= 0; i--) {
            Node child = node.children.get(i);
            if (child.users == 0
                    && child.tokens.length < blockTokens
                    && common(child, tokens, from, to) == child.tokens.length) {
                drop(child);
            }
        }
        var added = new Node(node, node.scope, Arrays.copyOfRange(tokens, from, to), block);
        node.children.add(added);
        unused++;
        rest(added);
        return added;
    }

    /** One more sequence uses the node. */
    void use(Node node) {
        if (node.users++ == 0) {
            unused--;
            idle.remove(node.left);
        }
    }

    /** A sequence no longer uses the node and those before it. */
    void leave(Node node) {
        for (Node at = node; at.parent != null; at = at.parent) {
            release(at);
        }
        Node root = root(node);
        root.users--;
        forget(root);
    }

    /** A sequence no longer uses the node, which is no root. */
    void release(Node node) {
        if (--node.users == 0) {
            unused++;
            rest(node);
        }
    }

    /** Gives the block that was left longest ago back to the pool; false if all are in use. */
    boolean evict() {
        if (idle.isEmpty()) {
            return false;
        }
        drop(idle.firstEntry().getValue());
        return true;
    }

    private void rest(Node node) {
        node.left = clock++;
        if (node.children.isEmpty()) {
            idle.put(node.left, node);
        }
    }

    private void drop(Node leaf) {
        idle.remove(leaf.left);
        unused--;
        pool.give(leaf.block);
        Node parent = Objects.requireNonNull(leaf.parent);
        parent.children.remove(leaf);
        if (parent.parent == null) {
            forget(parent);
        } else if (parent.users == 0 && parent.children.isEmpty()) {
            idle.put(parent.left, parent);
        }
    }

    private void forget(Node root) {
        if (root.users == 0 && root.children.isEmpty()) {
            roots.remove(root.scope);
        }
    }

    private static Node root(Node node) {
        Node at = node;
        while (at.parent != null) {
            at = at.parent;
        }
        return at;
    }
}
