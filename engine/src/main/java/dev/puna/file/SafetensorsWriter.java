package dev.puna.file;

import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
            if (tensor.type().blockSize() != 1) {
                throw new IllegalArgumentException(
                        "tensor %s: safetensors has no %s".formatted(entry.getKey(), tensor.type()));
            }
            long end = offset + tensor.data().byteSize();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("dtype", tensor.type().name());
            fields.put("shape", tensor.shape());
            fields.put("data_offsets", new long[] {offset, end});
            if (header.put(entry.getKey(), fields) != null) {
                throw new IllegalArgumentException("no tensor may be called " + entry.getKey());
            }
            offset = end;
        }
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        int padded = json.length + (int) FreshFile.padding(json.length, 8);
        ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(padded).put(json);
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        FreshFile.write(path, out -> {
            FreshFile.append(out, start.flip());
            for (Map.Entry<String, Tensor> entry : ordered) {
                FreshFile.append(out, entry.getValue().data());
            }
        });
    }
}
