package dev.puna.kernel.x86;

/**
 * A vector register.
 *
 * @param number 0 to 31; from 16 only where AVX-512 is
 * @param bytes 16 (xmm), 32 (ymm) or 64 (zmm)
 * @param mask the number of the opmask register that chooses the lanes a destination takes, 0 for all
 * @param zero whether the lanes not chosen become zero; else they stay
 */
record Vec(int number, int bytes, int mask, boolean zero) implements Operand {
    Vec {
        if (number < 0 || number > 31 || (bytes != 16 && bytes != 32 && bytes != 64) || (zero && mask == 0)) {
            throw new IllegalArgumentException("vector register %d of %d bytes".formatted(number, bytes));
        }
    }

    static Vec xmm(int number) {
        return new Vec(number, 16, 0, false);
    }

    static Vec ymm(int number) {
        return new Vec(number, 32, 0, false);
    }

    static Vec zmm(int number) {
        return new Vec(number, 64, 0, false);
    }

    /** The low 16 bytes of this register. */
    Vec xmm() {
        return xmm(number);
    }

    /** The low 32 bytes of this register. */
    Vec ymm() {
        return ymm(number);
    }

    /** This register where only the lanes chosen by {@code k} are written. */
    Vec where(Mask k) {
        return new Vec(number, bytes, k.number(), false);
    }

    /** This register where the lanes that {@code k} does not choose become zero. */
    Vec orZeroWhere(Mask k) {
        return new Vec(number, bytes, k.number(), true);
    }

    @Override
    public String toString() {
        String name = (bytes == 16 ? "xmm" : bytes == 32 ? "ymm" : "zmm") + number;
        return mask == 0 ? name : name + "{k" + mask + "}" + (zero ? "{z}" : "");
    }
}
