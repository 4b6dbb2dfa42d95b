package dev.puna.load;

import dev.puna.file.Gguf;
import dev.puna.file.GgufWriter;
import dev.puna.file.GgufWriter.Plan;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model's file with its matrices in other types: {@code Q4_0} throughout, {@code Q4_0+Q6_K} with another type for the
 * head, or a mixture that people meet.
 */
record Rewritten(String format) {
    /** Every type that can be written, and mixtures. */
    static Stream<Rewritten> all() {
        return Stream.of(
                        Stream.of(DType.values()).filter(Rewritten::ofWeights).map(DType::name),
                        Stream.of("Q4_0+Q6_K", "Q8_0+F16", "Q4_K_M", "Q5_K_M"))
                .flatMap(names -> names)
                .map(Rewritten::new);
    }

    private static boolean ofWeights(DType type) {
        return switch (type) {
            case F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 -> true;
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4 -> true;
            case DType _ -> false;
        };
    }

    /** Whether every weight is a float, so that no level may round activations much. */
    boolean floats() {
        return Stream.of(format.split("\\+")).allMatch(name -> name.matches("B?F\\d+"));
    }

    /** Writes it into the folder. */
    Path write(Path source, Path folder) throws IOException {
        Path path = folder.resolve(format + ".gguf");
        try (Gguf file = Gguf.open(source);
                Arena arena = Arena.ofShared()) {
            Map<String, Tensor> tensors = file.tensors();
            Map<String, Plan> plans = new LinkedHashMap<>();
            tensors.forEach((name, tensor) -> plans.put(name, new Plan(type(name, tensor), tensor.shape())));
            long most =
                    tensors.values().stream().mapToLong(Tensor::elements).max().orElseThrow();
            MemorySegment plain = arena.allocate(4 * most, 64);
            MemorySegment target = arena.allocate(4 * most, 64);
            GgufWriter.stream(path, file.metadata(), plans, name -> {
                Tensor tensor = Objects.requireNonNull(tensors.get(name));
                return encoded(tensor, plans.get(name).type(), plain, target);
            });
        }
        return path;
    }

    private static MemorySegment encoded(Tensor tensor, DType type, MemorySegment plain, MemorySegment target) {
        if (tensor.type() == type) {
            return tensor.data();
        }
        long columns = tensor.columns();
        IntStream.range(0, (int) tensor.rows()).parallel().forEach(row -> {
            long at = 4 * columns * row;
            tensor.type().decode(tensor.data(), row * tensor.rowBytes(), plain, at, columns);
            type.encode(plain, at, target, row * type.bytes(columns), columns);
        });
        return target.asSlice(0, type.bytes(tensor.elements()));
    }

    private DType type(String name, Tensor tensor) {
        if (tensor.shape().length < 2) {
            return tensor.type(); // norms
        }
        DType wanted = format.endsWith("_M") ? ofMixture(name) : ofParts(name);
        return tensor.columns() % wanted.blockSize() == 0 ? wanted : narrower(wanted);
    }

    private DType ofParts(String name) {
        String[] parts = format.split("\\+");
        return DType.valueOf(name.equals("token_embd.weight") ? parts[parts.length - 1] : parts[0]);
    }

    /** The head, the values and every other layer's way down get more bits. */
    private DType ofMixture(String name) {
        boolean better = name.equals("token_embd.weight")
                || name.matches("blk\\.\\d*[02468]\\.ffn_down.*")
                || name.contains("attn_v");
        return better ? DType.Q6_K : DType.valueOf(format.substring(0, format.length() - 2));
    }

    /** What files in use have where rows are no whole blocks of 256. */
    private static DType narrower(DType wanted) {
        return switch (wanted) {
            case Q2_K, Q3_K -> DType.Q4_0;
            case Q4_K -> DType.Q5_0;
            case Q5_K -> DType.Q5_1;
            case Q6_K -> DType.Q8_0;
            case IQ4_XS -> DType.IQ4_NL;
            case DType other -> throw new IllegalArgumentException(other + " has blocks of 32");
        };
    }

    @Override
    public String toString() {
        return format;
    }
}
