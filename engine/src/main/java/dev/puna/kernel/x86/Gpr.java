package dev.puna.kernel.x86;

import java.util.Locale;

/** A 64-bit general register; its ordinal is its number in the encoding. */
enum Gpr implements Operand {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
