package dev.puna.kernel.x86;

/**
 * A run of 32 activations of one token as the kernels read it: whole numbers q and what belongs to them. With d the
 * largest magnitude over 127 (bytes) or 32,767 (words), {@code x ≈ d · q}.
 *
 * @param words whether the numbers are 16 bits wide: {@code q0 q2 q1 q3} of every four, for weights of 8 bits at a level
 *     that has no product of bytes for them
 */
record Record(boolean words) {
    /** 32 numbers of 8 bits from offset 0; else of 16. */
    static final Record BYTES = new Record(false);

    static final Record WORDS = new Record(true);

    private int numbers() {
        return words ? 64 : 32;
    }

    /** d, f32. */
    int scale() {
        return numbers();
    }

    /** d · Σq over the half, of the run if there is one half. */
    int sum(int halves, int half) {
        return numbers() + (halves == 1 ? 4 : 8 + 4 * half);
    }

    /** −128 · Σq over the half, of the run if there is one half; 32 bits. Only for bytes. */
    int offset(int halves, int half) {
        return numbers() + (halves == 1 ? 16 : 20 + 4 * half);
    }

    /** Bytes from one record to the next. */
    int bytes() {
        return words ? 96 : 64;
    }

    /** Four numbers of 8 bits, or two of 16. */
    int four(int group) {
        return 4 * group;
    }
}
