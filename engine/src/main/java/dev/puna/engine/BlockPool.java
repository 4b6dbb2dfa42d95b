package dev.puna.engine;

/**
 * Which blocks of the cache are free. Low numbers are handed out first, so that a cache that was never full keeps to
 * the memory it has touched. Serves one thread.
 */
final class BlockPool {
    private final boolean[] taken;
    private final int[] heap; // free blocks, the lowest on top
    private int free;

    BlockPool(int blocks) {
        taken = new boolean[blocks];
        heap = new int[blocks];
        free = blocks;
        for (int i = 0; i < blocks; i++) {
            heap[i] = i;
        }
    }

    int size() {
        return heap.length;
    }

    int free() {
        return free;
    }

    /** The lowest free block; there must be one. */
    int take() {
        if (free == 0) {
            throw new IllegalStateException("no free block");
        }
        int block = heap[0];
        int last = heap[--free];
        int at = 0;
        while (2 * at + 1 < free) {
            int child = 2 * at + 1;
            if (child + 1 < free && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        if (free > 0) {
            heap[at] = last;
        }
        taken[block] = true;
        return block;
    }

    void give(int block) {
        if (!taken[block]) {
            throw new IllegalStateException("block " + block + " is free already");
        }
        taken[block] = false;
        int at = free++;
        while (at > 0 && heap[(at - 1) / 2] > block) {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = block;
    }
}
