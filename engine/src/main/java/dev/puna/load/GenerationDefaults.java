package dev.puna.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a model's makers advise for generation: {@code generation_config.json}. What they leave open is empty.
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

    /** What a folder's {@code generation_config.json} says; its {@code config} names end tokens too. */
    static GenerationDefaults of(Path folder, Fields config) {
        Set<Integer> ends = new LinkedHashSet<>(config.ids("eos_token_id"));
        Path file = folder.resolve("generation_config.json");
        if (!Files.exists(file)) {
            return NONE.with(ends);
        }
        Fields json = Fields.of(file);
        ends.addAll(json.ids("eos_token_id"));
        return new GenerationDefaults(
                json.flag("do_sample").orElse(false),
                json.number("temperature"),
                json.count("top_k"),
                json.number("top_p"),
                json.number("min_p"),
                json.number("typical_p"),
                json.number("repetition_penalty"),
                ends);
    }

    private GenerationDefaults with(Set<Integer> ends) {
        return new GenerationDefaults(sample, temperature, topK, topP, minP, typicalP, repetitionPenalty, ends);
    }
}
