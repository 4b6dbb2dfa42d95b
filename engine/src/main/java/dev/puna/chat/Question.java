package dev.puna.chat;

import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.text.Message;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that can be asked of a model in one turn of a talk.
 *
 * @param messages the talk so far, the oldest first
 * @param tools what it may call
 * @param sampling how to choose the words
 * @param form what the text of the answer must look like; it serves this question alone and excludes forced calls
 * @param variables for the chat template, beside messages and tools; {@link #VARIABLES} are their names
 * @param splitReasoning whether what a model thinks before it answers is told apart from the answer
 * @param caller who asks
 */
public record Question(
        List<Message> messages,
        Tools tools,
        Sampling sampling,
        Optional<Constraint> form,
        Map<String, Object> variables,
        boolean splitReasoning,
        Caller caller) {
    /** The variables that a question may set: what templates in use read to choose a manner. Nothing else gets through. */
    public static final List<String> VARIABLES = List.of(
            "builtin_tools",
            "date_string",
            "documents",
            "enable_thinking",
            "preserve_thinking",
            "reasoning_effort",
            "thinking",
            "thinking_budget",
            "tools_in_user_message");

    public Question {
        messages = List.copyOf(messages);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        for (String name : variables.keySet()) {
            if (!VARIABLES.contains(name)) {
                throw new BadRequest("variables", "has " + name + ", which is none of " + VARIABLES);
            }
        }
        if (form.isPresent() && tools.forced()) {
            throw new BadRequest("toolChoice", "demands a call, and the answer's text cannot have a form then");
        }
    }

    /** A question of nobody in particular, to be answered with text alone, a model's reasoning included. */
    public Question(List<Message> messages, Sampling sampling) {
        this(messages, Tools.NONE, sampling, Optional.empty(), Map.of(), false, Caller.ANYONE);
    }

    /** The same, with a form that the answer's text must have. */
    public Question with(Optional<Constraint> form) {
        return new Question(messages, tools, sampling, form, variables, splitReasoning, caller);
    }

    /** A question of nobody in particular. */
    public Question(List<Message> messages, Tools tools, Sampling sampling) {
        this(messages, tools, sampling, Optional.empty(), Map.of(), true, Caller.ANYONE);
    }
}
