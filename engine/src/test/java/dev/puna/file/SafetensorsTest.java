package dev.puna.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.SharedData;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    private Tensor counting(DType type, long... shape) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 16);
        }
        return tensor.as(type, arena);
    }

    /** A file with this header and as many zero bytes of data. */
    private Path file(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .array());
        bytes.writeBytes(json);
        bytes.writeBytes(new byte[dataBytes]);
        return Files.write(folder.resolve("x.safetensors"), bytes.toByteArray());
    }

    private static void assertRefused(Path opened, Path named, String what) {
        assertThatThrownBy(() -> Safetensors.open(opened).close())
                .isInstanceOf(BadFile.class)
                .hasMessageStartingWith(named + ": ")
                .hasMessageContaining(what);
    }

    @Test
    void whatIsWrittenReadsBack() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType type : DType.values()) {
            if (type.blockSize() == 1) {
                tensors.put("t " + type, counting(type, 3, 5));
            }
        }
        tensors.put("scalar", counting(DType.F32));
        tensors.put("empty", Tensor.allocate(arena, DType.F32, 0, 4));
        tensors.put("\"quoted\"\n", counting(DType.F16, 1, 1, 1, 1, 2));
        Path path = folder.resolve("all.safetensors");
        SafetensorsWriter.write(path, tensors, Map.of("format", "pt"));
        try (Safetensors read = Safetensors.open(path)) {
            assertThat(read.metadata()).containsExactly(Map.entry("format", "pt"));
            assertThat(read.tensors()).containsOnlyKeys(tensors.keySet());
            tensors.forEach((name, tensor) -> {
                Tensor back = read.tensor(name).orElseThrow();
                assertThat(back.type()).isEqualTo(tensor.type());
                assertThat(back.shape()).isEqualTo(tensor.shape());
                assertThat(back.data().mismatch(tensor.data())).isEqualTo(-1);
            });
            for (TensorEntry entry : read.entries()) {
                assertThat(entry.offset() % entry.type().orElseThrow().blockBytes())
                        .isZero();
            }
        }
        assertThatThrownBy(() -> SafetensorsWriter.write(path, Map.of("q", counting(DType.Q4_0, 32)), Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        SafetensorsWriter.write(path, Map.of("__metadata__", counting(DType.F32, 1)), Map.of("a", "b")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static final String GOOD = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

    @Test
    void aHeaderMayBePaddedAndAFileEmptyOfTensors() throws IOException {
        Safetensors.open(file(GOOD, 8)).close();
        Safetensors.open(file(GOOD + "     ", 8)).close();
        Safetensors.open(file("{}", 0)).close();
        Safetensors.open(file("{\"__metadata__\":{}}", 0)).close();
    }

    private record Hostile(String fault, String header, int dataBytes, String what) {}

    @TestFactory
    Stream<DynamicTest> everyHostileHeaderIsRefused() {
        String tensor = "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}";
        String two = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":%s}}";
        return Stream.of(
                        new Hostile("no object", "[]", 0, "does not begin with '{'"),
                        new Hostile("blank before", " {}", 0, "does not begin with '{'"),
                        new Hostile("empty", "", 0, "does not begin with '{'"),
                        new Hostile("cut JSON", "{\"a\":", 0, "not valid JSON"),
                        new Hostile("text after", "{}x", 0, "JSON"),
                        new Hostile("nested deep", "{\"a\":" + "[".repeat(100_000), 0, "nesting depth"),
                        new Hostile("not UTF-8 escape", "{\"\\ud8\":1}", 0, "not valid JSON"),
                        new Hostile("name twice", GOOD.replace("}}", "},") + GOOD.substring(1), 8, "stands twice"),
                        new Hostile("field twice", GOOD.replace("\"shape\"", "\"dtype\""), 8, "stands twice"),
                        new Hostile("tensor not an object", "{\"a\":[1]}", 0, "has not the fields"),
                        new Hostile(
                                "field missing", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "has not the fields"),
                        new Hostile("unknown type", tensor.formatted("F33", "[2]", "[0,8]"), 8, "unknown type \"F33\""),
                        new Hostile("block type", tensor.formatted("Q4_0", "[32]", "[0,18]"), 18, "unknown type"),
                        new Hostile(
                                "dimension negative", tensor.formatted("F32", "[-2]", "[0,8]"), 8, "dimension of -2"),
                        new Hostile("dimension a float", tensor.formatted("F32", "[2.0]", "[0,8]"), 8, "whole number"),
                        new Hostile("dimension text", tensor.formatted("F32", "[\"2\"]", "[0,8]"), 8, "whole number"),
                        new Hostile("dimension huge", tensor.formatted("F32", "[1e999]", "[0,8]"), 8, "whole number"),
                        new Hostile(
                                "dimension above 2^64",
                                tensor.formatted("F32", "[99999999999999999999]", "[0,8]"),
                                8,
                                "out of range"),
                        new Hostile(
                                "product wraps to 0",
                                tensor.formatted("F32", "[4294967296,4294967296]", "[0,0]"),
                                0,
                                "more than 2^60 bytes"),
                        new Hostile(
                                "bits wrap to 0",
                                tensor.formatted("F32", "[576460752303423488]", "[0,0]"),
                                0,
                                "2^60 bytes"),
                        new Hostile(
                                "zero hides a wrap",
                                tensor.formatted("F32", "[4611686018427387904,8,0]", "[0,0]"),
                                0,
                                "2^60"),
                        new Hostile(
                                "too many dimensions",
                                tensor.formatted("F32", "[" + "1,".repeat(50) + "1]", "[0,4]"),
                                4,
                                "51 dimensions"),
                        new Hostile("shape wants more", tensor.formatted("F32", "[3]", "[0,8]"), 8, "takes 12 bytes"),
                        new Hostile("shape wants less", tensor.formatted("F16", "[2]", "[0,8]"), 8, "takes 4 bytes"),
                        new Hostile("offsets negative", tensor.formatted("F32", "[2]", "[-8,0]"), 8, "past the end"),
                        new Hostile("offsets backwards", tensor.formatted("F32", "[2]", "[8,0]"), 8, "past the end"),
                        new Hostile(
                                "offsets three", tensor.formatted("F32", "[2]", "[0,8,8]"), 8, "has not the fields"),
                        new Hostile("past the end", tensor.formatted("F32", "[4]", "[0,16]"), 8, "past the end"),
                        new Hostile(
                                "offset wraps",
                                tensor.formatted("F32", "[2]", "[9223372036854775800,-9223372036854775808]"),
                                8,
                                "past the end"),
                        new Hostile("half a byte", tensor.formatted("F4", "[3]", "[0,2]"), 2, "takes 2 bytes"),
                        new Hostile("overlap", two.formatted("[4,12]"), 12, "shares bytes"),
                        new Hostile("the same bytes", two.formatted("[0,8]"), 8, "shares bytes"),
                        new Hostile("hole", two.formatted("[12,20]"), 20, "leaves a hole after byte"),
                        new Hostile("hole at the start", tensor.formatted("F32", "[2]", "[4,12]"), 12, "leaves a hole"),
                        new Hostile("bytes left over", GOOD, 9, "1 bytes that belong to no tensor"),
                        new Hostile("metadata no object", "{\"__metadata__\":1}", 0, "not a JSON object"),
                        new Hostile("metadata no text", "{\"__metadata__\":{\"a\":1}}", 0, "not a string"))
                .map(hostile -> DynamicTest.dynamicTest(hostile.fault(), () -> {
                    Path path = file(hostile.header(), hostile.dataBytes());
                    assertRefused(path, path, hostile.what());
                }));
    }

    @Test
    void aHeaderLongerThanTheFileIsRefused() throws IOException {
        for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_000, 3}) {
            byte[] bytes = ByteBuffer.allocate(10)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(length)
                    .put((byte) '{')
                    .put((byte) '}')
                    .array();
            Path path = Files.write(folder.resolve("long.safetensors"), bytes);
            assertRefused(path, path, "at byte 0: not a safetensors file");
        }
        Path stub = Files.write(folder.resolve("stub.safetensors"), new byte[7]);
        assertRefused(stub, stub, "the length of the header takes 8 bytes");
        Path empty = Files.write(folder.resolve("empty.safetensors"), new byte[0]);
        assertRefused(empty, empty, "an empty file");
    }

    @Test
    void typesThatPunaDoesNotReadAreListedAndRefusedByName() throws IOException {
        Path path = file(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                        + "\"b\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[3,4]},"
                        + "\"c\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[4,12]}}",
                12);
        try (Safetensors read = Safetensors.open(path)) {
            assertThat(read.entries().stream().map(TensorEntry::typeName)).containsExactly("U8", "F4", "I64");
            assertThat(read.tensor("c")).isPresent();
            assertThatThrownBy(() -> read.tensor("b"))
                    .isInstanceOf(BadFile.class)
                    .hasMessageContaining("tensor \"b\" has type F4, which Puna does not read yet");
            assertThatThrownBy(read::tensors).isInstanceOf(BadFile.class).hasMessageContaining("U8");
        }
    }

    // ---- shards

    private void shard(String name, String... tensors) throws IOException {
        Map<String, Tensor> map = new LinkedHashMap<>();
        for (String tensor : tensors) {
            map.put(tensor, counting(DType.BF16, 2, 3));
        }
        SafetensorsWriter.write(folder.resolve(name), map, Map.of("format", "pt"));
    }

    private Path index(String weightMap) throws IOException {
        return Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                "{\"metadata\":{\"total_size\":24},\"weight_map\":" + weightMap + "}");
    }

    @Test
    void shardsAreJoined() throws IOException {
        shard("model-00001-of-00002.safetensors", "a");
        shard("model-00002-of-00002.safetensors", "b");
        Path index = index("{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}");
        for (Path path : List.of(index, folder)) {
            try (Safetensors read = Safetensors.open(path)) {
                assertThat(read.tensors()).containsOnlyKeys("a", "b");
                assertThat(read.files()).hasSize(2);
            }
        }
    }

    @Test
    void shardsThatContradictTheIndexAreNamed() throws IOException {
        shard("one", "a");
        shard("two", "a");
        assertRefused(index("{\"a\":\"one\",\"b\":\"one\"}"), folder.resolve("one"), "has no tensor \"b\"");
        assertRefused(index("{\"a\":\"one\",\"b\":\"two\"}"), folder.resolve("two"), "tensor \"a\" is in one too");
        assertRefused(index("{\"a\":\"three\"}"), folder.resolve("three"), "missing");
        Path index = index("{}");
        for (String outside : List.of("../one", "/etc/passwd", "..", "", "a\\\\b", "a\\u0000b", "a\\ud800")) {
            index("{\"a\":\"" + outside + "\"}");
            assertRefused(index, index, "not the name of a file beside the index");
        }
        assertRefused(index("{\"a\":1}"), index, "not the name of a file");
        assertRefused(index("[]"), index, "weight_map");
        Files.writeString(index, "[]");
        assertRefused(index, index, "not a JSON object");
        Files.writeString(index, "{");
        assertRefused(index, index, "not valid JSON");
    }

    @Test
    void aFolderWithoutWeightsIsRefused() {
        assertRefused(folder, folder.resolve("model.safetensors"), "no such file");
    }

    @Test
    void aRealModelIsRead() {
        try (Safetensors read = Safetensors.open(SharedData.require("weights/stories260K-hf/model.safetensors"))) {
            assertThat(read.tensors().get("model.embed_tokens.weight").shape()).containsExactly(512, 64);
        }
    }
}
