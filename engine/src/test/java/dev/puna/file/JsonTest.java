package dev.puna.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static final Path SHOWN = Path.of("x.json");

    @Test
    void valuesArePlainJava() {
        Object value = Json.parse(
                "{\"s\":\"é\\n\\u00e9\",\"n\":-5,\"big\":123456789012345678901,\"d\":1.5e3,\"l\":[true,false,null,{}]}",
                SHOWN);
        Map<?, ?> map = (Map<?, ?>) value;
        assertThat(map.get("s")).isEqualTo("é\né");
        assertThat(map.get("n")).isEqualTo(-5L);
        assertThat(map.get("big")).isEqualTo(new BigInteger("123456789012345678901"));
        assertThat(map.get("d")).isEqualTo(1500.0);
        assertThat((List<?>) map.get("l")).isEqualTo(Arrays.asList(true, false, null, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,",
                "{\"a\":1,\"a\":2}",
                "[1] 2",
                "{\"a\"}",
                "nul",
                "01",
                "\"\\x\"",
                "[1,]",
                "NaN",
                "'a'"
            })
    void whatIsNotOneStrictDocumentIsRefused(String text) {
        assertThatThrownBy(() -> Json.parse(text, SHOWN))
                .isInstanceOf(BadFile.class)
                .hasMessageStartingWith("x.json: at byte ");
    }

    @Test
    void nestingHasALimit() {
        assertThatThrownBy(() -> Json.parse("[".repeat(1_000_000), SHOWN))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("nesting");
    }

    @Test
    void theNumberOfValuesHasALimit() {
        assertThatThrownBy(() -> Json.parse("[" + "1,".repeat(Json.MAX_VALUES) + "1]", SHOWN))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("more than 4000000 JSON values");
    }

    @Test
    void whatIsNotUtf8IsRefusedWhereItIs(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("x.json"), new byte[] {'"', 'a', (byte) 0xC0, (byte) 0x80, '"'});
        assertThatThrownBy(() -> Json.parse(file))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("at byte 2: JSON that is not UTF-8");
        assertThatThrownBy(() -> Json.parse(folder)).isInstanceOf(BadFile.class).hasMessageContaining("a folder");
        assertThatThrownBy(() -> Json.parse(folder.resolve("absent")))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void writingIsCompactAndReadsBack() {
        String text = "{\"a\":[1,2.5,true,null,\"\\\"\\\\\\n\\u0001é𝄞\"],\"b\":{},\"c\":[]}";
        assertThat(Json.write(Json.parse(text, SHOWN))).isEqualTo(text);
        assertThat(Json.write(new int[] {1, 2})).isEqualTo("[1,2]");
        assertThat(Json.write("\ud800x")).isEqualTo("\"\\ud800x\"");
        assertThat(Json.write(Double.NaN)).isEqualTo("null");
    }
}
