package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An assembler for processors without tiles: in place of each tile instruction it writes AVX-512 code that does the same
 * to tiles in memory, by the book: shapes as configured, sums in the order of the manual. So the kernels that use tiles
 * run, slowly, on machines that have none. The tiles are one set: for kernels of one thread.
 */
final class EmulatedTiles extends Assembler {
    private static final int TILE = 1024;
    private static final int SHAPES = 8 * TILE;
    private static final int SAVED = SHAPES + 64;
    private static final int COLUMN_BYTES = SHAPES + 16;
    private static final int ROWS = SHAPES + 48;

    private static final Vec[] SCRATCH = {Vec.zmm(26), Vec.zmm(27), Vec.zmm(28), Vec.zmm(29), Vec.zmm(30), Vec.zmm(31)};
    private static final Mask LANES = new Mask(7);
    private static final Gpr[] PUSHED = {RAX, RCX, RDX, RSI, RDI};

    /** Eight tiles, their shapes, and what the emulation saves. */
    private final MemorySegment state;

    EmulatedTiles(Arena arena) {
        state = arena.allocate(SAVED + 64L * SCRATCH.length, 64);
    }

    @Override
    void ldtilecfg(Mem source) {
        enter(source);
        op(Op.VMOVUPS, SCRATCH[0], source.base() == null ? source : Mem.at(RSI));
        mov(RDI, state.address());
        op(Op.VMOVUPS_STORE, Mem.at(RDI, SHAPES), SCRATCH[0]);
        leave();
    }

    @Override
    void tilerelease() {}

    @Override
    void tilezero(Tile target) {
        enter(Mem.at(RDI));
        op(Op.VPXOR, SCRATCH[0], SCRATCH[0], SCRATCH[0]);
        for (int row = 0; row < 16; row++) {
            op(Op.VMOVUPS_STORE, Mem.at(RDI, target.number() * TILE + 64 * row), SCRATCH[0]);
        }
        leave();
    }

    @Override
    void tileloadd(Tile target, Mem source) {
        rows(target, source, true);
    }

    @Override
    void tileloaddt1(Tile target, Mem source) {
        rows(target, source, true);
    }

    @Override
    void tilestored(Mem target, Tile source) {
        rows(source, target, false);
    }

    private void rows(Tile tile, Mem memory, boolean load) {
        enter(memory);
        mask(tile);
        load8(RDX, Mem.at(RDI, ROWS + tile.number()));
        add(RDI, tile.number() * TILE);
        Label row = here();
        if (load) {
            op(Op.VMOVDQU, SCRATCH[0].orZeroWhere(LANES), Mem.at(RSI));
            op(Op.VMOVUPS_STORE, Mem.at(RDI), SCRATCH[0]);
        } else {
            op(Op.VMOVUPS, SCRATCH[0], Mem.at(RDI)); // what is stored is as wide as can be
            op(Op.VMOVUPS_STORE, Mem.at(RSI), SCRATCH[0]);
        }
        add(RSI, RCX);
        add(RDI, 64);
        dec(RDX);
        jump(Condition.NOT_ZERO, row);
        leave();
    }

    /** As many lanes as a row of the tile has. */
    private void mask(Tile tile) {
        load16(RAX, Mem.at(RDI, COLUMN_BYTES + 2 * tile.number()));
        Label wide = new Label();
        Label chosen = new Label();
        cmp(RAX, 64);
        jump(Condition.ZERO, wide);
        mov(RAX, 0xFF); // half as wide, the only other width in use
        jump(chosen);
        bind(wide);
        mov(RAX, 0xFFFF);
        bind(chosen);
        kmovw(LANES, RAX);
    }

    @Override
    void tdpbf16ps(Tile sum, Tile left, Tile right) {
        enter(Mem.at(RDI));
        Vec even = SCRATCH[0];
        Vec odd = SCRATCH[1];
        Vec a = SCRATCH[2];
        Vec b = SCRATCH[3];
        Vec part = SCRATCH[4];
        load8(RDX, Mem.at(RDI, ROWS + sum.number()));
        mov(RSI, RDI); // the row, counted by what is added to the state's address
        Label row = here();
        op(Op.VPXOR, even, even, even);
        op(Op.VPXOR, odd, odd, odd);
        load16(RCX, Mem.at(RDI, COLUMN_BYTES + 2 * left.number()));
        push(RSI);
        push(RDI);
        Label pair = here();
        op(Op.VPBROADCASTD, a, Mem.at(RSI, left.number() * TILE));
        op(Op.VMOVUPS, b, Mem.at(RDI, right.number() * TILE));
        Mem upper = constant(Routine.littleEndian(0xFFFF_0000)).toAll();
        op(Op.VPAND, part, a, upper);
        op(Op.VPAND, SCRATCH[5], b, upper);
        op(Op.VFMADD231PS, odd, part, SCRATCH[5]);
        op(Op.VPSLLD, a, a, 16);
        op(Op.VPSLLD, b, b, 16);
        op(Op.VFMADD231PS, even, a, b);
        add(RSI, 4);
        add(RDI, 64);
        sub(RCX, 4);
        jump(Condition.NOT_ZERO, pair);
        pop(RDI);
        pop(RSI);
        op(Op.VADDPS, even, even, odd);
        op(Op.VADDPS, even, even, Mem.at(RSI, sum.number() * TILE));
        op(Op.VMOVUPS_STORE, Mem.at(RSI, sum.number() * TILE), even);
        add(RSI, 64);
        dec(RDX);
        jump(Condition.NOT_ZERO, row);
        leave();
    }

    /** Saves what is used; then RDI holds the state, RSI the address that {@code memory} says, and RCX its index. */
    private void enter(Mem memory) {
        for (Gpr gpr : PUSHED) {
            push(gpr);
        }
        int pushed = 8 * PUSHED.length;
        if (memory.base() != null) {
            if (memory.index() != null) {
                push(memory.index());
                pushed += 8;
            }
            lea(RSI, Mem.at(memory.base(), memory.displacement() + (memory.base() == RSP ? pushed : 0)));
            if (memory.index() != null) {
                pop(RCX);
            }
        }
        mov(RDI, state.address());
        for (int i = 0; i < SCRATCH.length; i++) {
            op(Op.VMOVUPS_STORE, Mem.at(RDI, SAVED + 64 * i), SCRATCH[i]);
        }
    }

    private void leave() {
        mov(RDI, state.address());
        for (int i = 0; i < SCRATCH.length; i++) {
            op(Op.VMOVUPS, SCRATCH[i], Mem.at(RDI, SAVED + 64 * i));
        }
        for (int i = PUSHED.length - 1; i >= 0; i--) {
            pop(PUSHED[i]);
        }
    }
}
