package dev.puna.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory as weights have it: a mapped file's pages in the page cache. The file is one hole, so that nothing is written to
 * a disk or read from one, and it is gone as soon as this is closed.
 */
final class MappedPages implements AutoCloseable {
    /** Much larger than any cache, and no power of two: parts of it then lie on different lines of the caches. */
    private static final long BYTES = 1_000_000_000;

    private final Arena arena;
    private final MemorySegment memory;

    private MappedPages(Arena arena, MemorySegment memory) {
        this.arena = arena;
        this.memory = memory;
    }

    /** A quarter of the memory that is free, at most. */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives in the result, which closes it
    static MappedPages map(Host host) {
        long available = Math.min(
                host.availableBytes().orElse(Long.MAX_VALUE),
                host.containerBytes().orElse(Long.MAX_VALUE));
        long bytes = Math.clamp(available / 4, 1 << 20, BYTES);
        Arena arena = Arena.ofShared();
        try {
            Path path = Files.createTempFile("puna", ".pages");
            try (FileChannel file = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
                file.write(ByteBuffer.allocate(1), bytes - 1);
                return new MappedPages(arena, file.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena));
            }
        } catch (IOException _) { // nowhere to put a file: ordinary memory then
            return new MappedPages(arena, arena.allocate(bytes, 64));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    MemorySegment memory() {
        return memory;
    }

    @Override
    public void close() {
        arena.close();
    }
}
