package dev.puna.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Numbers in native memory. Row-major: the last dimension is contiguous, so a weight is {@code [rows, columns]}
 * and activations are {@code [tokens, width]}.
 *
 * @param type how the numbers are stored
 * @param shape outermost dimension first
 * @param data exactly the tensor's bytes, native (a heap segment is refused: mixed kinds make kernels many times slower)
 */
public record Tensor(DType type, long[] shape, MemorySegment data) {
    public Tensor {
        if (!data.isNative()) {
            throw new IllegalArgumentException("a tensor needs native memory");
        }
        if (shape.length > 0 && shape[shape.length - 1] % type.blockSize() != 0) {
            throw new IllegalArgumentException(
                    "%s: rows of %s are not whole blocks".formatted(type, Arrays.toString(shape)));
        }
        if (data.byteSize() != type.bytes(elements(shape))) {
            throw new IllegalArgumentException("%s %s needs %d bytes, not %d"
                    .formatted(type, Arrays.toString(shape), type.bytes(elements(shape)), data.byteSize()));
        }
    }

    /** A zeroed tensor, aligned to 64 bytes, that lives as long as {@code arena}. */
    public static Tensor allocate(Arena arena, DType type, long... shape) {
        return new Tensor(type, shape, arena.allocate(type.bytes(elements(shape)), 64));
    }

    /** Product of all dimensions but the last; 1 for a vector. */
    public long rows() {
        return shape.length == 0 ? 1 : elements(shape) / Math.max(1, columns());
    }

    /** The last, contiguous dimension. */
    public long columns() {
        return shape.length == 0 ? 1 : shape[shape.length - 1];
    }

    public long rowBytes() {
        return type.bytes(columns());
    }

    public long elements() {
        return elements(shape);
    }

    /** The same numbers stored as {@code type}: rounded where it holds less. */
    public Tensor as(DType type, Arena arena) {
        Tensor result = allocate(arena, type, shape);
        if (columns() == 0) {
            return result;
        }
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment row = scratch.allocate(columns() * 4, 64);
            for (long r = 0; r < rows(); r++) {
                this.type.decode(data, r * rowBytes(), row, 0, columns());
                type.encode(row, 0, result.data, r * result.rowBytes(), columns());
            }
        }
        return result;
    }

    /** The numbers as f32, row after row. */
    public float[] floats() {
        float[] floats = new float[Math.toIntExact(elements())];
        type.decode(data, 0, MemorySegment.ofArray(floats), 0, floats.length);
        return floats;
    }

    private static long elements(long[] shape) {
        long product = 1;
        for (long dimension : shape) {
            product = Math.multiplyExact(product, dimension);
        }
        return product;
    }
}
