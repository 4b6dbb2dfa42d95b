package dev.puna.kernel.x86;

/** What an instruction works on. */
sealed interface Operand permits Gpr, Vec, Mask, Tile, Mem {}
