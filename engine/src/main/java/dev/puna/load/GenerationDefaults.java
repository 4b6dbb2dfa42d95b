package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Metadata;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What a model's makers advise for generation: {@code generation_config.json}, or the keys {@code general.sampling.*} of a
 * GGUF file. What they leave open is empty.
 *
 * @param sample whether to sample at all; otherwise the best token is taken
 * @param topK 0 for all
 * @param endIds the tokens that end an answer
 */
public record GenerationDefaults(
        boolean sample,
        OptionalDouble temperature,
        OptionalInt topK,
        OptionalDouble topP,
        OptionalDouble minP,
        OptionalDouble typicalP,
        OptionalDouble repetitionPenalty,
        Set<Integer> endIds) {

    private static final System.Logger LOG = System.getLogger("dev.puna.load");

    /** No advice. */
    static final GenerationDefaults NONE = new GenerationDefaults(
            false,
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Set.of());

    public GenerationDefaults {
        endIds = Set.copyOf(endIds);
    }

    /**
     * What a folder's {@code generation_config.json} says; its {@code config} names end tokens too. This is advice: what
     * cannot be understood is left out, with a line in the log, since the model works without.
     */
    static GenerationDefaults of(Path folder, Fields config) {
        Set<Integer> ends = new LinkedHashSet<>(config.ids("eos_token_id"));
        Path file = folder.resolve("generation_config.json");
        if (!Files.exists(file)) {
            return NONE.with(ends);
        }
        Optional<Fields> read = understood(() -> Optional.of(Fields.of(file)), Optional.empty());
        if (read.isEmpty()) {
            return NONE.with(ends);
        }
        Fields json = read.get();
        ends.addAll(understood(() -> json.ids("eos_token_id"), List.of()));
        return new GenerationDefaults(
                understood(() -> json.flag("do_sample"), Optional.<Boolean>empty())
                        .orElse(false),
                number(json, "temperature"),
                understood(() -> topK(json), OptionalInt.empty()),
                number(json, "top_p"),
                number(json, "min_p"),
                number(json, "typical_p"),
                number(json, "repetition_penalty"),
                ends);
    }

    /** What a GGUF file's {@code general.sampling.*} says; a temperature above 0 means that one samples. */
    static GenerationDefaults of(Metadata metadata) {
        OptionalDouble temperature = number(metadata, "temp");
        return new GenerationDefaults(
                temperature.orElse(0) > 0,
                temperature,
                understood(() -> topK(metadata), OptionalInt.empty()),
                number(metadata, "top_p"),
                number(metadata, "min_p"),
                OptionalDouble.empty(),
                number(metadata, "penalty_repeat"),
                Set.of());
    }

    private static OptionalInt topK(Metadata metadata) {
        OptionalLong k = metadata.i64("general.sampling.top_k");
        return k.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((int) Math.clamp(k.getAsLong(), 0, Integer.MAX_VALUE));
    }

    private static OptionalDouble number(Metadata metadata, String name) {
        return understood(() -> metadata.f64("general.sampling." + name), OptionalDouble.empty());
    }

    private static OptionalDouble number(Fields json, String name) {
        return understood(() -> json.number(name), OptionalDouble.empty());
    }

    /** Many files say -1 where they mean all. */
    private static OptionalInt topK(Fields json) {
        OptionalDouble number = json.number("top_k");
        return number.isPresent() && number.getAsDouble() <= 0 ? OptionalInt.of(0) : json.count("top_k");
    }

    private static <T> T understood(Supplier<T> advice, T otherwise) {
        try {
            return advice.get();
        } catch (BadFile bad) {
            LOG.log(System.Logger.Level.WARNING, "advice for generation is ignored: {0}", bad.getMessage());
            return otherwise;
        }
    }

    private GenerationDefaults with(Set<Integer> ends) {
        return new GenerationDefaults(sample, temperature, topK, topP, minP, typicalP, repetitionPenalty, ends);
    }
}
