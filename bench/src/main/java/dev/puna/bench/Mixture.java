package dev.puna.bench;

import dev.puna.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which type each matrix of a model gets. A mixture is called what {@code llama-quantize} calls it and gives the types
 * that files made by it have: a better head, better values and ends of layers here and there, and other types where
 * rows are no whole blocks. Types that it has no mixture for are given to every matrix but the head.
 */
enum Mixture {
    F32(DType.F32, 0),
    F16(DType.F16, 1),
    BF16(DType.BF16, 32),
    Q8_0(DType.Q8_0, 7),
    Q4_0(DType.Q4_0, 2),
    Q4_1(DType.Q4_1, 3),
    Q5_0(DType.Q5_0, 8),
    Q5_1(DType.Q5_1, 9),
    Q2_K(DType.Q2_K, 10),
    Q3_K(DType.Q3_K, 11),
    Q3_K_S(DType.Q3_K, 11),
    Q3_K_M(DType.Q3_K, 12),
    Q4_K(DType.Q4_K, 14),
    Q4_K_S(DType.Q4_K, 14),
    Q4_K_M(DType.Q4_K, 15),
    Q5_K(DType.Q5_K, 16),
    Q5_K_S(DType.Q5_K, 16),
    Q5_K_M(DType.Q5_K, 17),
    Q6_K(DType.Q6_K, 18),
    IQ4_NL(DType.IQ4_NL, 25),
    IQ4_XS(DType.IQ4_XS, 30),
    MXFP4(DType.MXFP4, 38);

    /** What a matrix is for, as far as mixtures tell them apart. */
    enum Role {
        EMBEDDING,
        HEAD,
        VALUE,
        ATTENTION_OUTPUT,
        DOWN,
        OTHER
    }

    private final DType type;
    private final int fileType;

    Mixture(DType type, int fileType) {
        this.type = type;
        this.fileType = fileType;
    }

    /** @throws Refused if there is none of that name */
    static Mixture of(String name) {
        List<String> names = new ArrayList<>();
        for (Mixture mixture : values()) {
            if (mixture.name().equalsIgnoreCase(name)) {
                return mixture;
            }
            names.add(mixture.name());
        }
        throw new Refused("there is no format '" + name + "'; there are " + String.join(", ", names));
    }

    /** What {@code general.file_type} says of it. */
    int fileType() {
        return fileType;
    }

    /** The type of a matrix of {@code columns} numbers a row. */
    DType type(Shape shape, Role role, int layer, int columns) {
        return fitting(wanted(shape, role, layer), columns);
    }

    private DType wanted(Shape shape, Role role, int layer) {
        if (type.blockSize() == 1 || role == Role.EMBEDDING) {
            return type;
        }
        if (role == Role.HEAD) {
            return this == Q8_0 || this == MXFP4 ? DType.Q8_0 : DType.Q6_K;
        }
        boolean shared = shape.heads() / shape.kvHeads() >= 4;
        boolean early = layer < shape.layers() / 8;
        return switch (this) {
            case Q2_K ->
                switch (role) {
                    case VALUE -> shared ? DType.Q4_K : DType.Q3_K;
                    case ATTENTION_OUTPUT, DOWN -> DType.Q3_K;
                    default -> type;
                };
            case Q3_K_M ->
                switch (role) {
                    case VALUE -> layer < 2 ? DType.Q5_K : DType.Q4_K;
                    case ATTENTION_OUTPUT -> DType.Q4_K;
                    case DOWN -> layer < shape.layers() / 16 ? DType.Q5_K : DType.Q4_K;
                    default -> type;
                };
            case Q4_K_S -> role == Role.VALUE && layer < 4 || role == Role.DOWN && early ? DType.Q5_K : type;
            case Q4_K_M, Q5_K_M ->
                (role == Role.VALUE || role == Role.DOWN) && better(layer, shape.layers()) ? DType.Q6_K : type;
            case IQ4_NL, IQ4_XS -> role == Role.VALUE && shared || role == Role.DOWN && early ? DType.Q5_K : type;
            default -> type;
        };
    }

    /** The first and the last eighth of the layers, and every third of the others. */
    private static boolean better(int layer, int layers) {
        return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }

    /** Another type where rows are no whole blocks of that one. */
    private static DType fitting(DType wanted, int columns) {
        if (columns % wanted.blockSize() == 0) {
            return wanted;
        }
        Optional<DType> other = switch (wanted) {
            case Q2_K, Q3_K -> Optional.of(DType.Q4_0);
            case IQ4_XS -> Optional.of(DType.IQ4_NL);
            case Q4_K -> Optional.of(DType.Q5_0);
            case Q5_K -> Optional.of(DType.Q5_1);
            case Q6_K -> Optional.of(DType.Q8_0);
            default -> Optional.empty();
        };
        return other.filter(type -> columns % type.blockSize() == 0).orElse(DType.F16);
    }

    static String names() {
        return String.join(", ", Arrays.stream(values()).map(Mixture::name).toList());
    }
}
