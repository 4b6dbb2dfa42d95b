package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;

import dev.puna.chat.Assistant;
import dev.puna.chat.Call;
import dev.puna.chat.Caller;
import dev.puna.chat.Question;
import dev.puna.chat.Tool;
import dev.puna.chat.Tools;
import dev.puna.engine.Priority;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Forms;
import dev.puna.server.http.Exchange;
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
import tools.jackson.databind.JsonNode;

/** From the fields of a chat request to a {@link Question}. */
final class ChatReader {
    private ChatReader() {}

    static Question question(Values values, Assistant assistant, Caller caller) {
        Sampling sampling = SamplingFields.over(assistant.defaults(), values).with(s -> {
            s.maxTokens = most(values);
            s.logprobs = logprobs(values);
            s.prediction = values.get(PREDICTION).map(p -> p.need(CONTENT)).orElse("");
        });
        return new Question(
                messages(values),
                tools(values),
                sampling,
                form(values, assistant),
                variables(values, assistant),
                true,
                caller);
    }

    /** A question that is only counted. */
    static Question prompt(Values values, Assistant assistant) {
        return new Question(
                messages(values),
                tools(values),
                Sampling.GREEDY,
                Optional.empty(),
                variables(values, assistant),
                true,
                Caller.ANYONE);
    }

    static Caller caller(Values values, Exchange exchange) {
        Caller caller = Completions.caller(exchange);
        Priority priority = switch (values.get(SERVICE_TIER, "auto")) {
            case "flex" -> Priority.LOW;
            case "priority" -> Priority.HIGH;
            default -> caller.priority();
        };
        String scope = values.get(CACHE_SALT)
                .map(salt -> caller.account() + "\0" + salt)
                .orElse(caller.scope());
        return new Caller(caller.account(), scope, priority, caller.adapter());
    }

    private static OptionalInt most(Values values) {
        Optional<Integer> old = values.get(MAX_TOKENS);
        Optional<Integer> most = values.get(MAX_COMPLETION_TOKENS);
        if (old.isPresent() && most.isPresent() && !old.equals(most)) {
            throw Failure.invalid(
                    "max_tokens",
                    "is " + old.get() + " and max_completion_tokens is " + most.get() + ": they mean the same");
        }
        return most.or(() -> old).map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private static OptionalInt logprobs(Values values) {
        boolean wanted = values.get(LOGPROBS, false);
        if (!wanted && values.get(TOP_LOGPROBS, 0) > 0) {
            throw Failure.invalid("top_logprobs", "needs 'logprobs' to be true");
        }
        return wanted ? OptionalInt.of(values.get(TOP_LOGPROBS, 0)) : OptionalInt.empty();
    }

    private static Optional<Constraint> form(Values values, Assistant assistant) {
        Optional<Constraint> form = values.get(RESPONSE_FORMAT).flatMap(format -> switch (format.need(TYPE)) {
            case "json_object" -> Optional.of(Forms.object(assistant, "response_format"));
            case "json_schema" -> {
                Values wanted = format.need(JSON_SCHEMA);
                String path = wanted.path(SCHEMA);
                yield Optional.of(
                        wanted.has(SCHEMA)
                                ? Forms.schema(assistant, Objects.requireNonNull(Json.plain(wanted.need(SCHEMA))), path)
                                : Forms.object(assistant, "response_format"));
            }
            default -> Optional.empty();
        });
        if (form.isPresent() && values.has(GRAMMAR)) {
            throw Failure.invalid("grammar", "cannot be kept to beside 'response_format'");
        }
        return form.or(() -> values.get(GRAMMAR).map(text -> Forms.grammar(assistant, text, "grammar")));
    }

    private static Map<String, Object> variables(Values values, Assistant assistant) {
        Map<String, Object> variables = new LinkedHashMap<>();
        values.get(REASONING_EFFORT).ifPresent(effort -> {
            if (effort.equals("none")) {
                variables.put("enable_thinking", false);
            } else if (assistant.templateReads("reasoning_effort")) {
                variables.put("reasoning_effort", effort);
            } else {
                throw Failure.invalid("reasoning_effort", "is not known to this model; it takes only \"none\"");
            }
        });
        values.get(TEMPLATE_KWARGS).orElse(Map.of()).forEach((name, value) -> {
            Object plain = Json.plain(value);
            if (plain != null) {
                variables.put(name, plain);
            }
        });
        return variables;
    }

    // Messages

    static List<Message> messages(Values values) {
        List<Values> given = values.need(MESSAGES_FIELD);
        if (given.isEmpty()) {
            throw Failure.invalid("messages", "is empty: there is nothing to answer");
        }
        List<Message> messages = new ArrayList<>();
        Map<String, String> called = new LinkedHashMap<>(); // names of functions by the ids of their calls
        for (Values message : given) {
            messages.add(message(message, called));
        }
        return messages;
    }

    private static Message message(Values message, Map<String, String> called) {
        @Nullable String name = message.get(NAME).orElse(null);
        return switch (message.need(ROLE)) {
            case "user" -> new Message("user", message.need(USER_CONTENT), List.of(), null, name, null);
            case "assistant" -> assistant(message, called, name);
            case "tool" -> {
                String id = message.need(TOOL_CALL_ID);
                yield new Message(
                        "tool", message.need(CONTENT), List.of(), id, name != null ? name : called.get(id), null);
            }
            case "function" ->
                new Message("tool", message.need(CONTENT), List.of(), null, message.need(RESULT_NAME), null);
            default -> new Message("system", message.need(CONTENT), List.of(), null, name, null);
        };
    }

    private static Message assistant(Values message, Map<String, String> called, @Nullable String name) {
        List<Message.ToolCall> calls = new ArrayList<>();
        for (Values call : message.get(TOOL_CALLS).orElse(List.of())) {
            calls.add(call(call.need(CALL_FUNCTION), call.get(CALL_ID).orElse(null)));
            call.get(CALL_ID)
                    .ifPresent(id -> called.put(id, call.need(CALL_FUNCTION).need(FUNCTION_NAME)));
        }
        message.get(FUNCTION_CALL).ifPresent(call -> calls.add(call(call, null)));
        @Nullable
        String content =
                message.get(ASSISTANT_CONTENT).or(() -> message.get(REFUSAL)).orElse(null);
        if (content == null && calls.isEmpty()) {
            throw Failure.invalid(message.path(ASSISTANT_CONTENT), "is missing, and there are no calls");
        }
        return new Message(
                "assistant", content, calls, null, name, message.get(REASONING).orElse(null));
    }

    private static Message.ToolCall call(Values function, @Nullable String id) {
        try {
            return new Message.ToolCall(id, function.need(FUNCTION_NAME), Call.arguments(function.need(ARGUMENTS)));
        } catch (BadRequest bad) {
            throw Failure.invalid(function.path(ARGUMENTS), bad.what());
        }
    }

    // Tools

    private static Tools tools(Values values) {
        List<Tool> declared = new ArrayList<>();
        for (Values tool : values.get(TOOLS_FIELD).orElse(List.of())) {
            declared.add(tool(tool.need(TOOL_FUNCTION)));
        }
        for (Values function : values.get(FUNCTIONS).orElse(List.of())) {
            declared.add(tool(function));
        }
        if (values.has(TOOLS_FIELD) && values.has(FUNCTIONS)) {
            throw Failure.invalid("functions", "is the older form of 'tools': one of them is enough");
        }
        Optional<Object> wish = values.has(FUNCTION_CHOICE) ? values.get(FUNCTION_CHOICE) : values.get(TOOL_CHOICE);
        Set<String> allowed = new LinkedHashSet<>();
        Tools.Choice choice = switch (wish.orElse("auto")) {
            case String none when none.equals("none") -> new Tools.Choice.None();
            case String required when required.equals("required") -> new Tools.Choice.Required();
            case Values named
            when named.has(CHOSEN) -> new Tools.Choice.Named(named.need(CHOSEN).need(FUNCTION_NAME));
            case Values several
            when several.has(ALLOWED_TOOLS) -> {
                Values subset = several.need(ALLOWED_TOOLS);
                subset.need(ALLOWED).forEach(one -> allowed.add(one.need(CHOSEN).need(FUNCTION_NAME)));
                yield subset.need(MODE).equals("required") ? new Tools.Choice.Named(allowed) : new Tools.Choice.Auto();
            }
            case Values named -> new Tools.Choice.Named(named.need(FUNCTION_NAME));
            default -> new Tools.Choice.Auto();
        };
        if (declared.isEmpty() && values.has(TOOL_CHOICE) && !(choice instanceof Tools.Choice.None)) {
            throw Failure.invalid("tool_choice", "needs 'tools'");
        }
        if (!allowed.isEmpty() && choice instanceof Tools.Choice.Auto) {
            declared.removeIf(tool -> !allowed.contains(tool.name()));
        }
        return new Tools(declared, choice, values.get(PARALLEL, true) && !values.has(FUNCTIONS));
    }

    static Tool tool(Values function) {
        Optional<JsonNode> parameters = function.get(PARAMETERS);
        @SuppressWarnings("unchecked") // an object, by its kind
        Map<String, Object> schema =
                parameters.map(node -> (Map<String, Object>) Json.plain(node)).orElse(Map.of());
        return new Tool(
                function.need(FUNCTION_NAME),
                function.get(DESCRIPTION).orElse(""),
                schema,
                function.get(STRICT, false));
    }
}
