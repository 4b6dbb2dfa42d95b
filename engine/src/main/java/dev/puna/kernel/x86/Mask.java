package dev.puna.kernel.x86;

/** An opmask register, {@code k1} to {@code k7}. */
record Mask(int number) implements Operand {
    Mask {
        if (number < 1 || number > 7) {
            throw new IllegalArgumentException("k" + number);
        }
    }

    @Override
    public String toString() {
        return "k" + number;
    }
}
