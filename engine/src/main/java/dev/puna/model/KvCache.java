package dev.puna.model;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Pages;
import dev.puna.kernel.Span;
import dev.puna.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of many sequences in blocks of some tokens each. Which sequence holds which block is the caller's
 * business. Some blocks make a page, which takes memory when one of them is first used and keeps it until the cache is
 * closed.
 */
public final class KvCache implements AutoCloseable {
    /** Tokens of a page, if blocks are smaller: what attention reads of one head in one go. */
    private static final int PAGE_TOKENS = 256;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] pages;
    private final List<Pages> layers = new ArrayList<>();
    private final int blocks;
    private final int blockTokens;
    private final int pageBlocks;
    private final long pageBytes;
    /** What is left of the memory that was taken last. */
    private MemorySegment spare = MemorySegment.NULL;

    /**
     * @param type F32, F16 or Q8_0
     * @param blocks how many blocks at most
     * @param blockTokens how many tokens a block holds
     */
    public KvCache(Config config, DType type, int blocks, int blockTokens) {
        if (type != DType.F32 && type != DType.F16 && type != DType.Q8_0) {
            throw new IllegalArgumentException("a cache of " + type + "; it can be F32, F16 or Q8_0");
        }
        if (blocks < 1 || blockTokens < 1) {
            throw new IllegalArgumentException("a cache of " + blocks + " blocks of " + blockTokens + " tokens");
        }
        this.blocks = blocks;
        this.blockTokens = blockTokens;
        this.pageBlocks = Math.clamp(PAGE_TOKENS / blockTokens, 1, blocks);
        this.pages = new MemorySegment[Math.ceilDiv(blocks, pageBlocks)];
        long offset = 0;
        for (Config.Block block : config.blocks()) {
            var attention = block.attention();
            var layer =
                    new Pages(pages, offset, type, attention.kvHeads(), attention.headSize(), blockTokens, pageBlocks);
            layers.add(layer);
            offset += layer.layerBytes();
        }
        this.pageBytes = offset;
    }

    /** How many tokens a block holds. */
    public int blockTokens() {
        return blockTokens;
    }

    /** How many blocks there may be. */
    public int blocks() {
        return blocks;
    }

    /** Memory of one block. */
    public long blockBytes() {
        return pageBytes / pageBlocks;
    }

    /** Keys and values of one layer. */
    Pages layer(int layer) {
        return layers.get(layer);
    }

    /** Gives memory to every block that the batch writes or reads. */
    void reserve(Kernels kernels, Batch batch) {
        for (int s = 0; s < batch.spans().size(); s++) {
            Span span = batch.spans().get(s);
            int needed = Math.ceilDiv(span.end(), blockTokens);
            if (needed > span.blocks().length) {
                throw new IllegalArgumentException("%d positions need %d blocks of %d tokens, the span has %d"
                        .formatted(span.end(), needed, blockTokens, span.blocks().length));
            }
            for (int i = 0; i < needed; i++) {
                int block = span.blocks()[i];
                if (block < 0 || block >= blocks) {
                    throw new IllegalArgumentException("block " + block + " of " + blocks);
                }
                take(kernels, block);
            }
        }
    }

    /** Copies what a block holds, all layers' keys and values, to another one. */
    public void copy(Kernels kernels, int from, int to) {
        if (from == to || pages[from / pageBlocks] == null) {
            return;
        }
        take(kernels, to);
        for (Pages layer : layers) {
            layer.copy(from, to);
        }
    }

    private void take(Kernels kernels, int block) {
        int page = block / pageBlocks;
        if (pages[page] != null) {
            return;
        }
        if (spare.byteSize() < pageBytes) {
            spare = kernels.memory(arena, pageBytes);
        }
        pages[page] = spare.asSlice(0, pageBytes);
        spare = spare.asSlice(Math.min(Math.ceilDiv(pageBytes, 64) * 64, spare.byteSize()));
    }

    @Override
    public void close() {
        arena.close();
    }
}
