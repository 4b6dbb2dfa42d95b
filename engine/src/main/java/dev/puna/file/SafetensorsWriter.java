package dev.puna.file;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** Writes one safetensors file: what {@link Safetensors} and every other reader of the format reads back. */
public final class SafetensorsWriter {
    private SafetensorsWriter() {}

    /**
     * Writes a file beside its place and then renames it, so that no half of it is ever seen.
     *
     * @param tensors by name, of float or integer types; the format has no blocks of quantised numbers
     * @param metadata text pairs for the header, possibly none
     * @throws IOException if the disk refuses
     */
    public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(tensors.entrySet());
        // The widest elements first: each tensor then lies at a multiple of its element's size.
        ordered.sort(Comparator.comparingInt(entry -> -entry.getValue().type().blockBytes()));
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(SafetensorsPart.METADATA, metadata);
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : ordered) {
            Tensor tensor = entry.getValue();
            long end = offset + tensor.data().byteSize();
            Map<String, Object> fields = fields(entry.getKey(), tensor.type(), tensor.shape(), offset, end);
            if (header.put(entry.getKey(), fields) != null) {
                throw new IllegalArgumentException("no tensor may be called " + entry.getKey());
            }
            offset = end;
        }
        FreshFile.write(path, out -> {
            FreshFile.append(out, start(header));
            for (Map.Entry<String, Tensor> entry : ordered) {
                FreshFile.append(out, entry.getValue().data());
            }
        });
    }

    /**
     * Writes a file with one tensor whose bytes come part after part, so that it may be larger than memory. As with
     * {@link #write}, no half of it is ever seen.
     *
     * @param content hands all of the tensor's bytes, in order, to the consumer it is given
     * @throws IOException if the disk refuses
     */
    public static void stream(
            Path path, String name, DType type, long[] shape, Consumer<Consumer<MemorySegment>> content)
            throws IOException {
        long bytes = type.bytes(LongStream.of(shape).reduce(1, Math::multiplyExact));
        Map<String, Object> header = Map.of(name, fields(name, type, shape, 0, bytes));
        FreshFile.write(path, out -> {
            FreshFile.append(out, start(header));
            long begun = out.position();
            try {
                content.accept(part -> {
                    try {
                        FreshFile.append(out, part);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            if (out.position() - begun != bytes) {
                throw new IllegalArgumentException(
                        "tensor %s: %d bytes came, not %d".formatted(name, out.position() - begun, bytes));
            }
        });
    }

    private static Map<String, Object> fields(String name, DType type, long[] shape, long start, long end) {
        if (type.blockSize() != 1) {
            throw new IllegalArgumentException("tensor %s: safetensors has no %s".formatted(name, type));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("dtype", type.name());
        fields.put("shape", shape);
        fields.put("data_offsets", new long[] {start, end});
        return fields;
    }

    /** The header's length and the header, padded so that the numbers after it are aligned. */
    private static ByteBuffer start(Map<String, Object> header) {
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        int padded = json.length + (int) FreshFile.padding(json.length, 8);
        ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(padded).put(json);
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        return start.flip();
    }
}
