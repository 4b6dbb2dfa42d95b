package dev.puna.tensor;

/** How numbers are stored: the GGUF type id, elements per block and bytes per block. */
public enum DType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    IQ4_NL(20, 32, 18),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, 1, 4),
    I64(27, 1, 8),
    F64(28, 1, 8),
    BF16(30, 1, 2),
    MXFP4(39, 32, 17),
    /** Safetensors only: no GGUF id. */
    F8_E4M3(-1, 1, 1);

    private final int ggufId;
    private final int blockSize;
    private final int blockBytes;

    DType(int ggufId, int blockSize, int blockBytes) {
        this.ggufId = ggufId;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

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
        return elements / blockSize * blockBytes;
    }
}
