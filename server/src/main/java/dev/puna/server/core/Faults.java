package dev.puna.server.core;

import dev.puna.engine.EngineFault;
import dev.puna.engine.Overloaded;
import dev.puna.sample.BadRequest;
import dev.puna.sample.grammar.GrammarRefused;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Shape;
import dev.puna.text.TemplateError;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What the engine's exceptions mean to a client. */
public final class Faults {
    /** What the library's fields are called in most of the APIs. */
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("topK", "top_k"),
            Map.entry("topP", "top_p"),
            Map.entry("minP", "min_p"),
            Map.entry("typical", "typical_p"),
            Map.entry("repeatPenalty", "repeat_penalty"),
            Map.entry("presencePenalty", "presence_penalty"),
            Map.entry("frequencyPenalty", "frequency_penalty"),
            Map.entry("logitBias", "logit_bias"),
            Map.entry("maxTokens", "max_tokens"),
            Map.entry("toolChoice", "tool_choice"),
            Map.entry("variables", "chat_template_kwargs"));

    /** What the text to answer is called, in one or the other of the APIs. */
    private static final List<String> PROMPTS =
            List.of("messages", "contents", "content", "requests", "input", "prompt");

    private static final Pattern TOO_LONG = Pattern.compile("(context|cache) holds \\d");

    private Faults() {}

    private static String prompt(Route route) {
        List<String> fields = route.shape().map(Shape::fields).orElse(List.of()).stream()
                .map(Field::name)
                .toList();
        return PROMPTS.stream().filter(fields::contains).findFirst().orElse("prompt");
    }

    /** Never repeats what a fault of ours says of itself: that may hold paths, addresses or somebody's text. */
    public static Failure explain(Throwable thrown, Route route) {
        return switch (thrown) {
            case Failure known -> known;
            case BadRequest bad
            when bad.field().equals("prompt") ->
                TOO_LONG.matcher(bad.what()).find()
                        ? Failure.tooLong(prompt(route), "the prompt " + bad.what())
                        : Failure.invalid(prompt(route), bad.what());
            case BadRequest bad -> Failure.invalid(NAMES.getOrDefault(bad.field(), bad.field()), bad.what());
            case GrammarRefused refused -> Failure.invalid("tools", "cannot be enforced: " + refused.getMessage());
            case Overloaded full -> Failure.overloaded(String.valueOf(full.getMessage()), full.retryAfter());
            case TemplateError wrong ->
                Failure.invalid(prompt(route), "do not suit the model's chat template: " + wrong.getMessage());
            case EngineFault fault
            when String.valueOf(fault.getMessage()).contains("closed") ->
                Failure.unavailable("the model was closed", Duration.ofSeconds(1));
            case EngineFault fault
            when fault.getCause() instanceof GrammarRefused refused -> // found out only on the way
                Failure.of(Failure.Kind.INVALID, "the form asked for cannot be kept to: " + refused.getMessage());
            default -> Failure.internal(thrown);
        };
    }
}
