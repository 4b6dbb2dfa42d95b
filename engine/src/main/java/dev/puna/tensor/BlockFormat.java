package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What the bits of a block are. Blocks lie one after another, at any byte offset; floats are little-endian f32.
 * A format is stateless: any number of threads may use it.
 */
interface BlockFormat {
    /** Reads {@code blocks} blocks into floats. */
    void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks);

    /** Chooses the bits of {@code blocks} blocks so that they decode to nearly the given floats. */
    void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks);
}
