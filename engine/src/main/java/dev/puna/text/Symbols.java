package dev.puna.text;

import java.util.Arrays;

/**
 * The symbols of one piece of text while they merge, and the room for it: one object serves a whole encoding, so that
 * merging allocates nothing. Symbol {@code i} has the bytes {@code text[start[i], start[i + 1])}.
 *
 * <p>A short piece is scanned for its best pair again and again; a long one keeps its pairs in a heap over a linked
 * list, which takes n log n steps however the merges fall.
 */
final class Symbols {
    /** Up to this many symbols scanning beats the heap. */
    private static final int SHORT = 40;

    byte[] text = new byte[256];
    int[] ids = new int[64];
    int[] starts = new int[65];
    int count;

    private long[] pairs = new long[64];
    private int[] before = new int[0];
    private int[] after = new int[0];
    private long[] heap = new long[0];
    private int heapSize;

    private int[] output = new int[64];
    private int outputSize;
    private long steps;

    /** How many pairs were looked up, compared or moved so far: the work of merging, independent of the machine. */
    long steps() {
        return steps;
    }

    void emit(int id) {
        if (outputSize == output.length) {
            output = Arrays.copyOf(output, outputSize * 2);
        }
        output[outputSize++] = id;
    }

    int[] output() {
        return Arrays.copyOf(output, outputSize);
    }

    int outputSize() {
        return outputSize;
    }

    /** Makes room for a text of so many bytes. */
    byte[] room(int bytes) {
        if (text.length < bytes) {
            text = Arrays.copyOf(text, Math.max(bytes, text.length * 2));
        }
        return text;
    }

    void clear() {
        count = 0;
    }

    void add(int id, int start) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, count * 2);
            starts = Arrays.copyOf(starts, count * 2 + 1);
        }
        ids[count] = id;
        starts[count++] = start;
    }

    /** Merges all that merges; {@code end} is where the last symbol's bytes end. */
    void merge(Merges merges, int end) {
        starts[count] = end;
        if (pairs.length < ids.length) {
            pairs = new long[ids.length];
        }
        if (count <= SHORT) {
            mergeByScanning(merges);
        } else {
            mergeByHeap(merges);
        }
    }

    private void mergeByScanning(Merges merges) {
        for (int i = 0; i + 1 < count; i++) {
            pairs[i] = pair(merges, i, i + 1, i + 2);
        }
        while (count > 1) {
            int best = 0;
            for (int i = 1; i + 1 < count; i++) {
                if (pairs[i] >>> 32 < pairs[best] >>> 32) {
                    best = i;
                }
            }
            steps += count;
            if (pairs[best] == Merges.NONE) {
                return;
            }
            ids[best] = (int) pairs[best];
            int tail = --count - best - 1;
            System.arraycopy(ids, best + 2, ids, best + 1, tail);
            System.arraycopy(starts, best + 2, starts, best + 1, tail + 1);
            System.arraycopy(pairs, best + 1, pairs, best, tail);
            if (best + 1 < count) {
                pairs[best] = pair(merges, best, best + 1, best + 2);
            }
            if (best > 0) {
                pairs[best - 1] = pair(merges, best - 1, best, best + 1);
            }
        }
    }

    private long pair(Merges merges, int left, int right, int beyond) {
        steps++;
        return merges.find(ids[left], ids[right], text, starts[left], starts[beyond]);
    }

    private void mergeByHeap(Merges merges) {
        if (before.length < count + 1) {
            before = new int[ids.length + 1];
            after = new int[ids.length + 1];
        }
        heapSize = 0;
        for (int i = 0; i < count; i++) {
            before[i] = i - 1;
            after[i] = i + 1;
        }
        for (int i = 0; i < count; i++) {
            consider(merges, i);
        }
        while (heapSize > 0) {
            long top = pop();
            int at = (int) top;
            if (pairs[at] >>> 32 != top >>> 32) {
                continue; // one of the two has merged with another since
            }
            int eaten = after[at];
            ids[at] = (int) pairs[at];
            after[at] = after[eaten];
            pairs[eaten] = Merges.NONE;
            if (after[at] < count) {
                before[after[at]] = at;
            }
            consider(merges, at);
            if (before[at] >= 0) {
                consider(merges, before[at]);
            }
        }
        int kept = 0;
        int end = starts[count];
        for (int i = 0; i < count; i = after[i]) {
            ids[kept] = ids[i];
            starts[kept++] = starts[i];
        }
        count = kept;
        starts[count] = end;
    }

    /** Looks up the pair that begins at {@code left} and puts it in the heap where it merges. */
    private void consider(Merges merges, int left) {
        int right = after[left];
        pairs[left] = right < count ? pair(merges, left, right, after[right]) : Merges.NONE;
        if (pairs[left] != Merges.NONE) {
            push(pairs[left] & 0xFFFFFFFF_00000000L | left);
        }
    }

    private void push(long key) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, Math.max(256, heapSize * 2));
        }
        int at = heapSize++;
        while (at > 0) {
            steps++;
            int parent = at - 1 >> 1;
            if (heap[parent] <= key) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = key;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int at = 0;
        for (int child = 1; child < heapSize; child = 2 * at + 1) {
            steps++;
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        if (heapSize > 0) {
            heap[at] = last;
        }
        return top;
    }
}
