package dev.puna.file;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One safetensors file, its header read and everything in it checked. The layout: the header's length (u64), the header
 * (a JSON object: name to type, shape and offsets), the tensors' bytes, which must cover the rest without hole or overlap.
 */
record SafetensorsPart(Path path, MemorySegment bytes, Map<String, String> metadata, List<TensorEntry> entries) {
    /** Bytes of the header: the format's own limit. */
    static final int MAX_HEADER = 100_000_000;

    /** The header's entry that is no tensor. */
    static final String METADATA = "__metadata__";

    private static final int MAX_DIMENSIONS = 16;

    /** The types that the format defines: bits of an element, and the type where Puna reads it. */
    private record Stored(int bits, Optional<DType> type) {}

    private static final Map<String, Stored> TYPES = Map.ofEntries(
            read("F64", DType.F64),
            read("F32", DType.F32),
            read("F16", DType.F16),
            read("BF16", DType.BF16),
            read("F8_E4M3", DType.F8_E4M3),
            read("I64", DType.I64),
            read("I32", DType.I32),
            read("I16", DType.I16),
            read("I8", DType.I8),
            unread("BOOL", 8),
            unread("U8", 8),
            unread("U16", 16),
            unread("U32", 32),
            unread("U64", 64),
            unread("F8_E5M2", 8),
            unread("F8_E8M0", 8),
            unread("F8_E4M3FNUZ", 8),
            unread("F8_E5M2FNUZ", 8),
            unread("F6_E2M3", 6),
            unread("F6_E3M2", 6),
            unread("F4", 4),
            unread("C64", 64));

    private static Map.Entry<String, Stored> read(String name, DType type) {
        return Map.entry(name, new Stored(type.blockBytes() * 8, Optional.of(type)));
    }

    private static Map.Entry<String, Stored> unread(String name, int bits) {
        return Map.entry(name, new Stored(bits, Optional.empty()));
    }

    static SafetensorsPart open(Path path, Arena arena) {
        MemorySegment bytes = Mapped.of(path, arena);
        return Mapped.read(path, bytes, mapped -> read(path, mapped));
    }

    private static SafetensorsPart read(Path path, MemorySegment bytes) {
        if (bytes.byteSize() == 0) {
            throw new BadFile(path, 0, "an empty file");
        }
        Cursor in = new Cursor(bytes, path, 0);
        long length = in.i64("the length of the header");
        if (length < 0 || length > in.left()) {
            throw in.bad(
                    0,
                    "not a safetensors file: a header of %s bytes, but only %d are left"
                            .formatted(Long.toUnsignedString(length), in.left()));
        }
        if (length > MAX_HEADER) {
            throw in.bad(0, "a header of %d bytes is longer than the limit of %d".formatted(length, MAX_HEADER));
        }
        byte[] json = new byte[(int) length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, in.skip(length, "the header"), json, 0, json.length);
        if (json.length == 0 || json[0] != '{') {
            throw in.bad(8, "the header does not begin with '{'");
        }
        Map<String, Object> header = Json.object(Json.parse(json, path, 8), path, "the header");
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorEntry> entries = new ArrayList<>();
        header.forEach((name, value) -> {
            if (name.equals(METADATA)) {
                Json.object(value, path, METADATA).forEach((key, text) -> {
                    if (!(text instanceof String string)) {
                        throw in.bad(8, "%s has %s, which is not a string".formatted(METADATA, Json.quoted(key)));
                    }
                    metadata.put(key, string);
                });
            } else {
                entries.add(entry(name, value, path, in.at(), bytes.byteSize()));
            }
        });
        entries.sort(Comparator.comparingLong(TensorEntry::offset).thenComparingLong(TensorEntry::bytes));
        checkCover(entries, in, bytes.byteSize());
        return new SafetensorsPart(path, bytes, metadata, List.copyOf(entries));
    }

    private static TensorEntry entry(String name, Object value, Path path, long data, long fileBytes) {
        String what = "tensor " + Json.quoted(name);
        if (!(value instanceof Map<?, ?> fields)
                || !(fields.get("dtype") instanceof String typeName)
                || !(fields.get("shape") instanceof List<?> dimensions)
                || !(fields.get("data_offsets") instanceof List<?> offsets)
                || offsets.size() != 2) {
            throw new BadFile(path, 8, what + " has not the fields dtype, shape and data_offsets");
        }
        Stored stored = TYPES.get(typeName);
        if (stored == null) {
            throw new BadFile(path, 8, "%s has the unknown type %s".formatted(what, Json.quoted(typeName)));
        }
        if (dimensions.size() > MAX_DIMENSIONS) {
            throw new BadFile(path, 8, "%s has %d dimensions".formatted(what, dimensions.size()));
        }
        long[] shape = new long[dimensions.size()];
        long bits = stored.bits();
        for (int i = 0; i < shape.length; i++) {
            shape[i] = Json.whole(dimensions.get(i), path, "a dimension of " + what);
            if (shape[i] < 0) {
                throw new BadFile(path, 8, "%s has a dimension of %d".formatted(what, shape[i]));
            }
            if (Math.multiplyHigh(bits, shape[i]) != 0 || bits * shape[i] < 0) {
                throw new BadFile(path, 8, what + " has more than 2^60 bytes");
            }
            bits *= shape[i];
        }
        long from = Json.whole(offsets.getFirst(), path, "the first offset of " + what);
        long to = Json.whole(offsets.getLast(), path, "the second offset of " + what);
        if (from < 0 || to < from || to > fileBytes - data) {
            throw new BadFile(
                    path,
                    fileBytes,
                    "%s (bytes %d to %d of the data) reaches past the end of the file".formatted(what, from, to));
        }
        if (bits % 8 != 0 || to - from != bits / 8) {
            throw new BadFile(
                    path,
                    data + from,
                    "%s takes %d bytes by its type and shape, but has %d".formatted(what, (bits + 7) / 8, to - from));
        }
        return new TensorEntry(name, typeName, stored.type(), shape, path, data + from, to - from);
    }

    private static void checkCover(List<TensorEntry> entries, Cursor in, long fileBytes) {
        long covered = in.at();
        for (TensorEntry entry : entries) {
            if (entry.offset() != covered) {
                throw in.bad(
                        entry.offset(),
                        "tensor %s %s"
                                .formatted(
                                        Json.quoted(entry.name()),
                                        entry.offset() < covered
                                                ? "shares bytes with the one before it"
                                                : "leaves a hole after byte " + covered));
            }
            covered += entry.bytes();
        }
        if (covered != fileBytes) {
            throw in.bad(covered, "%d bytes that belong to no tensor".formatted(fileBytes - covered));
        }
    }

    /** The tensor in place; its type must be one that Puna reads. */
    Tensor tensor(TensorEntry entry) {
        return new Tensor(
                entry.type().orElseThrow(entry::unread), entry.shape(), bytes.asSlice(entry.offset(), entry.bytes()));
    }
}
