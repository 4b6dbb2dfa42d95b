package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSRLD;

import dev.puna.kernel.Probe;
import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.kernel.x86.Assembler.Hint;
import dev.puna.kernel.x86.CodePage.Refused;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.function.Supplier;

/**
 * The limits of a level, by code of its own: loads that nobody waits for, and products as of {@link PairedTokens},
 * {@link QuadProducts} or {@link TileTokens} without loads, on numbers that are no zeros (zeros take less power, and run faster
 * for it).
 */
final class X86Probe implements Probe {
    /** Bytes of a round of reading, in each stream. */
    private static final int STEP = 512;

    private static final int AHEAD = 2048;

    /** Independent sums of floats: more than the latency of an addition times the additions a cycle. */
    private static final int FLOAT_SUMS = 12;

    /** Independent sums of codes; at AVX2 each has two vectors and one for the product. */
    private static final int PAIR_SUMS = 4;

    private static final int QUAD_SUMS = 20;

    /** Products that fit in 16 bits, of codes of 4 bits. */
    private static final int DEPTH = 8;

    /** Tiles of sums: more than the latency of a tile product in units of the time between two. */
    private static final int TILE_SUMS = 6;

    /** Of a tile product. */
    private static final int TILE_MULTIPLY_ADDS = 16 * 16 * 32;

    private final Level level;
    private final Lanes lanes;
    private final Function inOrder;
    private final Function inStreams;
    private final Function floats;
    private final Function codes;

    /** @param assembler makes what assembles the kernels that use tiles */
    X86Probe(Level level, Supplier<Assembler> assembler) throws Refused {
        this.level = level;
        this.lanes = level.lanes;
        this.inOrder = CodePage.load(inOrder(lanes));
        this.inStreams = CodePage.load(inStreams(lanes));
        switch (level) {
            case AVX2 -> {
                this.floats = CodePage.load(floats(lanes));
                this.codes = CodePage.load(pairs());
            }
            case AVX512 -> {
                this.floats = CodePage.load(floats(lanes));
                this.codes = CodePage.load(quads());
            }
            case AMX -> {
                this.floats = CodePage.load(tiles(assembler.get()));
                this.codes = floats;
            }
            default -> throw new IllegalArgumentException(level.name());
        }
    }

    @Override
    public void read(MemorySegment memory, int streams) {
        (streams == 1 ? inOrder : inStreams).call(memory.address(), memory.byteSize() / streams, 0, 0);
    }

    @Override
    public long multiplyAdds(Numbers numbers, int rounds) {
        (numbers == Numbers.FLOATS ? floats : codes).call(rounds, 0, 0, 0);
        return rounds
                * switch (level) {
                    case AVX2 -> (long) lanes.bytes * (numbers == Numbers.FLOATS ? FLOAT_SUMS / 4 : PAIR_SUMS * DEPTH);
                    case AVX512 -> (long) lanes.bytes * (numbers == Numbers.FLOATS ? FLOAT_SUMS / 4 : QUAD_SUMS);
                    case AMX -> (long) TILE_SUMS * TILE_MULTIPLY_ADDS;
                };
    }

    @Override
    public String mix(Numbers numbers) {
        boolean ofFloats = numbers == Numbers.FLOATS;
        return switch (level) {
            case AVX2 -> ofFloats ? "vfmadd231ps, 32 bytes" : "8 × (vpmaddubsw, vpaddw), vpmaddwd, vpaddd";
            case AVX512 -> ofFloats ? "vfmadd231ps, 64 bytes" : "vpdpbusd, 64 bytes";
            case AMX -> "tdpbf16ps";
        };
    }

    /** {@code inOrder(memory, bytes)}. */
    private static byte[] inOrder(Lanes lanes) {
        Routine routine = new Routine(lanes);
        Vec loaded = routine.take();
        return loop(routine, STEP, () -> {
            for (int at = 0; at < STEP; at += lanes.bytes) {
                routine.a.op(VMOVDQU, loaded, Mem.at(RDI, at));
            }
            routine.a.add(RDI, STEP);
        });
    }

    /** {@code inStreams(memory, bytes)}: so many bytes of each of four streams, one behind the other. */
    private static byte[] inStreams(Lanes lanes) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Vec loaded = routine.take();
        Gpr[] streams = {R8, R9, R10, R11};
        a.mov(R8, RDI);
        for (int i = 1; i < streams.length; i++) {
            a.lea(streams[i], Mem.at(streams[i - 1], RSI, 1, 0));
        }
        return loop(routine, STEP, () -> {
            for (int line = 0; line < STEP; line += 64) {
                for (Gpr stream : streams) {
                    a.prefetch(Hint.T0, Mem.at(stream, line + AHEAD));
                    for (int at = line; at < line + 64; at += lanes.bytes) {
                        a.op(VMOVDQU, loaded, Mem.at(stream, at));
                    }
                }
            }
            for (Gpr stream : streams) {
                a.add(stream, STEP);
            }
        });
    }

    /** {@code floats(rounds)}. */
    private static byte[] floats(Lanes lanes) {
        Routine routine = new Routine(lanes);
        Vec left = floats(routine, 1);
        Vec right = floats(routine, 2);
        Vec[] sums = zeros(routine, FLOAT_SUMS);
        return counted(routine, () -> {
            for (Vec sum : sums) {
                routine.a.op(VFMADD231PS, sum, left, right);
            }
        });
    }

    /** {@code pairs(rounds)}: codes below 16 and bytes with a sign. */
    private static byte[] pairs() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec left = bytes(routine, 1, 15);
        Vec right = bytes(routine, 2, 255);
        Vec ones = routine.allLanes(0x0001_0001);
        Vec[] words = zeros(routine, PAIR_SUMS);
        Vec[] sums = zeros(routine, PAIR_SUMS);
        Vec[] products = zeros(routine, PAIR_SUMS);
        return counted(routine, () -> {
            for (int step = 0; step < DEPTH; step++) {
                for (int i = 0; i < PAIR_SUMS; i++) {
                    a.op(VPMADDUBSW, step == 0 ? words[i] : products[i], left, right);
                    if (step > 0) {
                        a.op(VPADDW, words[i], words[i], products[i]);
                    }
                }
            }
            for (int i = 0; i < PAIR_SUMS; i++) {
                a.op(VPMADDWD, words[i], words[i], ones);
                a.op(VPADDD, sums[i], sums[i], words[i]);
            }
        });
    }

    /** {@code quads(rounds)}. */
    private static byte[] quads() {
        Routine routine = new Routine(Lanes.SIXTEEN);
        Vec left = bytes(routine, 1, 255);
        Vec right = bytes(routine, 2, 255);
        Vec[] sums = zeros(routine, QUAD_SUMS);
        return counted(routine, () -> {
            for (Vec sum : sums) {
                routine.a.op(VPDPBUSD, sum, left, right);
            }
        });
    }

    /** {@code tiles(rounds)}. */
    private static byte[] tiles(Assembler a) {
        Routine routine = new Routine(Level.AMX.lanes, a);
        Tile left = new Tile(TILE_SUMS);
        Tile right = new Tile(TILE_SUMS + 1);
        routine.enter();
        a.mov(RBP, RSP);
        a.sub(RSP, TILE_ROWS * LINE);
        a.and(RSP, -LINE);
        Vec row = floats(routine, 1);
        routine.with(
                half -> { // the upper half of each, twice
                    a.op(VPSRLD, half, row, 16);
                    a.op(VPAND, row, row, routine.everyLane(0xFFFF_0000));
                    a.op(VPOR, row, row, half);
                });
        for (int i = 0; i < TILE_ROWS; i++) {
            a.op(VMOVUPS_STORE, Mem.at(RSP, i * LINE), row);
        }
        byte[] shapes = new byte[LINE];
        shapes[0] = 1;
        for (int tile = 0; tile < 8; tile++) {
            shapes[16 + 2 * tile] = LINE;
            shapes[48 + tile] = TILE_ROWS;
        }
        a.ldtilecfg(a.constant(shapes));
        a.mov(RDX, LINE);
        a.tileloadd(left, Mem.at(RSP, RDX, 1, 0));
        a.tileloadd(right, Mem.at(RSP, RDX, 1, 0));
        for (int i = 0; i < TILE_SUMS; i++) {
            a.tilezero(new Tile(i));
        }
        Label again = a.here();
        for (int i = 0; i < TILE_SUMS; i++) {
            a.tdpbf16ps(new Tile(i), left, right);
        }
        a.dec(RDI);
        a.jump(Condition.NOT_ZERO, again);
        a.tilerelease();
        a.mov(RSP, RBP);
        routine.leave();
        return a.finish();
    }

    private static final int LINE = 64;
    private static final int TILE_ROWS = 16;

    /** Code that repeats the body and takes {@code step} off RSI each time, until nothing is left. */
    private static byte[] loop(Routine routine, int step, Runnable body) {
        Assembler a = routine.a;
        Label again = new Label();
        a.align(32);
        a.bind(again);
        body.run();
        a.sub(RSI, step);
        a.jump(Condition.GREATER, again);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** Code that repeats the body as often as RDI says. */
    private static byte[] counted(Routine routine, Runnable body) {
        routine.a.mov(RSI, RDI);
        return loop(routine, 1, body);
    }

    private static Vec[] zeros(Routine routine, int count) {
        Vec[] vectors = routine.take(count);
        for (Vec vector : vectors) {
            routine.zero(vector);
        }
        return vectors;
    }

    private static Vec floats(Routine routine, long seed) {
        Random random = new Random(seed);
        ByteBuffer values = ByteBuffer.allocate(routine.lanes.bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            values.putFloat(random.nextFloat() - 0.5f);
        }
        return constant(routine, values.array());
    }

    private static Vec bytes(Routine routine, long seed, int most) {
        byte[] values = new byte[routine.lanes.bytes];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) random.nextInt(most + 1);
        }
        return constant(routine, values);
    }

    private static Vec constant(Routine routine, byte[] values) {
        Vec vector = routine.take();
        routine.a.op(VMOVDQU, vector, routine.a.constant(values));
        return vector;
    }
}
