package dev.puna.kernel;

import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Where one layer's keys and values are. A block holds consecutive tokens of one sequence; a page holds some blocks, head
 * by head: {@code [kvHeads, keys and values, pageBlocks, blockTokens, headSize]}, so that what attention reads of a head
 * lies in one place where a sequence has a page's blocks in order. A head of one token is a row of whole blocks of the
 * type, the rest of its last block zero. Kernels may order what a head has in a block as suits them: only those that
 * stored it read it.
 *
 * @param pages by block number divided by {@code pageBlocks}; null where never used. Native memory
 * @param offset bytes before this layer's keys in every page
 * @param type F32, F16 or Q8_0
 */
public record Pages(
        MemorySegment[] pages, long offset, DType type, int kvHeads, int headSize, int blockTokens, int pageBlocks) {

    /** {@code headSize} rounded up to whole blocks of the type. */
    public int paddedHead() {
        return Math.ceilDiv(headSize, type.blockSize()) * type.blockSize();
    }

    /** Bytes of one head of one token. */
    public long rowBytes() {
        return type.bytes(paddedHead());
    }

    /** Bytes of one head's keys in a block. */
    private long blockBytes() {
        return blockTokens * rowBytes();
    }

    /** Bytes of one head's keys in a page. */
    private long headBytes() {
        return pageBlocks * blockBytes();
    }

    /** Bytes that one layer takes of a page. */
    public long layerBytes() {
        return 2 * kvHeads * headBytes();
    }

    /** Where in its page the keys of {@code head} begin. */
    public long keys(int head) {
        return offset + 2 * head * headBytes();
    }

    /** Where in its page the values of {@code head} begin. */
    public long values(int head) {
        return keys(head) + headBytes();
    }

    /** The page of a position of a sequence. */
    public MemorySegment page(Span span, int position) {
        return pages[span.blocks()[position / blockTokens] / pageBlocks];
    }

    /** Where the row of a position is, behind the beginning of its head's keys or values in its page. */
    public long row(Span span, int position) {
        return span.blocks()[position / blockTokens] % pageBlocks * blockBytes() + position % blockTokens * rowBytes();
    }

    /** Copies what a block holds to another one. */
    public void copy(int from, int to) {
        for (int head = 0; head < kvHeads; head++) {
            for (long rows : new long[] {keys(head), values(head)}) {
                MemorySegment.copy(
                        pages[from / pageBlocks],
                        rows + from % pageBlocks * blockBytes(),
                        pages[to / pageBlocks],
                        rows + to % pageBlocks * blockBytes(),
                        blockBytes());
            }
        }
    }
}
