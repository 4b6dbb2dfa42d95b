package dev.puna.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.bench.Program.Measured;
import dev.puna.bench.Samples.Key;
import dev.puna.bench.Trial.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers are played by scripts that print what the real ones print. */
class CompareTest {
    private static final Path MODEL = Path.of("a-model.gguf");

    @TempDir
    private Path folder;

    @Test
    void aPeersOwnBenchmarkIsAsked() throws Exception {
        LlamaCpp peer = peer("echo '[{\"build_commit\":\"abc\",\"build_number\":7,\"avg_ts\":12.5}]'");
        assertThat(peer.measure(MODEL, new Trial(Kind.PROMPT, 512, 0))).contains(new Measured(12.5, "build abc (7)"));
    }

    @Test
    void aForkThatKnowsNoDepthIsAskedInItsOwnWords() throws Exception {
        LlamaCpp peer = peer("""
                case "$*" in
                  *"-d 8192"*) exit 1 ;;
                  *"-gp 8192,32"*) echo '[{"build_commit":"f","build_number":1,"avg_ts":2.5}]' ;;
                esac""");
        assertThat(peer.measure(MODEL, new Trial(Kind.DEPTH, 32, 8192)).map(Measured::value))
                .contains(2.5);
    }

    @Test
    void severalSequencesAreReadFromTheTable() throws Exception {
        LlamaCpp peer = peer("exit 1");
        script("llama-batched-bench", """
                echo '|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |'
                echo '|-------|--------|------|--------|----------|----------|----------|----------|----------|----------|'
                echo '|    16 |     32 |    8 |    384 |    0.100 |  1280.00 |    0.500 |   512.25 |    0.600 |   640.00 |'""");
        assertThat(peer.measure(MODEL, new Trial(Kind.BATCH, 32, 8)).map(Measured::value))
                .contains(512.25);
    }

    @Test
    void whatAPeerCannotDoIsNoResult() throws Exception {
        LlamaCpp peer = peer("exit 1");
        for (Kind kind : Kind.values()) {
            assertThat(peer.measure(MODEL, new Trial(kind, 32, 8))).isEmpty();
        }
    }

    @Test
    void whatWasMeasuredIsKeptAndTheMiddleCounts() throws IOException {
        Path file = folder.resolve("kept.jsonl");
        Samples samples = Samples.read(file);
        Key key = new Key("Puna", "a-model", "pp512");
        for (double value : new double[] {3, 100, 5}) {
            samples.add(key, Optional.of(new Measured(value, "r")));
        }
        samples.add(new Key("other", "a-model", "pp512"), Optional.empty());
        Samples again = Samples.read(file);
        assertThat(again.count(key)).isEqualTo(3);
        assertThat(again.median(key)).contains(new Measured(5, "r"));
        assertThat(again.count(new Key("other", "a-model", "pp512"))).isEqualTo(1);
        assertThat(again.median(new Key("other", "a-model", "pp512"))).isEmpty();
    }

    @Test
    void theRatioIsToTheBestPeer() throws IOException {
        Samples samples = Samples.read(folder.resolve("kept.jsonl"));
        List<Program> programs = List.of(
                new Puna(Path.of("puna"), Optional.of("avx2"), 2),
                new LlamaCpp("slow", Path.of("a"), 2),
                new LlamaCpp("fast", Path.of("b"), 2));
        Trial prompt = new Trial(Kind.PROMPT, 512, 0);
        Trial start = new Trial(Kind.START, 1, 0);
        double[] values = {300, 100, 200};
        for (int i = 0; i < values.length; i++) {
            for (Trial trial : List.of(prompt, start)) {
                samples.add(Report.key(programs.get(i), MODEL, trial), Optional.of(new Measured(values[i], "")));
            }
        }
        String text = new Report(programs, List.of(MODEL), List.of(prompt, start), samples).text("m", "c", "x");
        assertThat(text)
                .contains("| a-model | 300.0 | 100.0 | 200.0 | **1.50** |") // tokens a second: the most
                .contains("| a-model | 300.0 | 100.0 | 200.0 | **3.00** |"); // seconds: the least
    }

    private LlamaCpp peer(String script) throws IOException {
        return new LlamaCpp("peer", script("llama-bench", script), 2);
    }

    private Path script(String name, String text) throws IOException {
        Path path = folder.resolve(name);
        Files.writeString(path, "#!/bin/sh\n" + text + "\n");
        assertThat(path.toFile().setExecutable(true)).isTrue();
        return path;
    }
}
