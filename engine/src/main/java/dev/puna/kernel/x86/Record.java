package dev.puna.kernel.x86;

/**
 * A run of activations of one token as the kernels read it: numbers, and behind them what belongs to the run. Whole
 * numbers q are the activations over d: {@code x ≈ d · q}, where d is the run's largest magnitude over the largest q.
 */
enum Record {
    /** 32 numbers of 8 bits, up to 127. */
    BYTES(32, 32, 64),
    /** 32 numbers of 16 bits, up to 32,767, of every four {@code q0 q2 q1 q3}: for weights of 8 bits at AVX2. */
    WORDS(32, 64, 96),
    /** 32 numbers, f32, as they are; nothing behind them. */
    FLOATS(32, 128, 128);

    /** Columns of a run. */
    final int columns;

    private final int numbers;
    /** Bytes from one run to the next. */
    final int bytes;

    Record(int columns, int numbers, int bytes) {
        this.columns = columns;
        this.numbers = numbers;
        this.bytes = bytes;
    }

    /** Where d is, f32. */
    int scale() {
        return numbers;
    }

    /** Where d · Σq over the half is (of the run if there is one half), f32. */
    int sum(int halves, int half) {
        return numbers + (halves == 1 ? 4 : 8 + 4 * half);
    }

    /** Where −128 · Σq over the half is (of the run if there is one half), 32 bits. Only of bytes. */
    int offset(int halves, int half) {
        assert this == BYTES;
        return numbers + (halves == 1 ? 16 : 20 + 4 * half);
    }
}
