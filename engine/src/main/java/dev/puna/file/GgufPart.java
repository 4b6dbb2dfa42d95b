package dev.puna.file;

import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One GGUF file, its header read and everything in it checked. The layout: magic, version, number of tensors, number of
 * pairs; the pairs; one record per tensor; zero bytes up to the alignment; the tensors' bytes.
 */
record GgufPart(
        Path path, MemorySegment bytes, int version, Metadata metadata, List<TensorEntry> entries, long dataOffset) {
    static final int MAGIC = 0x4655_4747; // "GGUF"
    private static final int MAX_PAIRS = 1 << 16;
    private static final int MAX_TENSORS = 1 << 18;
    static final int MAX_DIMENSIONS = 4;

    static GgufPart open(Path path, Arena arena) {
        MemorySegment bytes = Mapped.of(path, arena);
        return Mapped.read(path, bytes, mapped -> read(path, mapped));
    }

    private static GgufPart read(Path path, MemorySegment bytes) {
        if (bytes.byteSize() == 0) {
            throw new BadFile(path, 0, "an empty file");
        }
        Cursor in = new Cursor(bytes, path, 0);
        if (in.i32("the magic of a GGUF file") != MAGIC) {
            throw in.bad(0, "not a GGUF file: it does not begin with \"GGUF\"");
        }
        int version = in.i32("the version");
        if (Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3) {
            throw in.bad(4, "a big-endian GGUF file; Puna reads little-endian ones");
        }
        if (version != 2 && version != 3) {
            throw in.bad(4, "GGUF version %s; Puna reads 2 and 3".formatted(Integer.toUnsignedString(version)));
        }
        long tensors = in.i64("the number of tensors");
        long pairs = in.count(8 + 4 + 1, "key-value pairs");
        if (tensors < 0 || tensors > in.left() / (8 + 4 + 4 + 8)) {
            throw in.bad(
                    8,
                    "%s tensors cannot fit in the %d bytes left".formatted(Long.toUnsignedString(tensors), in.left()));
        }
        if (tensors > MAX_TENSORS) {
            throw in.bad(8, "%d tensors are more than the limit of %d".formatted(tensors, MAX_TENSORS));
        }
        if (pairs > MAX_PAIRS) {
            throw in.bad(16, "%d key-value pairs are more than the limit of %d".formatted(pairs, MAX_PAIRS));
        }
        Metadata metadata = Metadata.read(in, pairs, path);
        long alignment = alignment(in, metadata);
        List<TensorEntry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < tensors; i++) {
            long offset = in.at();
            TensorEntry entry = entry(in, path, i);
            if (!names.add(entry.name())) {
                throw in.bad(offset, "two tensors have the name " + Json.quoted(entry.name()));
            }
            entries.add(entry);
        }
        long dataOffset = in.at() + FreshFile.padding(in.at(), alignment);
        if (tensors > 0 && dataOffset > bytes.byteSize()) {
            throw in.bad(bytes.byteSize(), "the file ends before its tensors' data, which begins at " + dataOffset);
        }
        List<TensorEntry> placed = entries.stream()
                .map(entry -> placed(entry, in, dataOffset, alignment, bytes.byteSize()))
                .toList();
        checkOverlaps(placed, in);
        return new GgufPart(path, bytes, version, metadata, placed, dataOffset);
    }

    private static long alignment(Cursor in, Metadata metadata) {
        long alignment = metadata.u32(Gguf.ALIGNMENT).orElse(Gguf.DEFAULT_ALIGNMENT);
        if (Long.bitCount(alignment) != 1) {
            long offset = metadata.value(Gguf.ALIGNMENT).orElseThrow().offset();
            throw in.bad(offset, "the alignment %d is not a power of two".formatted(alignment));
        }
        return alignment;
    }

    /** Reads one record; its offset is still relative to the data. */
    private static TensorEntry entry(Cursor in, Path path, long index) {
        String name = in.string("the name of tensor " + index);
        String what = "tensor " + Json.quoted(name);
        long offset = in.at();
        int dimensions = in.i32("the number of dimensions of " + what);
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw in.bad(
                    offset,
                    "%s has %s dimensions; at most %d are possible"
                            .formatted(what, Integer.toUnsignedString(dimensions), MAX_DIMENSIONS));
        }
        long[] shape = new long[dimensions];
        long elements = 1;
        for (int i = dimensions - 1; i >= 0; i--) { // the file has the contiguous dimension first
            long dimension = in.i64("a dimension of " + what);
            if (dimension <= 0) {
                throw in.bad(in.at() - 8, "%s has a dimension of %s".formatted(what, Long.toUnsignedString(dimension)));
            }
            if (elements > Long.MAX_VALUE / dimension) {
                throw in.bad(in.at() - 8, what + " has more than 2^63 elements");
            }
            shape[i] = dimension;
            elements *= dimension;
        }
        offset = in.at();
        int id = in.i32("the type of " + what);
        GgufType type = GgufType.of(id).orElse(null);
        if (type == null) {
            throw in.bad(offset, "%s has the unknown type %s".formatted(what, Integer.toUnsignedString(id)));
        }
        long columns = dimensions == 0 ? 1 : shape[dimensions - 1];
        if (columns % type.blockSize() != 0) {
            throw in.bad(
                    offset,
                    "%s has rows of %d elements, which are not whole blocks of %d (%s)"
                            .formatted(what, columns, type.blockSize(), type.name()));
        }
        if (elements / type.blockSize() > Long.MAX_VALUE / type.blockBytes()) {
            throw in.bad(offset, what + " has more than 2^63 bytes");
        }
        return new TensorEntry(
                name,
                type.dtype().isPresent() ? type.name() : "%s (%d)".formatted(type.name(), id),
                type.dtype(),
                shape,
                path,
                in.i64("the offset of " + what),
                elements / type.blockSize() * type.blockBytes());
    }

    private static TensorEntry placed(TensorEntry entry, Cursor in, long dataOffset, long alignment, long fileBytes) {
        String what = "tensor " + Json.quoted(entry.name());
        long dataBytes = fileBytes - dataOffset;
        if (entry.offset() < 0 || entry.offset() > dataBytes || entry.bytes() > dataBytes - entry.offset()) {
            throw in.bad(
                    fileBytes,
                    "%s (%d bytes at %s of the data) reaches past the end of the file"
                            .formatted(what, entry.bytes(), Long.toUnsignedString(entry.offset())));
        }
        long offset = dataOffset + entry.offset();
        if (entry.offset() % alignment != 0) {
            throw in.bad(offset, "%s does not begin at a multiple of %d bytes".formatted(what, alignment));
        }
        return new TensorEntry(
                entry.name(), entry.typeName(), entry.type(), entry.shape(), entry.file(), offset, entry.bytes());
    }

    private static void checkOverlaps(List<TensorEntry> entries, Cursor in) {
        List<TensorEntry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(TensorEntry::offset));
        for (int i = 1; i < sorted.size(); i++) {
            TensorEntry before = sorted.get(i - 1);
            TensorEntry after = sorted.get(i);
            if (after.offset() < before.offset() + before.bytes()) {
                throw in.bad(
                        after.offset(),
                        "tensors %s and %s share bytes"
                                .formatted(Json.quoted(before.name()), Json.quoted(after.name())));
            }
        }
    }

    /** The tensor in place; its type must be one that Puna reads. */
    Tensor tensor(TensorEntry entry) {
        return new Tensor(
                entry.type().orElseThrow(entry::unread), entry.shape(), bytes.asSlice(entry.offset(), entry.bytes()));
    }
}
