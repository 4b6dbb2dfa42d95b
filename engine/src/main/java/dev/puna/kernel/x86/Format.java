package dev.puna.kernel.x86;

import dev.puna.tensor.DType;

/** How the blocks of one quantised type are taken apart, for a strip of rows at once. Made anew for each kernel. */
interface Format {
    DType type();

    Codes codes();

    /** Runs of 32 numbers in a block. */
    default int runs() {
        return type().blockSize() / Codes.RUN;
    }

    /** Vectors of memory that {@link #block} needs. */
    default int scratchVectors() {
        return 0;
    }

    /**
     * Writes the code that hands one block of each row to {@code sink}.
     *
     * @param scratch memory for {@link #scratchVectors}
     */
    void block(Routine routine, Rows rows, Sink sink, Mem scratch);
}
