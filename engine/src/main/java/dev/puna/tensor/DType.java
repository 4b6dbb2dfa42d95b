package dev.puna.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** How numbers are stored: the GGUF type id, elements per block, bytes per block and the format of a block's bits. */
public enum DType {
    F32(0, 1, 4, new BlockF32()),
    F16(1, 1, 2, new BlockF16()),
    Q4_0(2, BlockQ4_0.SIZE, BlockQ4_0.BYTES, new BlockQ4_0()),
    Q4_1(3, BlockQ4_1.SIZE, BlockQ4_1.BYTES, new BlockQ4_1()),
    Q5_0(6, BlockQ5_0.SIZE, BlockQ5_0.BYTES, new BlockQ5_0()),
    Q5_1(7, BlockQ5_1.SIZE, BlockQ5_1.BYTES, new BlockQ5_1()),
    Q8_0(8, BlockQ8_0.SIZE, BlockQ8_0.BYTES, new BlockQ8_0()),
    Q2_K(10, BlockQ2_K.SIZE, BlockQ2_K.BYTES, new BlockQ2_K()),
    Q3_K(11, BlockQ3_K.SIZE, BlockQ3_K.BYTES, new BlockQ3_K()),
    Q4_K(12, BlockQ4_K.SIZE, BlockQ4_K.BYTES, new BlockQ4_K()),
    Q5_K(13, BlockQ5_K.SIZE, BlockQ5_K.BYTES, new BlockQ5_K()),
    Q6_K(14, BlockQ6_K.SIZE, BlockQ6_K.BYTES, new BlockQ6_K()),
    IQ4_NL(20, BlockIQ4_NL.SIZE, BlockIQ4_NL.BYTES, new BlockIQ4_NL()),
    IQ4_XS(23, BlockIQ4_XS.SIZE, BlockIQ4_XS.BYTES, new BlockIQ4_XS()),
    I8(24, 1, 1, BlockWide.I8),
    I16(25, 1, 2, BlockWide.I16),
    I32(26, 1, 4, BlockWide.I32),
    I64(27, 1, 8, BlockWide.I64),
    F64(28, 1, 8, BlockWide.F64),
    BF16(30, 1, 2, new BlockBF16()),
    MXFP4(39, BlockMXFP4.SIZE, BlockMXFP4.BYTES, new BlockMXFP4()),
    /** Safetensors only: no GGUF id. */
    F8_E4M3(-1, 1, 1, new BlockF8E4M3());

    private final int ggufId;
    private final int blockSize;
    private final int blockBytes;
    private final BlockFormat format;

    DType(int ggufId, int blockSize, int blockBytes, BlockFormat format) {
        this.ggufId = ggufId;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
        this.format = format;
    }

    /** The type with this id in a GGUF file, if Puna reads it. */
    public static Optional<DType> ofGgufId(int id) {
        for (DType type : values()) {
            if (type.ggufId == id && id >= 0) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** The id in a GGUF file, or -1 where GGUF has none. */
    public int ggufId() {
        return ggufId;
    }

    /** Elements per block; rows are whole blocks. */
    public int blockSize() {
        return blockSize;
    }

    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes of {@code elements} numbers, a multiple of {@link #blockSize()}. */
    public long bytes(long elements) {
        assert elements % blockSize == 0 : elements + " elements are not whole blocks of " + this;
        return Math.multiplyExact(elements / blockSize, (long) blockBytes);
    }

    /**
     * Reads numbers into little-endian f32, bit for bit what the format defines.
     *
     * @param source whole blocks of this type, from byte {@code sourceOffset} on
     * @param target receives {@code 4 * elements} bytes from byte {@code targetOffset} on
     * @param elements how many, a multiple of {@link #blockSize()}
     */
    public void decode(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long elements) {
        format.decode(source, sourceOffset, target, targetOffset, blocks(elements));
    }

    /**
     * Stores numbers as this type with as little squared error as its blocks allow.
     *
     * @param source little-endian f32, from byte {@code sourceOffset} on
     * @param target receives {@code bytes(elements)} bytes from byte {@code targetOffset} on
     * @param elements how many, a multiple of {@link #blockSize()}
     */
    public void encode(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long elements) {
        format.encode(source, sourceOffset, target, targetOffset, blocks(elements));
    }

    private long blocks(long elements) {
        if (elements % blockSize != 0) {
            throw new IllegalArgumentException(elements + " elements are not whole blocks of " + this);
        }
        return elements / blockSize;
    }
}
