package dev.puna.model;

import dev.puna.kernel.Rotation;
import dev.puna.kernel.Scratch;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the activations of forward passes, one pass at a time. Tensors are taken in order and given back in the
 * opposite order by {@link #release}; the same shapes in the same order get the same tensors again, so that decoding
 * allocates nothing.
 */
public final class Workspace implements AutoCloseable {

    /** A piece of memory and the tensor that was last made of it. */
    private static final class Slot {
        final Scratch memory = new Scratch();
        Tensor tensor = new Tensor(DType.F32, new long[] {0, 0}, MemorySegment.NULL);
        List<Tensor> last = List.of();
    }

    private final List<Slot> slots = new ArrayList<>();
    private int taken;
    private @Nullable Rotation rotation;

    /** An F32 tensor {@code [rows, columns]} with undefined content. */
    public Tensor take(long rows, long columns) {
        if (taken == slots.size()) {
            slots.add(new Slot());
        }
        Slot slot = slots.get(taken++);
        if (slot.tensor.shape()[0] != rows || slot.tensor.shape()[1] != columns) {
            long bytes = DType.F32.bytes(Math.multiplyExact(rows, columns));
            slot.tensor = new Tensor(
                    DType.F32,
                    new long[] {rows, columns},
                    slot.memory.atLeast(bytes).asSlice(0, bytes));
        }
        return slot.tensor;
    }

    /** The tensors that were taken last, in their order; the same list again where they are the same. */
    List<Tensor> last(int count) {
        Slot slot = slots.get(taken - 1);
        boolean same = slot.last.size() == count;
        for (int i = 0; same && i < count; i++) {
            same = slot.last.get(i) == slots.get(taken - count + i).tensor;
        }
        if (!same) {
            slot.last = slots.subList(taken - count, taken).stream()
                    .map(s -> s.tensor)
                    .toList();
        }
        return slot.last;
    }

    /** The angles in these tensors; the same object again where they are the same. */
    Rotation rotation(Tensor cos, Tensor sin, boolean interleaved) {
        Rotation last = rotation;
        if (last == null || last.cos() != cos || last.sin() != sin || last.interleaved() != interleaved) {
            last = new Rotation(cos, sin, interleaved);
            rotation = last;
        }
        return last;
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
