package dev.puna.kernel.x86;

import org.jspecify.annotations.Nullable;

/**
 * An address: {@code base + index · scale + displacement}, or a label in the code itself.
 *
 * @param base null where {@code label} is not
 * @param index null for none
 * @param scale 1, 2, 4 or 8
 * @param broadcast whether one element is read for all lanes (AVX-512)
 * @param label what {@code displacement} counts from where there is no base
 */
record Mem(
        @Nullable Gpr base,
        @Nullable Gpr index,
        int scale,
        int displacement,
        boolean broadcast,
        @Nullable Label label) implements Operand {
    Mem {
        if ((base == null) == (label == null) || index == Gpr.RSP || Integer.bitCount(scale) != 1 || scale > 8) {
            throw new IllegalArgumentException(
                    "an address of base %s, index %s, scale %d".formatted(base, index, scale));
        }
    }

    static Mem at(Gpr base) {
        return at(base, 0);
    }

    static Mem at(Gpr base, int displacement) {
        return new Mem(base, null, 1, displacement, false, null);
    }

    static Mem at(Gpr base, Gpr index, int scale, int displacement) {
        return new Mem(base, index, scale, displacement, false, null);
    }

    static Mem at(Label label) {
        return new Mem(null, null, 1, 0, false, label);
    }

    /** The base's number, 0 for none. */
    int baseNumber() {
        return base == null ? 0 : base.ordinal();
    }

    /** The index's number, 0 for none. */
    int indexNumber() {
        return index == null ? 0 : index.ordinal();
    }

    Mem plus(int bytes) {
        return new Mem(base, index, scale, displacement + bytes, broadcast, label);
    }

    /** The same address, its one element read for all lanes. */
    Mem toAll() {
        return new Mem(base, index, scale, displacement, true, label);
    }
}
