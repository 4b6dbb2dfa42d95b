package dev.puna.model;

import dev.puna.kernel.Rotation;
import dev.puna.kernel.Scratch;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the activations of forward passes, one pass at a time. Tensors are taken in order and given back in the
 * opposite order by {@link #release}. The same shapes in the same order get the same tensors again, and a slot remembers
 * one of each small number of rows: so steps of decoding allocate nothing, though as many tokens as are guessed, or as
 * many answers as run, change from one to the next.
 */
public final class Workspace implements AutoCloseable {
    /** Up to so many rows tensors are kept to be used again. */
    private static final int FEW = 64;

    /** A piece of memory and the tensors that were made of it. */
    private static final class Slot {
        private final Scratch memory = new Scratch();
        private final @Nullable Tensor[] few = new Tensor[FEW + 1]; // by their rows
        private Tensor tensor = new Tensor(DType.F32, new long[] {0, 0}, MemorySegment.NULL); // taken last

        Tensor take(long rows, long columns) {
            Tensor known = rows <= FEW ? few[(int) rows] : tensor;
            if (known == null || known.shape()[0] != rows || known.shape()[1] != columns) {
                long bytes = DType.F32.bytes(Math.multiplyExact(rows, columns));
                if (memory.bytes() < bytes) {
                    Arrays.fill(few, null); // their memory goes
                }
                MemorySegment data = memory.atLeast(bytes).asSlice(0, bytes);
                known = new Tensor(DType.F32, new long[] {rows, columns}, data);
                if (rows <= FEW) {
                    few[(int) rows] = known;
                }
            }
            tensor = known;
            return known;
        }
    }

    /** The tensors that some neighbouring slots have at the time. */
    private final class Last extends AbstractList<Tensor> implements RandomAccess {
        private final int from;
        private final int count;

        Last(int from, int count) {
            this.from = from;
            this.count = count;
        }

        @Override
        public Tensor get(int index) {
            return slots.get(from + Objects.checkIndex(index, count)).tensor;
        }

        @Override
        public int size() {
            return count;
        }
    }

    private final List<Slot> slots = new ArrayList<>();
    private final List<Last> lists = new ArrayList<>();
    private final @Nullable Rotation[] rotations = new Rotation[FEW + 1]; // by their rows
    private int taken;

    /** An F32 tensor {@code [rows, columns]} with undefined content. */
    public Tensor take(long rows, long columns) {
        if (taken == slots.size()) {
            slots.add(new Slot());
        }
        return slots.get(taken++).take(rows, columns);
    }

    /** The tensors that were taken last, in their order. Valid until one of their places is taken again. */
    List<Tensor> last(int count) {
        int from = taken - count;
        for (int i = 0; i < lists.size(); i++) {
            Last known = lists.get(i);
            if (known.from == from && known.count == count) {
                return known;
            }
        }
        Last made = new Last(from, count);
        lists.add(made);
        return made;
    }

    /** The angles in these tensors; the same object again where they are the same few. */
    Rotation rotation(Tensor cos, Tensor sin, boolean interleaved) {
        int rows = (int) cos.rows();
        Rotation known = rows <= FEW ? rotations[rows] : null;
        if (known == null || known.cos() != cos || known.sin() != sin || known.interleaved() != interleaved) {
            known = new Rotation(cos, sin, interleaved);
            if (rows <= FEW) {
                rotations[rows] = known;
            }
        }
        return known;
    }

    /** A point to go back to. */
    int mark() {
        return taken;
    }

    /** Gives back everything taken since the mark. */
    void release(int mark) {
        taken = mark;
    }

    /** Memory held. */
    public long bytes() {
        return slots.stream().mapToLong(slot -> slot.memory.bytes()).sum();
    }

    @Override
    public void close() {
        slots.forEach(slot -> slot.memory.close());
        slots.clear();
    }
}
