package dev.puna.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.SharedData;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GgufTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @TestFactory
    Stream<DynamicTest> everyBadFileIsRefusedAndEveryGoodOneLoads() throws Exception {
        return malformed(Path.of(GgufTest.class.getResource("malformed").toURI()));
    }

    @TestFactory
    Stream<DynamicTest> everySharedBadFileIsRefusedAndEveryGoodOneLoads() {
        return malformed(SharedData.require("gguf/malformed"));
    }

    private static Stream<DynamicTest> malformed(Path malformed) {
        List<?> manifest = (List<?>) Json.parse(malformed.resolve("manifest.json"));
        return manifest.stream().map(row -> {
            Map<?, ?> file = (Map<?, ?>) row;
            Path path = malformed.resolve((String) file.get("file"));
            return DynamicTest.dynamicTest(path.getFileName() + ": " + file.get("why"), () -> {
                if ((Boolean) file.get("valid")) {
                    try (Gguf gguf = Gguf.open(path)) {
                        assertThat(gguf.tensors()).hasSize(gguf.entries().size());
                    }
                } else {
                    assertRefused(path, "at byte ");
                }
            });
        });
    }

    private static void assertRefused(Path opened, Path named, String what) {
        assertThatThrownBy(() -> Gguf.open(opened).close())
                .isInstanceOf(BadFile.class)
                .hasMessageStartingWith(named + ": ")
                .hasMessageContaining(what)
                .message()
                .doesNotContain("\n");
    }

    private static void assertRefused(Path path, String what) {
        assertRefused(path, path, what);
    }

    @Test
    void everyKindOfMetadataIsRead() throws Exception {
        Path path = Path.of(
                GgufTest.class.getResource("malformed/ok_all_types.gguf").toURI());
        try (Gguf gguf = Gguf.open(path)) {
            Metadata metadata = gguf.metadata();
            List<String> shown = metadata.keys().stream()
                    .map(key -> {
                        Metadata.Value value = metadata.value(key).orElseThrow();
                        return value.kind() + " " + value;
                    })
                    .toList();
            assertThat(shown)
                    .containsExactly(
                            "U8 1",
                            "I8 -1",
                            "U16 1",
                            "I16 -1",
                            "U32 1",
                            "I32 -1",
                            "F32 1.5",
                            "BOOL true",
                            "STRING أهلا",
                            "ARRAY [\"x\", \"\"]",
                            "U64 18446744073709551615",
                            "I64 -1",
                            "F64 2.5");
        }
    }

    @Test
    void metadataIsTypedAndRefusesByKey() throws IOException {
        Path path = folder.resolve("m.gguf");
        Metadata written = Metadata.builder()
                .string("s", "text")
                .bool("b", true)
                .u16("u16", 65535)
                .u32("u32", 4_294_967_295L)
                .i32("i32", -5)
                .u64("u64", -1)
                .i64("i64", Long.MIN_VALUE)
                .f32("f32", 0.1f)
                .f64("f64", Math.PI)
                .strings("strings", List.of("", "é", "世界"))
                .floats("floats", 1, 2.5f)
                .ints("ints", -1, 7)
                .build();
        GgufWriter.write(path, written, Map.of());
        try (Gguf gguf = Gguf.open(path)) {
            Metadata metadata = gguf.metadata();
            assertThat(metadata.keys()).containsExactlyElementsOf(written.keys());
            assertThat(metadata.string("s")).contains("text");
            assertThat(metadata.bool("b")).contains(true);
            assertThat(metadata.u32("u16")).hasValue(65535);
            assertThat(metadata.u32("u32")).hasValue(4_294_967_295L);
            assertThat(metadata.i64("i32")).hasValue(-5);
            assertThat(metadata.i64("i64")).hasValue(Long.MIN_VALUE);
            assertThat(metadata.f64("f32")).hasValue(0.1f);
            assertThat(metadata.f64("f64")).hasValue(Math.PI);
            assertThat(metadata.strings("strings")).contains(List.of("", "é", "世界"));
            assertThat(metadata.floats("floats").orElseThrow()).containsExactly(1, 2.5f);
            assertThat(metadata.ints("ints").orElseThrow()).containsExactly(-1, 7);
            assertThat(metadata.string("absent")).isEmpty();
            assertThat(metadata.u32("absent")).isEmpty();
            assertThat(metadata.strings("absent")).isEmpty();
            List<Runnable> wrong = List.of(
                    () -> metadata.string("b"),
                    () -> metadata.bool("s"),
                    () -> metadata.u32("i32"),
                    () -> metadata.i64("u64"),
                    () -> metadata.i64("f32"),
                    () -> metadata.f64("u32"),
                    () -> metadata.strings("ints"),
                    () -> metadata.floats("ints"),
                    () -> metadata.ints("floats"),
                    () -> metadata.ints("s"));
            for (Runnable get : wrong) {
                assertThatThrownBy(get::run)
                        .isInstanceOf(BadFile.class)
                        .hasMessageMatching(".*m\\.gguf: at byte [0-9]+: the key \"[a-z0-9]+\" should be .*, not .*");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenReadsBack(DType type) throws IOException {
        if (type.ggufId() < 0) {
            assertThatThrownBy(() -> GgufWriter.write(
                            folder.resolve("x"), Metadata.builder().build(), one(type)))
                    .isInstanceOf(IllegalArgumentException.class);
            return;
        }
        Path path = folder.resolve("one.gguf");
        Files.writeString(path, "what was here before");
        for (int alignment : new int[] {32, 64, 8}) {
            Map<String, Tensor> tensors = new LinkedHashMap<>(one(type));
            tensors.put("second", counting(DType.I8, 3));
            tensors.put("scalar", counting(DType.F32));
            tensors.put("four", counting(type, 2, 1, 3, 256));
            Metadata metadata =
                    Metadata.builder().u32("general.alignment", alignment).build();
            GgufWriter.write(path, metadata, tensors);
            try (Gguf gguf = Gguf.open(path)) {
                assertThat(gguf.version()).isEqualTo(3);
                assertThat(gguf.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
                tensors.forEach((name, tensor) -> {
                    Tensor read = gguf.tensor(name).orElseThrow();
                    assertThat(read.type()).isEqualTo(tensor.type());
                    assertThat(read.shape()).isEqualTo(tensor.shape());
                    assertThat(read.data().mismatch(tensor.data())).isEqualTo(-1);
                });
                assertThat(gguf.tensor("absent")).isEmpty();
                assertThat(gguf.dataOffset() % alignment).isZero();
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    private Map<String, Tensor> one(DType type) {
        return Map.of("weight", counting(type, 3, 512));
    }

    private Tensor counting(DType type, long... shape) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 100);
        }
        return tensor.as(type, arena);
    }

    @Test
    void aFailedWriteLeavesWhatWasThere() throws IOException {
        Path path = folder.resolve("kept.gguf");
        Files.writeString(path, "before");
        Tensor gone;
        try (Arena brief = Arena.ofConfined()) {
            gone = Tensor.allocate(brief, DType.F32, 8);
        }
        assertThatThrownBy(() -> GgufWriter.write(path, Metadata.builder().build(), Map.of("t", gone)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(path).hasContent("before");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void versionTwoIsRead() throws IOException {
        Path path = folder.resolve("two.gguf");
        GgufWriter.write(path, Metadata.builder().string("general.name", "x").build(), one(DType.Q4_0));
        patch(path, 4, 2);
        try (Gguf gguf = Gguf.open(path)) {
            assertThat(gguf.version()).isEqualTo(2);
            assertThat(gguf.tensors()).containsOnlyKeys("weight");
        }
        patch(path, 4, 1);
        assertRefused(path, "at byte 4: GGUF version 1");
    }

    private static void patch(Path path, long offset, int value) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value);
            channel.write(bytes, offset);
        }
    }

    @Test
    void aTypeThatPunaDoesNotReadIsListedAndRefusedByName() throws Exception {
        Path path = Path.of(DType.class.getResource("types.gguf").toURI());
        try (Gguf gguf = Gguf.open(path)) {
            assertThat(gguf.entries()).hasSize(27);
            assertThat(gguf.entries().stream()
                            .filter(entry -> entry.type().isEmpty())
                            .map(TensorEntry::typeName))
                    .containsExactly(
                            "IQ2_XXS (16)",
                            "IQ2_XS (17)",
                            "IQ2_S (22)",
                            "IQ3_XXS (18)",
                            "IQ3_S (21)",
                            "IQ1_S (19)",
                            "IQ1_M (29)",
                            "TQ1_0 (34)",
                            "TQ2_0 (35)",
                            "NVFP4 (40)",
                            "Q1_0 (41)");
            assertThat(gguf.tensor("q4_k")).isPresent();
            assertThatThrownBy(() -> gguf.tensor("iq2_xs"))
                    .isInstanceOf(BadFile.class)
                    .hasMessageEndingWith("tensor \"iq2_xs\" has type IQ2_XS (17), which Puna does not read yet");
            assertThatThrownBy(gguf::tensors).isInstanceOf(BadFile.class).hasMessageContaining("IQ2_XXS (16)");
        }
    }

    // ---- split files

    private List<Path> split(int count) throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Metadata.Builder metadata = Metadata.builder();
            if (i == 0) {
                metadata.string("general.name", "in parts");
            }
            metadata.u16("split.no", i).u16("split.count", count).i32("split.tensors.count", count * 2);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("a" + i, counting(DType.Q8_0, i + 1, 32));
            tensors.put("b" + i, counting(DType.F32, 5));
            Path file = folder.resolve("m-%05d-of-%05d.gguf".formatted(i + 1, count));
            GgufWriter.write(file, metadata.build(), tensors);
            files.add(file);
        }
        return files;
    }

    @Test
    void anyPartOpensAllOfThem() throws IOException {
        List<Path> files = split(3);
        for (Path file : files) {
            try (Gguf gguf = Gguf.open(file)) {
                assertThat(gguf.files()).isEqualTo(files);
                assertThat(gguf.metadata().string("general.name")).contains("in parts");
                assertThat(gguf.tensors()).containsOnlyKeys("a0", "b0", "a1", "b1", "a2", "b2");
                assertThat(gguf.tensor("a2").orElseThrow().shape()).containsExactly(3, 32);
                assertThat(gguf.entries().getLast().file()).isEqualTo(files.getLast());
            }
        }
    }

    @Test
    void linksToPartsAreParts() throws IOException {
        List<Path> files = split(2);
        Path links = Files.createDirectory(folder.resolve("links"));
        for (int i = 0; i < 2; i++) {
            Path blob = Files.move(files.get(i), folder.resolve("blob" + i));
            Files.createSymbolicLink(links.resolve(files.get(i).getFileName()), blob);
        }
        try (Gguf gguf = Gguf.open(links.resolve(files.get(1).getFileName()))) {
            assertThat(gguf.tensors()).hasSize(4);
        }
    }

    @Test
    void aMissingPartIsNamed() throws IOException {
        List<Path> files = split(3);
        Files.delete(files.get(1));
        assertRefused(files.get(0), files.get(1), "part 2 of 3 is missing");
        assertRefused(files.get(2), files.get(1), "part 2 of 3 is missing");
    }

    @Test
    void aContradictingPartIsNamed() throws IOException {
        List<Path> files = split(3);
        byte[] second = Files.readAllBytes(files.get(1));
        Files.copy(files.get(2), files.get(1), StandardCopyOption.REPLACE_EXISTING);
        assertRefused(files.get(0), files.get(1), "named as part 2 of 3, but its split.no is 2");
        Files.write(files.get(1), second);

        Metadata.Builder place = Metadata.builder().u16("split.no", 1).u16("split.count", 3);
        GgufWriter.write(files.get(1), place.build(), Map.of("a0", counting(DType.F32, 1)));
        assertRefused(files.get(0), files.get(1), "tensor \"a0\" is in m-00001-of-00003.gguf too");

        GgufWriter.write(files.get(1), place.build(), Map.of("only", counting(DType.F32, 1)));
        assertRefused(files.get(1), files.get(0), "split.tensors.count is 6, but the parts have 5 tensors");

        GgufWriter.write(files.get(1), Metadata.builder().u16("split.no", 1).build(), Map.of());
        assertRefused(files.get(0), files.get(1), "its split.count is absent");

        GgufWriter.write(
                files.get(1),
                Metadata.builder().u16("split.no", 1).u16("split.count", 4).build(),
                Map.of());
        assertRefused(files.get(0), files.get(1), "its split.count is 4");

        Files.writeString(files.get(1), "nonsense");
        assertRefused(files.get(0), files.get(1), "not a GGUF file");
    }

    @Test
    void aPartUnderAnotherNameIsRefused() throws IOException {
        Path renamed = Files.move(split(2).get(0), folder.resolve("renamed.gguf"));
        assertRefused(renamed, "one of 2 parts");
        Path beyond = Files.move(renamed, folder.resolve("m-00003-of-00002.gguf"));
        assertRefused(beyond, "part 3 of 2");
    }

    // ---- files that are not files

    @Test
    void whatCannotBeReadIsRefused() throws IOException {
        assertRefused(folder.resolve("absent.gguf"), "no such file");
        assertRefused(folder, "a folder, not a file");
        assertRefused(Path.of("/dev/null"), "not a regular file");
        Path empty = Files.createFile(folder.resolve("empty.gguf"));
        assertRefused(empty, "an empty file");
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling.gguf"), folder.resolve("absent"));
        assertRefused(dangling, "no such file");
    }

    @Test
    void everyShorteningIsRefused() throws Exception {
        byte[] whole =
                Files.readAllBytes(Path.of(DType.class.getResource("types.gguf").toURI()));
        Path path = folder.resolve("short.gguf");
        for (int cut = 0; cut < whole.length; cut += cut < 1400 ? 1 : 997) {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(whole, 0, cut));
            }
            assertThatThrownBy(() -> Gguf.open(path).close())
                    .as("cut to %d bytes", cut)
                    .isInstanceOf(BadFile.class);
        }
    }

    @Test
    void aFileCutShortAfterOpeningIsNoticed() throws IOException {
        Path path = folder.resolve("cut.gguf");
        List<String> strings =
                IntStream.range(0, 5000).mapToObj(i -> "token " + i).toList();
        GgufWriter.write(path, Metadata.builder().strings("tokens", strings).build(), one(DType.F32));
        try (Gguf gguf = Gguf.open(path)) {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(100);
            }
            assertThatThrownBy(gguf::tensors)
                    .isInstanceOf(BadFile.class)
                    .hasMessageContaining("at byte 100: cut short since it was opened");
            assertThatThrownBy(() -> gguf.metadata().strings("tokens"))
                    .isInstanceOf(BadFile.class)
                    .hasMessageContaining("cut short");
        }
    }

    @Test
    void aFileReplacedAfterOpeningStaysReadable() throws IOException {
        Path path = folder.resolve("replaced.gguf");
        GgufWriter.write(path, Metadata.builder().build(), one(DType.F32));
        try (Gguf gguf = Gguf.open(path)) {
            GgufWriter.write(path, Metadata.builder().build(), Map.of("other", counting(DType.F32, 100_000)));
            assertThat(gguf.tensors().get("weight").floats()[7]).isEqualTo(7);
        }
    }

    @Test
    void aRealModelFileIsRead() {
        try (Gguf gguf = Gguf.open(SharedData.require("weights/stories260K.gguf"))) {
            assertThat(gguf.metadata().string("general.architecture")).contains("llama");
            assertThat(gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow())
                    .hasSize(512);
            assertThat(gguf.tensors().get("token_embd.weight").shape()).containsExactly(512, 64);
        }
    }
}
