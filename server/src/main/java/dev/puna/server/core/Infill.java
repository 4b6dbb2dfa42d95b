package dev.puna.server.core;

import dev.puna.chat.Assistant;
import dev.puna.server.wire.Failure;
import dev.puna.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Prompts for the text between two others, as models were trained to see them: prefix, suffix, middle. */
public final class Infill {
    private static final List<List<String>> SPELLINGS = List.of(
            List.of("\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>"), // Code Llama
            List.of("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
            List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"));

    /** What goes before a suffix so that a tokenizer puts no space there; its own tokens are taken away again. */
    private static final String MARK = "\u263a";

    private Infill() {}

    /**
     * The token ids that ask for the text between.
     *
     * @param field which the request gave the suffix in
     * @throws Failure naming the field if the model was not trained for this
     */
    public static int[] prompt(Assistant assistant, String prefix, String suffix, String field) {
        Tokenizer tokenizer = assistant
                .tokenizer()
                .orElseThrow(() -> Failure.invalid(field, "needs a tokenizer, and the model has none"));
        for (List<String> spelling : SPELLINGS) {
            List<OptionalInt> ids = spelling.stream().map(tokenizer::id).toList();
            if (ids.stream().allMatch(OptionalInt::isPresent)) {
                return Stream.of(
                                tokenizer.addBos() ? tokenizer.bos().stream() : IntStream.empty(),
                                ids.get(0).stream(),
                                IntStream.of(tokenizer.encode(prefix)),
                                ids.get(1).stream(),
                                IntStream.of(unspaced(tokenizer, suffix)),
                                ids.get(2).stream())
                        .flatMapToInt(part -> part)
                        .toArray();
            }
        }
        throw Failure.invalid(field, "needs a model that was trained to fill in, and this one was not");
    }

    /** Whether a model with this tokenizer was trained to fill in. */
    public static boolean knownTo(Tokenizer tokenizer) {
        return SPELLINGS.stream()
                .anyMatch(spelling ->
                        spelling.stream().allMatch(mark -> tokenizer.id(mark).isPresent()));
    }

    private static int[] unspaced(Tokenizer tokenizer, String text) {
        int[] mark = tokenizer.encode(MARK);
        int[] both = tokenizer.encode(MARK + text);
        boolean apart = both.length >= mark.length && Arrays.equals(mark, Arrays.copyOf(both, mark.length));
        return apart ? Arrays.copyOfRange(both, mark.length, both.length) : tokenizer.encode(text);
    }
}
