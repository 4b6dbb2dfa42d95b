package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.puna.SharedData;
import dev.puna.kernel.AvailableTiers;
import dev.puna.kernel.Kernels;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.kernel.x86.EmulatedAmx;
import dev.puna.model.Llama;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What levels cost in accuracy: SmolLM2's file rewritten in every format, each level against the reference on it. */
class AccuracyTest {
    private static final int AT_ONCE = 128;
    private static final Way REFERENCE = Way.tier("reference");
    private static final Way VECTOR = Way.tier("vector");
    private static final String QUESTION =
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
                    + "<|im_start|>user\nWhat is the capital of Japan?<|im_end|>\n<|im_start|>assistant\n";
    private static final String ANSWER = "The capital of Japan is Tokyo.<|im_end|>";

    /**
     * Kernels of a level.
     *
     * @param atOnce tokens that it is given at once
     */
    private record Way(String name, Function<Workers, Kernels> kernels, int atOnce) {
        static Way tier(String name) {
            return new Way(name, Tiers.choose(Optional.of(name))::kernels, AT_ONCE);
        }

        /** Every level of machine code; {@code amx} is looked at token by token where there are no tiles. */
        static List<Way> levels() {
            List<Way> levels = new ArrayList<>();
            AvailableTiers.machineCode().map(Way::tier).forEach(levels::add);
            if (levels.stream().noneMatch(level -> level.name.equals("amx")) && EmulatedAmx.runsHere()) {
                levels.add(new Way("amx", EmulatedAmx::oneTokenAtATime, 1));
            }
            return levels;
        }

        OneSequence open(Llama llama, int tokens) {
            return new OneSequence(llama, kernels, DType.F32, tokens);
        }

        double perplexity(Llama llama, int[] ids) {
            try (OneSequence sequence = open(llama, OneSequence.WINDOW)) {
                return sequence.perplexity(ids, atOnce);
            }
        }

        /** What the reference's perplexity may differ by. */
        double allowed(Rewritten file) {
            return file.floats() ? 5e-4 : name.equals("amx") ? 2.5e-3 : 5e-3;
        }
    }

    static Stream<Rewritten> files() {
        return Rewritten.all();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("files")
    void everyLevelKeepsThePerplexityOfEveryFormat(Rewritten file, @TempDir Path folder, TestReporter reporter)
            throws IOException {
        Path path = file.write(SharedData.smollm2(), folder);
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            Llama llama = checkpoint.llama();
            int[] ids = text(checkpoint);
            // The reference takes minutes for the whole text; the Vector tier computes the same in float32.
            int[] first = Arrays.copyOf(ids, 256);
            double start = REFERENCE.perplexity(llama, first);
            assertThat(VECTOR.perplexity(llama, first)).isCloseTo(start, within(1e-5 * start));
            double wanted = VECTOR.perplexity(llama, ids);
            boolean knows = answer(checkpoint, VECTOR).equals(ANSWER);
            StringBuilder told = new StringBuilder(String.format(Locale.ROOT, "reference %.4f", wanted));
            for (Way level : Way.levels()) {
                double perplexity = level.perplexity(llama, ids);
                told.append(String.format(Locale.ROOT, ", %s %+.3f %%", level.name, 100 * (perplexity / wanted - 1)));
                assertThat(perplexity).as(told.toString()).isCloseTo(wanted, within(level.allowed(file) * wanted));
                if (knows) {
                    assertThat(answer(checkpoint, level)).as(level.name).isEqualTo(ANSWER);
                }
                assertAloneAndInCompanyAreTheSame(llama, level, Arrays.copyOf(ids, 24));
            }
            reporter.publishEntry(file.format(), told + (knows ? ", knows Tokyo" : ", does not know Tokyo"));
        } finally {
            Files.delete(path);
        }
    }

    static Stream<Rewritten> someFiles() {
        return Stream.of("F16", "Q8_0").map(Rewritten::new);
    }

    /** A glance at what the slow test looks at thoroughly: few tokens have a perplexity that any noise shakes. */
    @ParameterizedTest
    @MethodSource("someFiles")
    void someFormatsKeepThePerplexityOfABriefText(Rewritten file, @TempDir Path folder) throws IOException {
        Path path = file.write(SharedData.smollm2(), folder);
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            int[] ids = Arrays.copyOf(text(checkpoint), 128);
            double wanted = REFERENCE.perplexity(checkpoint.llama(), ids);
            for (Way level : Way.levels()) {
                double allowed = 2 * level.allowed(file) * wanted;
                assertThat(level.perplexity(checkpoint.llama(), ids))
                        .as(level.name)
                        .isCloseTo(wanted, within(allowed));
            }
        }
    }

    private static int[] text(Checkpoint checkpoint) throws IOException {
        String text = Files.readString(SharedData.require("text/wikitext2-raw-test.txt"))
                .replace("\r\n", "\n"); // as Python reads text
        return checkpoint.tokenizer().orElseThrow().encode(text.substring(0, text.offsetByCodePoints(0, 20_000)));
    }

    private static String answer(Checkpoint checkpoint, Way level) {
        var tokenizer = checkpoint.tokenizer().orElseThrow();
        int[] ids = tokenizer.encodeSpecial(QUESTION);
        int[] wanted = tokenizer.encodeSpecial(ANSWER);
        try (OneSequence sequence = level.open(checkpoint.llama(), ids.length + wanted.length)) {
            return tokenizer.decodeSpecial(
                    sequence.greedy(sequence.read(ids, level.atOnce), ids.length, wanted.length));
        }
    }

    /** Where tokens may come together: the bits of every logit, whether they did or not. */
    private static void assertAloneAndInCompanyAreTheSame(Llama llama, Way level, int[] ids) {
        if (level.atOnce == 1) {
            return;
        }
        try (OneSequence alone = level.open(llama, ids.length);
                OneSequence together = level.open(llama, ids.length)) {
            var all = together.forward(ids, 0, Span.Outputs.EVERY);
            for (int i = 0; i < ids.length; i++) {
                var one = alone.forward(new int[] {ids[i]}, i, Span.Outputs.LAST);
                assertThat(one.data().toArray(JAVA_INT))
                        .as("%s, token %d", level.name, i)
                        .isEqualTo(all.data()
                                .asSlice(i * all.rowBytes(), all.rowBytes())
                                .toArray(JAVA_INT));
            }
        }
    }
}
