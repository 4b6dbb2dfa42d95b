package dev.puna.kernel.x86;

/** A tile register, {@code tmm0} to {@code tmm7}. */
record Tile(int number) implements Operand {
    Tile {
        if (number < 0 || number > 7) {
            throw new IllegalArgumentException("tmm" + number);
        }
    }

    @Override
    public String toString() {
        return "tmm" + number;
    }
}
