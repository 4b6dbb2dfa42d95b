package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.engine.PrefixTree.Node;
import dev.puna.engine.PrefixTree.Scope;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrefixTreeTest {
    private static final Scope SCOPE = new Scope("a", Optional.empty());
    private static final int[] TEXT = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    private final BlockPool pool = new BlockPool(10);
    private final PrefixTree tree = new PrefixTree(pool, 4);

    @Test
    void aWayIsFoundAgainInItsScopeOnly() {
        Node end = way(TEXT, 8);
        tree.leave(end);
        Node root = tree.enter(SCOPE);
        Node first = tree.child(root, TEXT, 0);
        assertThat(first).isNotNull();
        assertThat(tree.child(first, TEXT, 4)).isSameAs(end);
        Node other = tree.enter(new Scope("b", Optional.empty()));
        assertThat(tree.child(other, TEXT, 0)).isNull();
    }

    @Test
    void theLeafThatWasLeftLongestAgoGoesFirstAndABlockInUseNever() {
        Node old = way(TEXT, 8);
        tree.leave(old);
        Node used = way(new int[] {1, 2, 3, 4, 0, 0, 0, 0}, 8);
        assertThat(tree.unused()).isEqualTo(1);
        assertThat(tree.evict()).isTrue();
        assertThat(pool.free()).isEqualTo(8);
        assertThat(tree.evict()).isFalse();
        tree.leave(used);
        assertThat(tree.evict()).isTrue();
        assertThat(tree.evict()).as("a parent after its children").isTrue();
        assertThat(pool.free()).isEqualTo(10);
        assertThat(tree.evict()).isFalse();
    }

    @Test
    void theNearestIsTheOneWithTheLongestCommonBeginning() {
        Node root = tree.enter(SCOPE);
        tree.add(root, new int[] {1, 2, 9, 9}, 0, 4, pool.take());
        Node near = tree.add(root, new int[] {1, 2, 3}, 0, 3, pool.take());
        assertThat(tree.nearest(root, TEXT, 0, 9)).isSameAs(near);
        assertThat(PrefixTree.common(near, TEXT, 0, 9)).isEqualTo(3);
        assertThat(PrefixTree.common(near, TEXT, 0, 2)).isEqualTo(2);
        assertThat(tree.nearest(root, TEXT, 4, 9)).isNull();
        // A whole block takes the place of the half one that it goes on from.
        tree.add(root, TEXT, 0, 4, pool.take());
        assertThat(tree.unused()).isEqualTo(2);
        assertThat(pool.free()).isEqualTo(8);
    }

    private Node way(int[] tokens, int count) {
        Node node = tree.enter(SCOPE);
        for (int from = 0; from < count; from += 4) {
            Node next = tree.child(node, tokens, from);
            node = next == null ? tree.add(node, tokens, from, from + 4, pool.take()) : next;
            tree.use(node);
        }
        return node;
    }
}
