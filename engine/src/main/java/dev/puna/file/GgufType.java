package dev.puna.file;

import dev.puna.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A tensor type that GGUF defines. Those that Puna does not read yet are here too, so that a file that holds one can be
 * listed and its extents checked.
 *
 * @param id in the file
 * @param name as the format's authors write it
 * @param blockSize elements of a block
 * @param blockBytes bytes of a block
 * @param dtype the type, where Puna reads it
 */
record GgufType(int id, String name, int blockSize, int blockBytes, Optional<DType> dtype) {
    private static final List<GgufType> TYPES = Stream.concat(
                    Stream.of(DType.values()).filter(type -> type.ggufId() >= 0).map(GgufType::read),
                    Stream.of(
                            unread(9, "Q8_1", 32, 36),
                            unread(15, "Q8_K", 256, 292),
                            unread(16, "IQ2_XXS", 256, 66),
                            unread(17, "IQ2_XS", 256, 74),
                            unread(18, "IQ3_XXS", 256, 98),
                            unread(19, "IQ1_S", 256, 50),
                            unread(21, "IQ3_S", 256, 110),
                            unread(22, "IQ2_S", 256, 82),
                            unread(29, "IQ1_M", 256, 56),
                            unread(34, "TQ1_0", 256, 54),
                            unread(35, "TQ2_0", 256, 66),
                            unread(40, "NVFP4", 64, 36),
                            unread(41, "Q1_0", 128, 18)))
            .toList();

    private static GgufType read(DType type) {
        return new GgufType(type.ggufId(), type.name(), type.blockSize(), type.blockBytes(), Optional.of(type));
    }

    private static GgufType unread(int id, String name, int blockSize, int blockBytes) {
        return new GgufType(id, name, blockSize, blockBytes, Optional.empty());
    }

    static Optional<GgufType> of(int id) {
        return TYPES.stream().filter(type -> type.id == id).findFirst();
    }
}
