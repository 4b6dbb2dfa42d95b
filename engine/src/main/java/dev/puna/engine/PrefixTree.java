package dev.puna.engine;

import dev.puna.model.Adapter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the cache holds, by the tokens it was computed from: a tree per {@link Scope} whose every node is a block of the
 * cache. The way from the root to a node spells all tokens up to that block's end, on which its keys and values hang. So
 * whoever begins with the same tokens may read the same blocks; nobody writes to them any more. The last block of a way
 * may be filled in part: it is copied by whoever goes on from it. The node of a block is made once and used again, so
 * that a growing answer makes nothing.
 *
 * <p>Nodes that a sequence uses stay. Of the others, the leaf that was left longest ago goes first. Serves one thread.
 */
final class PrefixTree {
    /** Who shares: requests of one name, with one adapter. */
    record Scope(String name, Optional<Adapter> adapter) {}

    /** A block and the tokens in it. */
    static final class Node {
        private final int block; // -1: a root
        private final int[] tokens; // the first `length` count; none in a root
        private int length;
        private Scope scope;
        private @Nullable Node parent;
        private @Nullable Node first; // of its children, in the order they came
        private @Nullable Node last;
        private @Nullable Node before; // its brothers
        private @Nullable Node after;
        private int users;
        private long left; // when its last user left it
        private int place = -1; // among the idle

        private Node(int block, int blockTokens, Scope scope) {
            this.block = block;
            this.scope = scope;
            tokens = new int[blockTokens];
        }

        int block() {
            return block;
        }

        private void adopt(Node child) {
            child.parent = this;
            child.before = last;
            child.after = null;
            if (last == null) {
                first = child;
            } else {
                last.after = child;
            }
            last = child;
        }

        private void disown(Node child) {
            if (child.before == null) {
                first = child.after;
            } else {
                child.before.after = child.after;
            }
            if (child.after == null) {
                last = child.before;
            } else {
                child.after.before = child.before;
            }
            child.parent = null;
        }
    }

    private final BlockPool pool;
    private final int blockTokens;
    private final Map<Scope, Node> roots = new HashMap<>();
    private final @Nullable Node[] nodes; // by block, made once and used again
    private final @Nullable Node[] idle; // a heap of the leaves without users, the one that was left first on top
    private int idleCount;
    private int unused;
    private long clock;

    /** @param pool gets the blocks of nodes that go */
    PrefixTree(BlockPool pool, int blockTokens) {
        this.pool = pool;
        this.blockTokens = blockTokens;
        nodes = new Node[pool.size()];
        idle = new Node[pool.size()];
    }

    /** Blocks that no sequence uses: {@link #evict} gives them back one after the other. */
    int unused() {
        return unused;
    }

    /** The root of a scope, with one more user. */
    Node enter(Scope scope) {
        Node root = roots.computeIfAbsent(scope, s -> new Node(-1, 0, s));
        root.users++;
        return root;
    }

    /** The node after {@code node} that holds a whole block of these tokens, from {@code from} on. */
    @Nullable
    Node child(Node node, int[] tokens, int from) {
        for (Node child = node.first; child != null; child = child.after) {
            if (child.length == blockTokens
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
        for (Node child = node.first; child != null; child = child.after) {
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
        int length = Math.min(node.length, to - from);
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
        for (Node child = node.last; child != null; ) {
            Node before = child.before;
            if (child.users == 0 && child.length < blockTokens && common(child, tokens, from, to) == child.length) {
                drop(child);
            }
            child = before;
        }
        Node added = nodes[block];
        if (added == null) {
            added = new Node(block, blockTokens, node.scope);
            nodes[block] = added;
        }
        added.scope = node.scope;
        added.length = to - from;
        System.arraycopy(tokens, from, added.tokens, 0, added.length);
        node.adopt(added);
        unused++;
        rest(added);
        return added;
    }

    /** One more sequence uses the node. */
    void use(Node node) {
        if (node.users++ == 0) {
            unused--;
            stir(node);
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
        Node oldest = idleCount == 0 ? null : idle[0];
        if (oldest == null) {
            return false;
        }
        drop(oldest);
        return true;
    }

    private void rest(Node node) {
        node.left = clock++;
        if (node.first == null) {
            lie(node);
        }
    }

    private void drop(Node leaf) {
        stir(leaf);
        unused--;
        pool.give(leaf.block);
        Node parent = Objects.requireNonNull(leaf.parent);
        parent.disown(leaf);
        if (parent.parent == null) {
            forget(parent);
        } else if (parent.users == 0 && parent.first == null) {
            lie(parent);
        }
    }

    private void forget(Node root) {
        if (root.users == 0 && root.first == null) {
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

    /** The leaf is idle from now on. */
    private void lie(Node leaf) {
        rise(idleCount++, leaf);
    }

    /** The node is not idle any more, if it was. */
    private void stir(Node node) {
        int at = node.place;
        if (at < 0) {
            return;
        }
        node.place = -1;
        Node moved = Objects.requireNonNull(idle[--idleCount]);
        idle[idleCount] = null;
        if (moved == node) {
            return;
        }
        for (int child = 2 * at + 1; child < idleCount; child = 2 * at + 1) { // the last one takes its place and sinks
            if (child + 1 < idleCount && left(child + 1) < left(child)) {
                child++;
            }
            if (left(child) > moved.left) {
                break;
            }
            put(at, Objects.requireNonNull(idle[child]));
            at = child;
        }
        rise(at, moved);
    }

    private void rise(int from, Node node) {
        int at = from;
        while (at > 0 && left((at - 1) / 2) > node.left) {
            put(at, Objects.requireNonNull(idle[(at - 1) / 2]));
            at = (at - 1) / 2;
        }
        put(at, node);
    }

    private long left(int at) {
        return Objects.requireNonNull(idle[at]).left;
    }

    private void put(int at, Node node) {
        idle[at] = node;
        node.place = at;
    }
}
