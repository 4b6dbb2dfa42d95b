package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
import static dev.puna.kernel.x86.Gpr.R14;
import static dev.puna.kernel.x86.Gpr.R15;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import java.util.function.BiConsumer;

/**
 * AMX: the panels of two strips times any number of tokens. A panel holds pairs of columns as tiles want their right
 * operand, a lane for each row; the activations of some tokens, each a row, are the left one. Rows of tokens that are not
 * there are read from behind the last, and their sums dropped.
 */
final class TileTokens {
    /** Strips that share an activation as it is loaded. */
    static final int STRIPS = 2;
    /** Tokens at a time: their sums, of both strips, fit in the vectors with what they count by. */
    static final int CODE_TOKENS = 12;
    /** Sums of floats stay in tiles. */
    static final int FLOAT_TOKENS = 16;

    private static final int LINE = 64;

    private TileTokens() {}

    private static final Lanes LANES = Level.AMX.lanes;
    private static final Tile[] TILES = {
        new Tile(0), new Tile(1), new Tile(2), new Tile(3), new Tile(4), new Tile(5), new Tile(6), new Tile(7)
    };

    /** Holds the address of every third token. */
    private static final Gpr[] THREES = {R11, R12, R15, RBX};

    /**
     * The products of a run (or half) become a tile, go to memory and count by their scales, while the next run's are
     * under way in other tiles.
     *
     * @param abreast whether panels are those of blocks abreast: then their sums join the rows' behind them
     */
    static byte[] codes(Panel panel, Activations record, boolean abreast, Assembler a) {
        Routine routine = new Routine(LANES, a);
        int depth = 16 / panel.halves(); // pairs of columns of a tile
        int tileBytes = CODE_TOKENS * LINE;
        Vec[][] sums = new Vec[CODE_TOKENS][];
        for (int t = 0; t < CODE_TOKENS; t++) {
            sums[t] = routine.take(STRIPS);
        }
        routine.enter();
        a.mov(RBP, RSP);
        a.sub(RSP, 2 * STRIPS * tileBytes);
        a.and(RSP, -LINE);
        a.ldtilecfg(a.constant(configuration(CODE_TOKENS, depth)));
        begin(a);
        Label next = a.here();
        zero(routine, sums);
        if (!abreast) {
            input(a, sums, (sum, soFar) -> a.op(VMOVUPS, sum, soFar));
        }
        tokens(a);
        a.load(RCX, Mem.at(RDI, Arguments.RUNS));
        Label runs = a.here();
        Label done = new Label();
        for (int turn = 0; turn < 2; turn++) {
            for (int half = 0; half < panel.halves(); half++) {
                Tile left = TILES[4];
                a.tileloadd(left, Mem.at(R11, RSI, 1, half * depth * 4));
                for (int s = 0; s < STRIPS; s++) {
                    Tile sum = TILES[turn * STRIPS + s];
                    a.tilezero(sum);
                    a.tileloadd(TILES[5 + s], Mem.at(strip(s), RDX, 1, panel.step(half * depth)));
                    a.tdpbf16ps(sum, left, TILES[5 + s]);
                }
                for (int s = 0; s < STRIPS; s++) {
                    int at = (turn * STRIPS + s) * tileBytes;
                    a.tilestored(Mem.at(RSP, RDX, 1, at), TILES[turn * STRIPS + s]);
                    count(routine, panel, record, sums, s, at, half);
                }
            }
            for (Gpr address : THREES) {
                a.add(address, record.bytes);
            }
            a.add(R13, panel.runBytes());
            a.add(R14, panel.runBytes());
            a.dec(RCX);
            a.jump(turn == 0 ? Condition.ZERO : Condition.NOT_ZERO, turn == 0 ? done : runs);
        }
        a.bind(done);
        if (abreast) {
            input(a, sums, (sum, soFar) -> a.op(VADDPS, sum, sum, soFar));
        }
        output(a, sums);
        a.imul(RCX, RSI, CODE_TOKENS);
        a.add(R8, RCX);
        a.sub(RAX, CODE_TOKENS);
        a.cmp(RAX, 0);
        a.jump(Condition.GREATER, next);
        a.tilerelease();
        a.mov(RSP, RBP);
        routine.leave();
        return a.finish();
    }

    private static void count(
            Routine routine, Panel panel, Activations record, Vec[][] sums, int strip, int at, int half) {
        Assembler a = routine.a;
        routine.with(scale -> {
            a.op(VMOVUPS, scale, Mem.at(strip(strip), panel.scale(half)));
            for (int t = 0; t < CODE_TOKENS; t++) {
                a.op(VFMADD231PS, sums[t][strip], scale, Mem.at(RSP, at + t * LINE));
            }
            if (panel.minima()) {
                int behind = record.sumOfPairs(half, panel.halves() == 1);
                a.op(VMOVUPS, scale, Mem.at(strip(strip), panel.minimum(half)));
                for (int t = 0; t < CODE_TOKENS; t++) {
                    a.op(VFMADD231PS, sums[t][strip], scale, token(t, behind).toAll());
                }
            }
        });
    }

    /** Sums stay in tiles along a panel. */
    static byte[] floats(int parts, Assembler a) {
        Routine routine = new Routine(LANES, a);
        int tileBytes = FLOAT_TOKENS * LINE;
        Activations record = Activations.PAIRED_PARTS;
        int runBytes = parts * TileFloats.TILE_BYTES;
        routine.enter();
        a.mov(RBP, RSP);
        a.sub(RSP, STRIPS * tileBytes);
        a.and(RSP, -LINE);
        a.ldtilecfg(a.constant(configuration(FLOAT_TOKENS, 16)));
        begin(a);
        Label next = a.here();
        Label fresh = new Label();
        Label begun = new Label();
        a.test(R9, R9);
        a.jump(Condition.ZERO, fresh);
        a.load(RCX, Mem.at(RDI, Arguments.INPUT_BYTES));
        for (int s = 0; s < STRIPS; s++) {
            a.tileloadd(TILES[s], Mem.at(R9, RCX, 1, s * LINE));
        }
        a.shl(RCX, 4); // of sixteen tokens
        a.add(R9, RCX);
        a.jump(begun);
        a.bind(fresh);
        for (int s = 0; s < STRIPS; s++) {
            a.tilezero(TILES[s]);
        }
        a.bind(begun);
        panels(a);
        a.mov(R11, R8);
        a.load(RCX, Mem.at(RDI, Arguments.RUNS));
        Label run = a.here();
        Tile high = TILES[2];
        Tile low = TILES[3];
        a.tileloadd(high, Mem.at(R11, RSI, 1, 0));
        a.tileloadd(low, Mem.at(R11, RSI, 1, LINE));
        for (int s = 0; s < STRIPS; s++) {
            a.tileloadd(TILES[4 + s], Mem.at(strip(s), RDX, 1, 0));
            a.tdpbf16ps(TILES[s], high, TILES[4 + s]);
        }
        for (int s = 0; s < STRIPS; s++) {
            a.tdpbf16ps(TILES[s], low, TILES[4 + s]);
        }
        if (parts == 2) {
            for (int s = 0; s < STRIPS; s++) {
                a.tileloadd(TILES[6 + s], Mem.at(strip(s), RDX, 1, TileFloats.TILE_BYTES));
                a.tdpbf16ps(TILES[s], high, TILES[6 + s]);
            }
        }
        a.add(R11, record.bytes);
        a.add(R13, runBytes);
        a.add(R14, runBytes);
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, run);
        Vec[][] sums = new Vec[FLOAT_TOKENS][STRIPS];
        for (int s = 0; s < STRIPS; s++) {
            a.tilestored(Mem.at(RSP, RDX, 1, s * tileBytes), TILES[s]);
            for (int t = 0; t < FLOAT_TOKENS; t++) {
                sums[t][s] = routine.take();
                a.op(VMOVUPS, sums[t][s], Mem.at(RSP, s * tileBytes + t * LINE));
            }
        }
        output(a, sums);
        a.mov(RCX, RSI);
        a.shl(RCX, 4);
        a.add(R8, RCX);
        a.sub(RAX, FLOAT_TOKENS);
        a.cmp(RAX, 0);
        a.jump(Condition.GREATER, next);
        a.tilerelease();
        a.mov(RSP, RBP);
        routine.leave();
        return a.finish();
    }

    private static Gpr strip(int strip) {
        return strip == 0 ? R13 : R14;
    }

    private static Mem token(int token, int offset) {
        Gpr base = THREES[token / 3];
        return token % 3 == 0 ? Mem.at(base, offset) : Mem.at(base, RSI, token % 3, offset);
    }

    /** What holds for all tokens: RAX is how many are left, RDX the distance of a panel's rows. */
    private static void begin(Assembler a) {
        a.load(RAX, Mem.at(RDI, Arguments.TOKENS));
        a.load(R8, Mem.at(RDI, Arguments.RECORDS));
        a.load(R9, Mem.at(RDI, Arguments.INPUT));
        a.load(R10, Mem.at(RDI, Arguments.OUTPUT));
        a.load(RSI, Mem.at(RDI, Arguments.TOKEN_BYTES));
        a.mov(RDX, LINE);
    }

    private static void panels(Assembler a) {
        a.load(R13, Mem.at(RDI, Arguments.PANEL));
        a.load(R14, Mem.at(RDI, Arguments.PANEL_BYTES));
        a.add(R14, R13);
    }

    /** The addresses of the panels and of twelve tokens. */
    private static void tokens(Assembler a) {
        panels(a);
        a.lea(RCX, Mem.at(RSI, RSI, 2, 0));
        a.mov(THREES[0], R8);
        for (int i = 1; i < THREES.length; i++) {
            a.lea(THREES[i], Mem.at(THREES[i - 1], RCX, 1, 0));
        }
    }

    private static void zero(Routine routine, Vec[][] sums) {
        for (Vec[] ofToken : sums) {
            for (Vec sum : ofToken) {
                routine.zero(sum);
            }
        }
    }

    /** Hands over the sums so far of the tokens that are there; moves on behind them. */
    private static void input(Assembler a, Vec[][] sums, BiConsumer<Vec, Mem> sumSoFar) {
        Label begun = new Label();
        a.test(R9, R9);
        a.jump(Condition.ZERO, begun);
        a.load(RCX, Mem.at(RDI, Arguments.INPUT_BYTES));
        for (int t = 0; t < sums.length; t++) {
            a.cmp(RAX, t);
            a.jump(Condition.NOT_GREATER, begun);
            for (int s = 0; s < STRIPS; s++) {
                sumSoFar.accept(sums[t][s], Mem.at(R9, s * LINE));
            }
            a.add(R9, RCX);
        }
        a.bind(begun);
    }

    /** Writes the sums of the tokens that are there; moves on behind them. */
    private static void output(Assembler a, Vec[][] sums) {
        Label done = new Label();
        a.load(RCX, Mem.at(RDI, Arguments.OUTPUT_BYTES));
        for (int t = 0; t < sums.length; t++) {
            a.cmp(RAX, t);
            a.jump(Condition.NOT_GREATER, done);
            for (int s = 0; s < STRIPS; s++) {
                a.op(VMOVUPS_STORE, Mem.at(R10, s * LINE), sums[t][s]);
            }
            a.add(R10, RCX);
        }
        a.bind(done);
    }

    /**
     * The shapes of the tiles, palette 1: at byte 16 the bytes of each tile's rows, at 48 its rows. Tiles 0 to 3 (of
     * floats 0 and 1) hold sums, then one (two) activations, then weights.
     */
    private static byte[] configuration(int tokens, int depth) {
        byte[] shapes = new byte[LINE];
        shapes[0] = 1;
        boolean codes = tokens == CODE_TOKENS;
        for (int tile = 0; tile < 8; tile++) {
            boolean sums = tile < (codes ? 4 : 2);
            boolean activations = !sums && tile < (codes ? 5 : 4);
            shapes[16 + 2 * tile] = (byte) (activations ? 4 * depth : LINE);
            shapes[48 + tile] = (byte) (sums || activations ? tokens : depth);
        }
        return shapes;
    }
}
