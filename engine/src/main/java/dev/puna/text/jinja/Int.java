package dev.puna.text.jinja;

import java.math.BigInteger;

/** An integer of any size; {@code big} is null where a long holds it. */
record Int(long small, BigInteger big) implements Value {
    static final Int ZERO = new Int(0, null);
    private static final Int[] FEW = new Int[1280];

    static {
        for (int i = 0; i < FEW.length; i++) {
            FEW[i] = new Int(i - 256L, null);
        }
    }

    static Int of(long value) {
        return value >= -256 && value < 1024 ? FEW[(int) value + 256] : new Int(value, null);
    }

    static Int of(BigInteger value) {
        return value.bitLength() < 64 ? of(value.longValue()) : new Int(0, value);
    }

    boolean isSmall() {
        return big == null;
    }

    BigInteger wide() {
        return big == null ? BigInteger.valueOf(small) : big;
    }

    int signum() {
        return big == null ? Long.signum(small) : big.signum();
    }

    /** The value, or the nearest long: for indexes and counts, which are cut to a length anyway. */
    long clamped() {
        return big == null ? small : big.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    @Override
    public String typeName() {
        return "int";
    }
}
