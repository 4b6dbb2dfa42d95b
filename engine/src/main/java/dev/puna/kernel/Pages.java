package dev.puna.kernel;

import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Where one layer's keys and values are. A page holds a block of consecutive tokens of one sequence; within a page each
 * head's keys are together, {@code [kvHeads, blockTokens, headSize]}, then its values likewise. A head of one token is a
 * row of whole blocks of the type, the rest of its last block zero. Kernels may order what a head has in a page as suits
 * them: only those that stored it read it.
 *
 * @param pages by block number; null where never used. Native memory
 * @param offset bytes before this layer's keys in every page
 * @param type F32, F16 or Q8_0
 */
public record Pages(MemorySegment[] pages, long offset, DType type, int kvHeads, int headSize, int blockTokens) {

    /** {@code headSize} rounded up to whole blocks of the type. */
    public int paddedHead() {
        return Math.ceilDiv(headSize, type.blockSize()) * type.blockSize();
    }

    /** Bytes of one head of one token. */
    public long rowBytes() {
        return type.bytes(paddedHead());
    }

    /** Bytes of one head of a block: {@code blockTokens} rows. */
    public long headBytes() {
        return blockTokens * rowBytes();
    }

    /** Bytes that one layer takes of a page. */
    public long layerBytes() {
        return 2 * kvHeads * headBytes();
    }

    /** Where in its page the keys of {@code head} begin. */
    public long keys(int head) {
        return offset + head * headBytes();
    }

    /** Where in its page the values of {@code head} begin. */
    public long values(int head) {
        return offset + (kvHeads + head) * headBytes();
    }

    /** The page of a position of a sequence. */
    public MemorySegment page(Span span, int position) {
        return pages[span.blocks()[position / blockTokens]];
    }
}
