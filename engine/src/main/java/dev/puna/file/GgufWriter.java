package dev.puna.file;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Writes GGUF, version 3, little-endian: what {@link Gguf} reads back. */
public final class GgufWriter {
    private static final int VERSION = 3;

    private final ByteArrayOutputStream header = new ByteArrayOutputStream();

    private GgufWriter() {}

    /** What a tensor will be: its type, and its shape with the outermost dimension first. */
    public record Plan(DType type, long... shape) {
        private long bytes() {
            return type.bytes(LongStream.of(shape).reduce(1, Math::multiplyExact));
        }
    }

    /**
     * Writes a file beside its place and then renames it, so that no half of it is ever seen.
     *
     * @param metadata its pairs, in order; {@code general.alignment} in it is heeded
     * @param tensors by name, in order, of any type with a GGUF id, with 0 to 4 dimensions and no empty one
     * @throws IOException if the disk refuses
     */
    public static void write(Path path, Metadata metadata, Map<String, Tensor> tensors) throws IOException {
        Map<String, Plan> plans = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> plans.put(name, new Plan(tensor.type(), tensor.shape())));
        stream(
                path,
                metadata,
                plans,
                name -> Objects.requireNonNull(tensors.get(name)).data());
    }

    /**
     * The same for tensors that need not be in memory together: each one's bytes are asked for when its turn comes, and
     * are done with when the next is asked for.
     */
    public static void stream(
            Path path, Metadata metadata, Map<String, Plan> plans, Function<String, MemorySegment> bytes)
            throws IOException {
        long alignment = metadata.u32(Gguf.ALIGNMENT).orElse(Gguf.DEFAULT_ALIGNMENT);
        if (Long.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("the alignment %d is not a power of two".formatted(alignment));
        }
        Map<String, Plan> ordered = new LinkedHashMap<>(plans);
        GgufWriter writer = new GgufWriter();
        writer.header(metadata, ordered, alignment);
        FreshFile.write(path, out -> {
            FreshFile.append(out, ByteBuffer.wrap(writer.header.toByteArray()));
            for (Map.Entry<String, Plan> entry : ordered.entrySet()) {
                FreshFile.pad(out, alignment);
                MemorySegment data = bytes.apply(entry.getKey());
                if (data.byteSize() != entry.getValue().bytes()) {
                    throw new IllegalArgumentException("tensor %s: %d bytes, not %d"
                            .formatted(
                                    entry.getKey(),
                                    data.byteSize(),
                                    entry.getValue().bytes()));
                }
                FreshFile.append(out, data);
            }
            if (!ordered.isEmpty()) {
                FreshFile.pad(out, alignment);
            }
        });
    }

    private void header(Metadata metadata, Map<String, Plan> plans, long alignment) {
        u32(GgufPart.MAGIC);
        u32(VERSION);
        u64(plans.size());
        u64(metadata.keys().size());
        for (String key : metadata.keys()) {
            Metadata.Value value = metadata.value(key).orElseThrow();
            string(key);
            u32(value.kind().id());
            value(value);
        }
        long offset = 0;
        for (Map.Entry<String, Plan> entry : plans.entrySet()) {
            Plan tensor = entry.getValue();
            check(entry.getKey(), tensor);
            string(entry.getKey());
            u32(tensor.shape().length);
            for (int i = tensor.shape().length - 1; i >= 0; i--) { // the file has the contiguous dimension first
                u64(tensor.shape()[i]);
            }
            u32(tensor.type().ggufId());
            u64(offset);
            offset += tensor.bytes();
            offset += FreshFile.padding(offset, alignment);
        }
    }

    private static void check(String name, Plan tensor) {
        if (tensor.type().ggufId() < 0) {
            throw new IllegalArgumentException("tensor %s: GGUF has no %s".formatted(name, tensor.type()));
        }
        if (tensor.shape().length > GgufPart.MAX_DIMENSIONS || tensor.bytes() == 0) {
            throw new IllegalArgumentException(
                    "tensor %s: GGUF has no empty tensors and none of more than 4 dimensions".formatted(name));
        }
    }

    private void value(Metadata.Value value) {
        switch (value.kind()) {
            case U8, I8 -> header.write(((Long) value.value()).intValue());
            case U16, I16 -> {
                header.write(((Long) value.value()).intValue());
                header.write(((Long) value.value()).intValue() >> 8);
            }
            case U32, I32 -> u32(((Long) value.value()).intValue());
            case U64, I64 -> u64((Long) value.value());
            case F32 -> u32(Float.floatToRawIntBits(((Double) value.value()).floatValue()));
            case F64 -> u64(Double.doubleToRawLongBits((Double) value.value()));
            case BOOL -> header.write((Boolean) value.value() ? 1 : 0);
            case STRING -> string((String) value.value());
            case ARRAY -> {
                Metadata.Elements elements = (Metadata.Elements) value.value();
                u32(elements.kind().id());
                u64(elements.count());
                header.writeBytes(elements.bytes().toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    private void string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u64(utf8.length);
        header.writeBytes(utf8);
    }

    private void u32(int value) {
        header.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private void u64(long value) {
        header.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
