package dev.puna.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.file.Gguf;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class DTypeTest {
    /**
     * What encoding the golden noise costs, as a share of the root mean square error of the golden encoder. Measured,
     * and rounded up in the third place; 1.05 would be enough.
     */
    private static final Map<DType, Double> SHARES = Map.ofEntries(
            Map.entry(DType.F16, 1.0),
            Map.entry(DType.BF16, 1.0),
            Map.entry(DType.Q4_0, 0.983),
            Map.entry(DType.Q4_1, 0.981),
            Map.entry(DType.Q5_0, 0.974),
            Map.entry(DType.Q5_1, 0.966),
            Map.entry(DType.Q8_0, 0.998),
            Map.entry(DType.Q2_K, 0.928),
            Map.entry(DType.Q3_K, 0.974),
            Map.entry(DType.Q4_K, 0.978),
            Map.entry(DType.Q5_K, 0.957),
            Map.entry(DType.Q6_K, 0.919),
            Map.entry(DType.IQ4_NL, 0.974),
            Map.entry(DType.IQ4_XS, 0.946),
            Map.entry(DType.MXFP4, 0.967));

    private static Path resource(String name) {
        try {
            return Path.of(DTypeTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyTypeDecodesBitForBit() throws IOException, NoSuchAlgorithmException {
        Map<String, String> expected = Files.readAllLines(resource("types-decoded.sha256")).stream()
                .collect(Collectors.toMap(line -> line.substring(66), line -> line.substring(0, 64)));
        int read = 0;
        try (Gguf gguf = Gguf.open(resource("types.gguf"));
                Arena arena = Arena.ofConfined()) {
            for (TensorEntry entry : gguf.entries()) {
                if (entry.type().isPresent()) {
                    Tensor decoded = gguf.tensor(entry.name()).orElseThrow().as(DType.F32, arena);
                    assertThat(sha256(decoded.data())).as(entry.name()).isEqualTo(expected.get(entry.name()));
                    read++;
                }
            }
        }
        assertThat(read).isEqualTo(16);
    }

    private static String sha256(MemorySegment bytes) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(bytes.asByteBuffer());
        return HexFormat.of().formatHex(digest.digest());
    }

    @ParameterizedTest
    @EnumSource
    void encodingLosesNoMoreThanTheGoldenEncoder(DType type) {
        try (Gguf gguf = Gguf.open(resource("types.gguf"));
                Safetensors noise = Safetensors.open(resource("types-source.safetensors"));
                Arena arena = Arena.ofConfined()) {
            Tensor source = noise.tensor("source").orElseThrow();
            if (SHARES.containsKey(type)) {
                Tensor golden =
                        gguf.tensor(type.name().toLowerCase(Locale.ROOT)).orElseThrow();
                double allowed = rootMeanSquareError(source, golden) * SHARES.get(type);
                assertThat(rootMeanSquareError(source, source.as(type, arena))).isLessThanOrEqualTo(allowed);
            }
        }
    }

    private static double rootMeanSquareError(Tensor wanted, Tensor got) {
        float[] x = wanted.floats();
        float[] y = got.floats();
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double difference = (double) x[i] - y[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum / x.length);
    }

    /** Numbers that a block holds exactly must survive: whatever was decoded encodes to the same numbers. */
    @ParameterizedTest
    @EnumSource
    void encodingWhatWasDecodedChangesNothingMuch(DType type) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor once = noise(arena, 7, 4, 512).as(type, arena);
            Tensor decoded = once.as(DType.F32, arena);
            Tensor twice = decoded.as(type, arena);
            double size = rootMeanSquareError(decoded, noise(arena, 0, 4, 512).as(DType.I8, arena)) + 1e-9;
            assertThat(rootMeanSquareError(decoded, twice)).isLessThanOrEqualTo(size * 0.02);
        }
    }

    @ParameterizedTest
    @EnumSource
    void zerosStayZeros(DType type) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Tensor.allocate(arena, DType.F32, 2, 512).as(type, arena).floats())
                    .containsOnly(0);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ANY, names = "^(Q|IQ|MX).*")
    void awkwardNumbersNeverStopTheEncoder(DType type) {
        float[] awkward = {
            0, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, 1e-30f, 6e-8f, 65504, 1e30f, -Float.MAX_VALUE
        };
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor source = Tensor.allocate(arena, DType.F32, 256);
                for (int i = 0; i < 256; i++) {
                    float value = awkward[random.nextInt(1 + round % awkward.length)];
                    source.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
                }
                for (float value : source.as(type, arena).floats()) {
                    assertThat(Float.isFinite(value)).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ANY, names = "^(Q|IQ|MX).*")
    void aNumberThatIsNoneSpoilsItsBlockAndNothingElse(DType type) {
        for (float poison : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor source = noise(arena, 1, 3, 256);
                float[] clean = source.as(type, arena).floats();
                source.data().setAtIndex(ValueLayout.JAVA_FLOAT, 256 + 17, poison);
                float[] spoilt = source.as(type, arena).floats();
                for (int i = 0; i < clean.length; i++) {
                    if (i < 256 || i >= 512) {
                        assertThat(spoilt[i]).isEqualTo(clean[i]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void blocksLieAtAnyOffset(DType type) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor source = noise(arena, 5, 1, 512);
            long bytes = type.bytes(512);
            MemorySegment encoded = arena.allocate(bytes + 10).fill((byte) 0x5A);
            type.encode(source.data(), 0, encoded, 3, 512);
            MemorySegment decoded = arena.allocate(512 * 4 + 10).fill((byte) 0x5A);
            type.decode(encoded, 3, decoded, 5, 512);
            Tensor plain = source.as(type, arena);
            assertThat(encoded.asSlice(3, bytes).mismatch(plain.data())).isEqualTo(-1);
            assertThat(decoded.asSlice(5, 512 * 4)
                            .mismatch(plain.as(DType.F32, arena).data()))
                    .isEqualTo(-1);
            for (MemorySegment canaries : List.of(
                    encoded.asSlice(0, 3),
                    encoded.asSlice(3 + bytes),
                    decoded.asSlice(0, 5),
                    decoded.asSlice(5 + 2048))) {
                assertThat(canaries.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5A);
            }
        }
    }

    @Test
    void everyF8CodeSurvivesAndTheNearestIsChosen() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor codes = Tensor.allocate(arena, DType.F8_E4M3, 256);
            for (int i = 0; i < 256; i++) {
                codes.data().set(ValueLayout.JAVA_BYTE, i, (byte) i);
            }
            Tensor decoded = codes.as(DType.F32, arena);
            assertThat(decoded.as(DType.F8_E4M3, arena).data().mismatch(codes.data()))
                    .isEqualTo(-1);
            float[] values = decoded.floats();
            assertThat(values[0x08]).isEqualTo(0.015625f);
            assertThat(values[0x01]).isEqualTo(0.001953125f);
            assertThat(values[0x7E]).isEqualTo(448);
            assertThat(values[0x7F]).isNaN();
            float[] numbers = {1e9f, 0.0009f, 0.001f, 0.00097656250f, 1.0625f, 1.1875f, -464, 17, 19, Float.NaN};
            float[] nearest = {448, 0, 0.001953125f, 0, 1, 1.25f, -448, 16, 20, Float.NaN};
            Tensor source = Tensor.allocate(arena, DType.F32, numbers.length);
            MemorySegment.copy(numbers, 0, source.data(), ValueLayout.JAVA_FLOAT, 0, numbers.length);
            assertThat(source.as(DType.F8_E4M3, arena).floats()).containsExactly(nearest);
        }
    }

    @Test
    void integersRoundAndSaturate() {
        try (Arena arena = Arena.ofConfined()) {
            float[] numbers = {0.5f, 1.5f, -2.5f, 200, -200, 1e20f, -1e20f, Float.NaN};
            Tensor source = Tensor.allocate(arena, DType.F32, numbers.length);
            MemorySegment.copy(numbers, 0, source.data(), ValueLayout.JAVA_FLOAT, 0, numbers.length);
            assertThat(source.as(DType.I8, arena).floats()).containsExactly(0, 2, -2, 127, -128, 127, -128, 0);
            assertThat(source.as(DType.I16, arena).floats()).containsExactly(0, 2, -2, 200, -200, 32767, -32768, 0);
            assertThat(source.as(DType.I32, arena).floats())
                    .containsExactly(0, 2, -2, 200, -200, Integer.MAX_VALUE, Integer.MIN_VALUE, 0);
            assertThat(source.as(DType.F64, arena).floats()).containsExactly(numbers);
        }
    }

    @Test
    void aNotANumberOfBf16StaysOne() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor source = Tensor.allocate(arena, DType.F32, 1);
            source.data().set(ValueLayout.JAVA_INT, 0, 0x7F80_0001);
            assertThat(source.as(DType.BF16, arena).floats()[0]).isNaN();
        }
    }

    @Test
    void rowsAreWholeBlocks() {
        assertThatThrownBy(() -> DType.Q4_0.decode(MemorySegment.NULL, 0, MemorySegment.NULL, 0, 33))
                .isInstanceOf(IllegalArgumentException.class);
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> new Tensor(DType.Q4_0, new long[] {4, 40}, arena.allocate(90)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static Tensor noise(Arena arena, int seed, int rows, int columns) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.allocate(arena, DType.F32, rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (random.nextGaussian() * (1 + i / 300)));
        }
        return tensor;
    }
}
