package dev.puna.server.gemini;

import dev.puna.chat.Answer;
import dev.puna.chat.Call;
import dev.puna.chat.Delta;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.sample.BadRequest;
import dev.puna.server.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What has come of an answer since it was last looked at, as Gemini's parts. A call is a part once it is whole. */
final class Answered {
    private final boolean thoughts;
    private final List<Map<String, @Nullable Object>> parts = new ArrayList<>();
    private final List<Spoken> tokens = new ArrayList<>();
    private final StringBuilder arguments = new StringBuilder();
    private Delta.@Nullable CallStart calling;
    private Optional<Reply> reply = Optional.empty();
    private Optional<Safety.Rated> rated = Optional.empty();

    /** @param thoughts whether what the model thinks before it answers is given out */
    Answered(boolean thoughts) {
        this.thoughts = thoughts;
    }

    /** A whole answer. */
    static Answered of(Answer answer, boolean thoughts) {
        var all = new Answered(thoughts);
        for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
            all.add(delta.get(), answer.spoken());
        }
        all.reply = Optional.of(answer.reply());
        all.add(answer.spoken());
        return all;
    }

    void add(Delta delta, List<Spoken> spoken) {
        add(spoken);
        switch (delta) {
            case Delta.Text piece -> text(piece.text(), false);
            case Delta.Reasoning piece -> {
                if (thoughts) {
                    text(piece.text(), true);
                }
            }
            case Delta.CallStart start -> {
                calling = start;
                arguments.setLength(0);
            }
            case Delta.CallArguments more -> arguments.append(more.json());
            case Delta.CallEnd _ -> call();
        }
    }

    void add(List<Spoken> spoken) {
        tokens.addAll(spoken);
    }

    private void text(String text, boolean thought) {
        if (!parts.isEmpty()
                && parts.getLast().containsKey("text")
                && parts.getLast().containsKey("thought") == thought) {
            parts.getLast().merge("text", text, (before, more) -> before.toString() + more);
            return;
        }
        Map<String, @Nullable Object> part = Json.map("text", text);
        if (thought) {
            part.put("thought", true);
        }
        parts.add(part);
    }

    private void call() {
        if (calling == null) {
            return;
        }
        try {
            Map<String, Object> args = Call.arguments(arguments.toString());
            parts.add(Json.map("functionCall", Json.map("id", calling.id(), "name", calling.name(), "args", args)));
        } catch (BadRequest notWhole) {
            return; // half a call must not be run
        }
    }

    /** All that was said, calls included, for whoever judges it. */
    String said() {
        return parts.stream()
                .map(part -> part.get("text") instanceof String text ? text : Json.write(part))
                .collect(Collectors.joining("\n"));
    }

    /** What the guard thinks of it. */
    void rated(Safety.Rated verdict) {
        rated = Optional.of(verdict);
        if (verdict.blocked()) {
            parts.clear();
            tokens.clear();
        }
    }

    Optional<Safety.Rated> rated() {
        return rated;
    }

    boolean readable() {
        return !parts.isEmpty();
    }

    List<Map<String, @Nullable Object>> parts() {
        return parts;
    }

    List<Spoken> tokens() {
        return tokens;
    }

    Reply reply() {
        return reply.orElseThrow();
    }

    /** What has come, which is then forgotten. */
    Answered take() {
        var taken = new Answered(thoughts);
        taken.parts.addAll(parts);
        taken.tokens.addAll(tokens);
        taken.rated = rated;
        parts.clear();
        tokens.clear();
        return taken;
    }
}
