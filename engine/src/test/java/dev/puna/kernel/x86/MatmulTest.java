package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Probe;
import dev.puna.kernel.Tiers.Tier;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of products: every level, every format, awkward sizes, against the format's own decoding. */
class MatmulTest {
    private static final List<DType> TYPES = List.of(
            DType.F32,
            DType.F16,
            DType.BF16,
            DType.Q8_0,
            DType.Q4_0,
            DType.Q4_1,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q2_K,
            DType.Q3_K,
            DType.Q4_K,
            DType.Q5_K,
            DType.Q6_K,
            DType.IQ4_NL,
            DType.IQ4_XS,
            DType.MXFP4);

    private static final int[] ROWS = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65};
    private static final int[] TOKENS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

    private static final AtomicInteger RAN = new AtomicInteger();
    private static final AtomicInteger SKIPPED = new AtomicInteger();
    private static final AtomicInteger EMULATED = new AtomicInteger();

    static Stream<Arguments> levelsAndTypes() {
        return X86Tiers.describe().stream().flatMap(tier -> TYPES.stream().map(type -> Arguments.of(tier, type)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("levelsAndTypes")
    void productsAreRightAndTheSameAloneAndInCompany(Tier tier, DType type) {
        int combinations = columns(type).size() * ROWS.length * TOKENS.length;
        if (!tier.available()) {
            SKIPPED.addAndGet(combinations);
        }
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        assertThat(Plan.has(type)).isTrue();
        int ran = 0;
        try (Workers workers = new Workers(2)) {
            Kernels kernels = tier.kernels(workers);
            for (int n : columns(type)) {
                for (int rows : ROWS) {
                    ran += check(kernels, type, rows, n);
                }
            }
        }
        RAN.addAndGet(ran);
        assertThat(ran).isEqualTo(combinations);
    }

    /** The kernels for tiles on a processor without: the tile instructions, and they alone, are emulated. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("types")
    void productsOfEmulatedTilesAreRightAndTheSameAloneAndInCompany(DType type) throws CodePage.Refused {
        withEmulatedTiles(kernels -> {
            for (int n : columns(type)) {
                for (int rows : new int[] {1, 16, 31, 33, 65}) {
                    EMULATED.addAndGet(check(kernels, type, rows, n));
                }
            }
        });
    }

    private static void withEmulatedTiles(Consumer<Kernels> body) throws CodePage.Refused {
        assumeTrue(Level.AVX512.missing(Cpu.ask()).isEmpty(), "tiles are emulated by AVX-512");
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(1)) {
            body.accept(new X86(Level.AMX, workers, () -> new EmulatedTiles(arena)));
        }
    }

    /** An activation that is no number, or infinite, makes none of its token's sums a number, and spoils no other's. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("levelsAndTypes")
    void whatIsNoNumberIsNotHidden(Tier tier, DType type) {
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        try (Workers workers = new Workers(2)) {
            checkNoNumber(tier.kernels(workers), type);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("types")
    void whatIsNoNumberIsNotHiddenInEmulatedTiles(DType type) throws CodePage.Refused {
        withEmulatedTiles(kernels -> checkNoNumber(kernels, type));
    }

    private static void checkNoNumber(Kernels kernels, DType type) {
        int columns = 512;
        int rows = 33;
        for (int tokens : new int[] {1, 2, 13}) {
            for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                try (Arena arena = Arena.ofConfined()) {
                    Tensor weight = weights(arena, type, rows, columns, new Random(5));
                    Tensor x = activations(arena, tokens, columns, new Random(6));
                    for (int c = 64; c < 96; c++) { // a run: so it comes out of a norm, or a head
                        x.data().setAtIndex(JAVA_FLOAT, c, odd);
                    }
                    Tensor y = Tensor.allocate(arena, DType.F32, tokens, rows);
                    kernels.matmul(x, List.of(weight), List.of(y));
                    for (int i = 0; i < tokens * rows; i++) {
                        assertThat(Float.isFinite(y.data().getAtIndex(JAVA_FLOAT, i)))
                                .as("%s, %d tokens, %s: sum %d", type, tokens, odd, i)
                                .isEqualTo(i >= rows);
                    }
                }
            }
        }
    }

    /** What their share of the peak is measured against. */
    @ParameterizedTest
    @EnumSource(Probe.Numbers.class)
    void theLimitOfEmulatedTilesIsCounted(Probe.Numbers numbers) throws CodePage.Refused {
        assumeTrue(Level.AVX512.missing(Cpu.ask()).isEmpty(), "tiles are emulated by AVX-512");
        try (Arena arena = Arena.ofShared()) {
            Probe probe = new X86Probe(Level.AMX, () -> new EmulatedTiles(arena));
            assertThat(probe.multiplyAdds(numbers, 2)).isEqualTo(2L * 6 * 16 * 16 * 32);
            assertThat(probe.mix(numbers)).isEqualTo("tdpbf16ps");
        }
    }

    static List<DType> types() {
        return TYPES;
    }

    private static List<Integer> columns(DType type) {
        if (type.blockSize() == 1) {
            return List.of(1, 5, 31, 33, 64, 257, 300, 1100);
        }
        int block = type.blockSize();
        return List.of(block, 3 * block, 512 + block, 1024, 2048 + block * (block == 32 ? 3 : 1));
    }

    @Test
    void everyFormatIsExplained() {
        for (Level level : Level.values()) {
            for (DType type : TYPES) {
                assertThat(Plan.how(level, type)).contains("rows in lanes");
            }
        }
        assertThat(Plan.how(Level.AVX2, DType.Q4_0)).contains("4-bit", "8-bit activations", "vpmaddubsw");
        assertThat(Plan.how(Level.AVX2, DType.Q8_0)).contains("16-bit activations", "vpmaddwd");
        assertThat(Plan.how(Level.AVX512, DType.Q6_K)).contains("6-bit", "vpdpbusd");
        assertThat(Plan.how(Level.AMX, DType.F16)).contains("tdpbf16ps");
        assertThat(Plan.how(Level.AMX, DType.Q4_K)).contains("4-bit", "bf16 activations", "tdpbf16ps");
    }

    @AfterAll
    static void combinationsAreCounted(TestReporter reporter) {
        reporter.publishEntry(
                "level × format × rows × columns × tokens",
                "%d ran, %d skipped for want of hardware, %d ran with emulated tiles"
                        .formatted(RAN.get(), SKIPPED.get(), EMULATED.get()));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("levelsAndTypes")
    void nothingBehindTheWeightsIsRead(Tier tier, DType type, @TempDir Path folder) throws IOException {
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        // The weights end with the last page of a file: what lies behind is not mapped, or is not ours.
        int columns = type.blockSize() == 1 ? 96 : 256;
        int rows = 48;
        long bytes = type.bytes((long) rows * columns);
        long length = Math.ceilDiv(bytes, 4096) * 4096;
        Path file = folder.resolve("weights");
        try (Arena arena = Arena.ofShared()) {
            Tensor weight = weights(arena, type, rows, columns, new Random(3));
            byte[] content = new byte[(int) length];
            MemorySegment.copy(weight.data(), JAVA_BYTE, 0, content, (int) (length - bytes), (int) bytes);
            Files.write(file, content);
            MemorySegment mapped;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, length, arena);
            }
            Tensor atEnd = new Tensor(type, new long[] {rows, columns}, mapped.asSlice(length - bytes));
            try (Workers workers = new Workers(1)) {
                Kernels kernels = tier.kernels(workers);
                for (int tokens : new int[] {1, 3}) {
                    Tensor x = activations(arena, tokens, columns, new Random(4));
                    Tensor y = Tensor.allocate(arena, DType.F32, tokens, rows);
                    Tensor z = Tensor.allocate(arena, DType.F32, tokens, rows);
                    kernels.matmul(x, atEnd, y);
                    kernels.matmul(x, weight, z);
                    assertThat(y.data().mismatch(z.data())).isEqualTo(-1);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("levelsAndTypes")
    void severalWeightsAtOnceGiveWhatEachGivesAlone(Tier tier, DType type) {
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        Random random = new Random(9);
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(2)) {
            Kernels kernels = tier.kernels(workers);
            List<Tensor> weights = new ArrayList<>();
            for (DType other : List.of(type, DType.Q8_0, DType.F16, DType.Q6_K, type)) {
                weights.add(weights(arena, other, 40 + 9 * weights.size(), 256, random));
            }
            for (int tokens : new int[] {1, 5}) {
                Tensor x = activations(arena, tokens, 256, random);
                List<Tensor> together = new ArrayList<>();
                for (Tensor weight : weights) {
                    together.add(Tensor.allocate(arena, DType.F32, tokens, weight.rows()));
                }
                kernels.matmul(x, weights, together);
                for (int i = 0; i < weights.size(); i++) {
                    Tensor alone = Tensor.allocate(
                            arena, DType.F32, tokens, weights.get(i).rows());
                    kernels.matmul(x, weights.get(i), alone);
                    assertThat(alone.data().mismatch(together.get(i).data())).isEqualTo(-1);
                }
            }
        }
    }

    /** Returns how many products it has looked at: one for each number of tokens. */
    private static int check(Kernels kernels, DType type, int rows, int columns) {
        int ran = 0;
        int most = TOKENS[TOKENS.length - 1];
        Random random = new Random(type.ordinal() * 1000L + rows * 31L + columns);
        try (Arena arena = Arena.ofShared()) {
            Tensor weight = weights(arena, type, rows, columns, random);
            Tensor all = activations(arena, most, columns, random);
            float[] w = new float[rows * columns];
            MemorySegment decoded = arena.allocate(4L * rows * columns, 64);
            type.decode(weight.data(), 0, decoded, 0, (long) rows * columns);
            MemorySegment.copy(decoded, JAVA_FLOAT, 0, w, 0, w.length);
            float[] x = all.data().toArray(JAVA_FLOAT);
            int[] alone = new int[most * rows];
            for (int tokens : TOKENS) {
                String what = "%s %s [%d, %d], %d tokens".formatted(kernels.tier(), type, rows, columns, tokens);
                Tensor some = new Tensor(
                        DType.F32, new long[] {tokens, columns}, all.data().asSlice(0, 4L * tokens * columns));
                int[] y = product(arena, kernels, some, weight, rows, what);
                if (tokens == 1) {
                    checkValues(kernels, type, w, x, y, rows, columns, what);
                    for (int t = 0; t < most; t++) {
                        Tensor one = new Tensor(
                                DType.F32, new long[] {1, columns}, all.data().asSlice(4L * t * columns, 4L * columns));
                        int[] of = product(arena, kernels, one, weight, rows, what);
                        java.lang.System.arraycopy(of, 0, alone, t * rows, rows);
                    }
                }
                for (int i = 0; i < y.length; i++) {
                    if (y[i] != alone[i]) {
                        assertThat(y[i])
                                .as("%s: token %d, row %d", what, i / rows, i % rows)
                                .isEqualTo(alone[i]);
                    }
                }
                ran++;
            }
        }
        return ran;
    }

    /** The bits of a product whose output has canaries on both sides. */
    private static int[] product(Arena arena, Kernels kernels, Tensor x, Tensor weight, int rows, String what) {
        long bytes = 4L * x.rows() * rows;
        long canary = 0xCA4A_12E5_0DDB_A11DL;
        MemorySegment guarded = arena.allocate(Math.ceilDiv(bytes, 8) * 8 + 128, 64);
        for (long i = 0; i < guarded.byteSize(); i += 8) {
            guarded.set(JAVA_LONG, i, canary);
        }
        MemorySegment out = guarded.asSlice(64, bytes);
        kernels.matmul(x, weight, new Tensor(DType.F32, new long[] {x.rows(), rows}, out));
        for (long i = 0; i < 64; i += 8) {
            assertThat(guarded.get(JAVA_LONG, i)).as(what).isEqualTo(canary);
            assertThat(guarded.get(JAVA_LONG, guarded.byteSize() - 8 - i / 8 * 8))
                    .as(what)
                    .isEqualTo(canary);
        }
        return out.toArray(JAVA_INT);
    }

    /**
     * Weights are exact. Activations may be off by half a step: of a run's largest over 127, or 67 where
     * they have 7 bits, which bounds the error by the weights' magnitudes, or of the 8 bits of bf16 (beside floats of two); and every
     * sum by its length in units of the last place.
     */
    private static void checkValues(
            Kernels kernels, DType type, float[] w, float[] x, int[] y, int rows, int columns, String what) {
        boolean levels = type == DType.IQ4_NL || type == DType.IQ4_XS;
        boolean codes = Formats.has(type);
        boolean amx = kernels.tier().equals("amx");
        int most = levels && kernels.tier().equals("avx2") ? Activations.FOURS.most() : 127;
        for (int r = 0; r < rows; r++) {
            double exact = 0;
            double magnitude = 0;
            double steps = 0;
            for (int from = 0; from < columns; from += 32) {
                double largest = 0;
                double weights = 0;
                for (int c = from; c < Math.min(columns, from + 32); c++) {
                    double product = (double) w[r * columns + c] * x[c];
                    exact += product;
                    magnitude += Math.abs(product);
                    largest = Math.max(largest, Math.abs(x[c]));
                    weights += Math.abs(w[r * columns + c]);
                }
                steps += largest / most * 0.5 * weights;
            }
            double bound = magnitude * (8 + columns) * 0x1p-24;
            if (amx) {
                bound += (codes ? 0x1p-8 + 1e-5 : 0x1p-15) * magnitude + (codes ? steps / 32 : 0);
            } else if (codes) {
                bound += 1.01 * steps + 1e-5 * magnitude;
            }
            assertThat((double) Float.intBitsToFloat(y[r]))
                    .as("%s: row %d", what, r)
                    .isBetween(exact - bound, exact + bound);
        }
    }

    private static Tensor activations(Arena arena, int tokens, int columns, Random random) {
        Tensor x = Tensor.allocate(arena, DType.F32, tokens, columns);
        for (long i = 0; i < x.elements(); i++) {
            float value = (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 20 : 1);
            x.data().setAtIndex(JAVA_FLOAT, i, i % 97 < 33 && columns > 200 ? 0 : value); // a run of zeros, too
        }
        return x;
    }

    /** Blocks of every possible content but for their scales, which are small floats. */
    private static Tensor weights(Arena arena, DType type, int rows, int columns, Random random) {
        long bytes = type.bytes((long) rows * columns);
        MemorySegment data =
                arena.allocate(bytes + 7, 64).asSlice(type.blockSize() == 1 ? 0 : 1 + random.nextInt(6), bytes);
        byte[] content = new byte[(int) bytes];
        random.nextBytes(content);
        MemorySegment.copy(content, 0, data, JAVA_BYTE, 0, content.length);
        for (long block = 0; block < bytes; block += type.blockBytes()) {
            switch (type) {
                case F32 -> data.set(JAVA_FLOAT, block, (float) random.nextGaussian());
                case F16 -> half(data, block, (float) random.nextGaussian());
                case BF16 -> {
                    int bits = Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16;
                    data.set(JAVA_BYTE, block, (byte) bits);
                    data.set(JAVA_BYTE, block + 1, (byte) (bits >> 8));
                }
                case Q2_K -> {
                    half(data, block + 80, scale(random));
                    half(data, block + 82, scale(random));
                }
                case Q3_K -> half(data, block + 108, scale(random));
                case Q6_K -> half(data, block + 208, scale(random));
                case MXFP4 -> data.set(JAVA_BYTE, block, (byte) (110 + random.nextInt(20)));
                case Q4_1, Q5_1, Q4_K, Q5_K -> {
                    half(data, block, scale(random));
                    half(data, block + 2, scale(random));
                }
                default -> half(data, block, scale(random));
            }
        }
        return new Tensor(type, new long[] {rows, columns}, data);
    }

    /** Now and then a negative one or one below the normal numbers of f16. */
    private static float scale(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> 0x1p-20f;
            case 1 -> -0.01f;
            default -> 0.002f + 0.01f * random.nextFloat();
        };
    }

    private static void half(MemorySegment data, long offset, float value) {
        short bits = Float.floatToFloat16(value);
        data.set(JAVA_BYTE, offset, (byte) bits);
        data.set(JAVA_BYTE, offset + 1, (byte) (bits >> 8));
    }
}
