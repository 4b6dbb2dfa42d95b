package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;
import static dev.puna.server.openai.ResponseShapes.*;

import dev.puna.chat.Assistant;
import dev.puna.chat.Call;
import dev.puna.chat.Caller;
import dev.puna.chat.Question;
import dev.puna.chat.Tool;
import dev.puna.chat.Tools;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Forms;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From the fields of a response's request, and the items before it, to a {@link Question}. */
final class ResponseReader {
    /** A question, and how many of the oldest items were left out to make room. */
    record Asked(Question question, int left) {}

    private ResponseReader() {}

    /** @param items all that came before, and this request's own */
    static Asked question(Values values, List<Item> items, Assistant assistant, Caller caller) {
        Sampling sampling = SamplingFields.over(assistant.defaults(), values).with(s -> {
            s.maxTokens = values.get(MAX_OUTPUT).map(OptionalInt::of).orElseGet(OptionalInt::empty);
            s.logprobs = values.get(INCLUDE, List.of()).isEmpty()
                    ? OptionalInt.empty()
                    : OptionalInt.of(values.get(TOP_LOGPROBS, 0));
        });
        if (values.get(TOP_LOGPROBS, 0) > 0 && sampling.logprobs().isEmpty()) {
            throw Failure.invalid("top_logprobs", "needs 'include' to hold \"message.output_text.logprobs\"");
        }
        Optional<Constraint> form = form(values, assistant);
        Tools tools = tools(values);
        Map<String, Object> variables = variables(values, assistant);
        int left = 0;
        while (true) {
            Question question = new Question(
                    messages(values, items.subList(left, items.size())),
                    tools,
                    sampling,
                    form,
                    variables,
                    true,
                    caller);
            boolean cut = values.get(TRUNCATION, "disabled").equals("auto") && left < items.size() - 1;
            if (!cut || assistant.prompt(question).length < assistant.context()) {
                return new Asked(question, left);
            }
            left += Math.max(1, (items.size() - left) / 8);
            left = Math.min(left, items.size() - 1);
        }
    }

    private static Optional<Constraint> form(Values values, Assistant assistant) {
        return values.get(TEXT_FORM).flatMap(text -> text.get(FORMAT)).flatMap(format -> switch (format.need(TYPE)) {
            case "json_object" -> Optional.of(Forms.object(assistant, "text.format"));
            case "json_schema" ->
                Optional.of(
                        format.has(SCHEMA)
                                ? Forms.schema(
                                        assistant,
                                        Objects.requireNonNull(Json.plain(format.need(SCHEMA))),
                                        format.path(SCHEMA))
                                : Forms.object(assistant, "text.format"));
            default -> Optional.empty();
        });
    }

    private static Map<String, Object> variables(Values values, Assistant assistant) {
        Map<String, Object> variables = new LinkedHashMap<>();
        values.get(THINKING).flatMap(thinking -> thinking.get(EFFORT)).ifPresent(effort -> {
            if (effort.equals("none")) {
                variables.put("enable_thinking", false);
            } else if (assistant.templateReads("reasoning_effort")) {
                variables.put("reasoning_effort", effort);
            } else {
                throw Failure.invalid("reasoning.effort", "is not known to this model; it takes only \"none\"");
            }
        });
        return variables;
    }

    private static List<Message> messages(Values values, List<Item> items) {
        List<Message> messages = new ArrayList<>();
        values.get(INSTRUCTIONS).filter(text -> !text.isEmpty()).ifPresent(text -> messages.add(Message.system(text)));
        Map<String, String> called = new LinkedHashMap<>(); // names of functions by the ids of their calls
        List<Message.ToolCall> calls = new ArrayList<>(); // of one turn, which are one message
        @Nullable String said = null;
        @Nullable String thought = null;
        for (Item item : items) {
            Values one = item.values();
            boolean call = one.has(CALL) && one.has(ARGUMENTS);
            boolean assistant = call || one.get(ITEM_ROLE, "").equals("assistant") || one.has(THOUGHTS);
            if ((!assistant || (said != null && one.has(ITEM_ROLE))) && (said != null || !calls.isEmpty())) {
                messages.add(new Message("assistant", said, calls, null, null, thought));
                calls = new ArrayList<>();
                said = null;
                thought = null;
            }
            if (call) {
                calls.add(call(one));
                called.put(one.need(CALL), one.need(FUNCTION_NAME));
            } else if (one.has(THOUGHTS)) {
                thought = String.join(
                        "\n",
                        one.need(THOUGHTS).stream().map(part -> part.need(TEXT)).toList());
            } else if (one.has(OUTPUT)) {
                String id = one.need(CALL);
                messages.add(new Message("tool", one.need(OUTPUT), List.of(), id, called.get(id), null));
            } else if (one.has(ITEM_ROLE)) {
                switch (one.need(ITEM_ROLE)) {
                    case "assistant" -> said = one.need(ITEM_CONTENT);
                    case "user" -> messages.add(Message.user(one.need(ITEM_CONTENT)));
                    default -> messages.add(Message.system(one.need(ITEM_CONTENT)));
                }
            }
        }
        if (said != null || !calls.isEmpty()) {
            messages.add(new Message("assistant", said, calls, null, null, thought));
        }
        if (messages.isEmpty()) {
            throw Failure.invalid("input", "is empty: there is nothing to answer");
        }
        return messages;
    }

    private static Message.ToolCall call(Values call) {
        try {
            return new Message.ToolCall(
                    call.need(CALL), call.need(FUNCTION_NAME), Call.arguments(call.need(ARGUMENTS)));
        } catch (BadRequest bad) {
            throw Failure.invalid(call.path(ARGUMENTS), bad.what());
        }
    }

    private static Tools tools(Values values) {
        List<Tool> declared = new ArrayList<>();
        for (Values tool : values.get(ResponseShapes.TOOLS).orElse(List.of())) {
            declared.add(ChatReader.tool(tool));
        }
        Set<String> allowed = new LinkedHashSet<>();
        Tools.Choice choice = switch (values.get(CHOICE).orElse("auto")) {
            case String none when none.equals("none") -> new Tools.Choice.None();
            case String required when required.equals("required") -> new Tools.Choice.Required();
            case Values several
            when several.has(ALLOWED_NAMES) -> {
                several.need(ALLOWED_NAMES).forEach(one -> allowed.add(one.need(FUNCTION_NAME)));
                yield several.need(MODE).equals("required") ? new Tools.Choice.Named(allowed) : new Tools.Choice.Auto();
            }
            case Values named -> new Tools.Choice.Named(named.need(FUNCTION_NAME));
            default -> new Tools.Choice.Auto();
        };
        if (!allowed.isEmpty() && choice instanceof Tools.Choice.Auto) {
            declared.removeIf(tool -> !allowed.contains(tool.name()));
        }
        return new Tools(declared, choice, values.get(PARALLEL, true));
    }
}
