package dev.puna.kernel.x86;

/** The vectors of a level. One lane of 32 bits holds one row of a strip. */
enum Lanes {
    /** AVX2: 8 rows, 16 registers. */
    EIGHT(32, 16),
    /** AVX-512: 16 rows, 32 registers. */
    SIXTEEN(64, 32);

    /** Bytes of a vector. */
    final int bytes;
    /** Rows of a strip. */
    final int rows;

    final int registers;

    Lanes(int bytes, int registers) {
        this.bytes = bytes;
        this.rows = bytes / 4;
        this.registers = registers;
    }
}
