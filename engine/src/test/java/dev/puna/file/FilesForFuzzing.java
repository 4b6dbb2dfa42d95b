package dev.puna.file;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small valid files with everything a format can hold, and readers that look at all of it. */
public final class FilesForFuzzing {
    private FilesForFuzzing() {}

    /** GGUF files: every kind of metadata, tensors of several types and shapes. */
    public static List<byte[]> gguf(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Metadata metadata = Metadata.builder()
                    .string("general.architecture", "llama")
                    .u32("general.alignment", 8)
                    .bool("bool", true)
                    .u16("u16", 3)
                    .i32("i32", -1)
                    .u64("u64", 1L << 40)
                    .i64("i64", -1)
                    .f32("f32", 1e-5f)
                    .f64("f64", 1e6)
                    .strings("tokens", List.of("<s>", "é", "", "▁the"))
                    .floats("scores", 0, -1, 2)
                    .ints("types", 1, 2, 3)
                    .build();
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("q4_0", zeros(arena, DType.Q4_0, 2, 32));
            tensors.put("f32", zeros(arena, DType.F32, 3));
            tensors.put("q4_k", zeros(arena, DType.Q4_K, 256));
            tensors.put("scalar", zeros(arena, DType.F16));
            Path file = folder.resolve("whole.gguf");
            GgufWriter.write(file, metadata, tensors);
            byte[] rich = Files.readAllBytes(file);
            GgufWriter.write(file, Metadata.builder().build(), Map.of("t", zeros(arena, DType.F32, 8)));
            return List.of(rich, Files.readAllBytes(file));
        }
    }

    /** Safetensors files: every type, several shapes, text pairs. */
    public static List<byte[]> safetensors(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (DType type : DType.values()) {
                if (type.blockSize() == 1) {
                    tensors.put("model." + type, zeros(arena, type, 2, 3));
                }
            }
            tensors.put("scalar", zeros(arena, DType.F32));
            Path file = folder.resolve("whole.safetensors");
            SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
            byte[] rich = Files.readAllBytes(file);
            SafetensorsWriter.write(file, Map.of("t", zeros(arena, DType.BF16, 4)), Map.of());
            return List.of(rich, Files.readAllBytes(file));
        }
    }

    private static Tensor zeros(Arena arena, DType type, long... shape) {
        return Tensor.allocate(arena, type, shape);
    }

    /** Opens a GGUF file and looks at everything in it. */
    public static void readGguf(Path file) {
        try (Gguf gguf = Gguf.open(file)) {
            Metadata metadata = gguf.metadata();
            for (String key : metadata.keys()) {
                Metadata.Value value = metadata.value(key).orElseThrow();
                String text = value.toString();
                if (value.kind() == Metadata.Kind.ARRAY && text.length() > 3) {
                    switch (metadata.elements(key).orElseThrow().kind()) {
                        case STRING -> metadata.strings(key);
                        case F32, F64 -> metadata.floats(key);
                        case U8, I8, U16, I16, U32, I32, U64, I64 -> metadata.ints(key);
                        case BOOL, ARRAY -> {}
                    }
                }
            }
            touch(gguf.tensors());
        }
    }

    /** Opens a safetensors file and looks at everything in it. */
    public static void readSafetensors(Path file) {
        try (Safetensors safetensors = Safetensors.open(file)) {
            touch(safetensors.tensors());
        }
    }

    private static void touch(Map<String, Tensor> tensors) {
        for (Tensor tensor : tensors.values()) {
            long bytes = tensor.data().byteSize();
            if (bytes > 0) {
                tensor.data().get(ValueLayout.JAVA_BYTE, 0);
                tensor.data().get(ValueLayout.JAVA_BYTE, bytes - 1);
            }
            if (bytes < 1 << 16) {
                tensor.floats();
            }
        }
    }
}
