package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.puna.ChainModel;
import dev.puna.file.Safetensors;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {
    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "abc");
    }

    @Test
    void everyTokenButTheFirstIsScored() {
        Map<String, Object> json = Ran.puna("score", model, "abca", "--json").json();
        assertThat(json).containsEntry("tokens", 4L).containsEntry("scored", 3L);
        List<?> logprobs = (List<?>) json.get("logprobs");
        assertThat(logprobs.getFirst()).isNull();
        assertThat((double) logprobs.get(1)).isCloseTo(0, within(1e-3));
        assertThat((double) logprobs.get(3)).isLessThan(-10);
        double nll = -logprobs.stream().skip(1).mapToDouble(x -> (double) x).sum();
        assertThat((double) json.get("nll")).isEqualTo(nll);
        assertThat((double) json.get("perplexity")).isEqualTo(Math.exp(nll / 3));
    }

    @Test
    void windowsLeaveTheirFirstTokenOut() {
        Map<String, Object> json =
                Ran.puna("score", model, "abcabcab", "--window", 3, "--json").json();
        assertThat(json).containsEntry("tokens", 8L).containsEntry("scored", 5L);
        List<?> logprobs = (List<?>) json.get("logprobs");
        for (int i = 0; i < 8; i++) {
            assertThat(logprobs.get(i) == null).isEqualTo(i % 3 == 0);
        }
    }

    @Test
    void withoutAWindowTheContextIsTheLimit() {
        Ran ran = Ran.puna("score", model, "x".repeat(201), "--json");
        assertThat(ran)
                .isEqualTo(new Ran(
                        2, "", "puna: the text has 201 tokens, more than the context holds: 200; --window cuts it\n"));
        assertThat(Ran.puna("score", model, "x".repeat(200), "--json").exit()).isZero();
        assertThat(Ran.puna("score", model, "x".repeat(201), "--window", 200, "--json")
                        .json())
                .containsEntry("scored", 199L);
        assertThat(Ran.puna("score", model, "x", "--window", 201))
                .isEqualTo(new Ran(2, "", "puna: --window is 201, more than the context holds: 200\n"));
        assertThat(Ran.puna("score", model, "x", "--window", 1).exit()).isEqualTo(2);
    }

    @Test
    void oneTokenHasNoPerplexity() {
        assertThat(Ran.puna("score", model, "a", "--json").out())
                .isEqualTo("{\"tokens\":1,\"scored\":0,\"nll\":0.0,\"perplexity\":null,\"logprobs\":[null]}\n");
        assertThat(Ran.puna("score", model, "").exit()).isEqualTo(2);
    }

    @Test
    void logitsOfEveryTokenGoToAFile() throws IOException {
        Path out = folder.resolve("logits.safetensors");
        Path ids = Files.writeString(folder.resolve("ids"), "97 98 99 97 98");
        Ran ran = Ran.puna("score", model, "--ids", ids, "--window", 2, "--logits", out, "--json");
        assertThat(ran.json()).containsEntry("scored", 2L);
        try (Safetensors file = Safetensors.open(out)) {
            Tensor logits = file.tensors().get("logits");
            assertThat(logits.type()).isEqualTo(DType.F32);
            assertThat(logits.shape()).containsExactly(5, 261);
            for (int i = 0; i < 5; i++) {
                int best = 0;
                for (int j = 0; j < 261; j++) {
                    if (at(logits, i, j) > at(logits, i, best)) {
                        best = j;
                    }
                }
                assertThat(best).isEqualTo(new int[] {98, 99, ChainModel.END, 98, 99}[i]);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).noneMatch(file -> file.toString().contains(".part"));
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsNamedAndNothingIsLeft() throws IOException {
        assertThat(Ran.puna("score", model, "abc", "--logits", "/dev/null").exit())
                .isEqualTo(1);
        Path nowhere = folder.resolve("none/logits.safetensors");
        assertThat(Ran.puna("score", model, "abc", "--logits", nowhere))
                .isEqualTo(new Ran(1, "", "puna: " + nowhere + ": cannot be written: no such directory\n"));
    }

    @Test
    void peopleReadALineForEachToken() {
        Ran ran = Ran.puna("score", model, "ab🙂");
        assertThat(ran.out().lines()).hasSize(7).first().isEqualTo("       -\t97\t\"a\"");
        assertThat(ran.out())
                .contains("\t98\t\"b\"\n")
                .contains("\t240\t<f0>\n")
                .contains("perplexity ");
        assertThat(ran.out().lines().toList().getLast()).matches("perplexity .*, 5 of 6 tokens scored, nll .*");
    }

    private static float at(Tensor logits, long row, long column) {
        return logits.data().getAtIndex(ValueLayout.JAVA_FLOAT, row * 261 + column);
    }
}
