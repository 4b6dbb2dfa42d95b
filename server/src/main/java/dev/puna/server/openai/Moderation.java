package dev.puna.server.openai;

import static dev.puna.server.openai.TextShapes.*;

import dev.puna.server.core.Completions;
import dev.puna.server.core.Guard;
import dev.puna.server.core.Hazard;
import dev.puna.server.core.Together;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/moderations}: what the guard model thinks of texts, in OpenAI's categories.
 *
 * <p>The guard says "safe" or "unsafe" and names hazards of its own; each of OpenAI's categories counts as found where one
 * of the hazards in it was named. Categories that the guard does not tell apart (such as threats within hate) hold no
 * hazard and are never found; some hazards (advice, privacy, property, elections) are in no category. {@code flagged} is
 * the guard's word, and {@code hazards} its own codes.
 */
final class Moderation {
    private static final Map<String, Set<Hazard>> CATEGORIES = categories();

    private static Map<String, Set<Hazard>> categories() {
        Map<String, Set<Hazard>> all = new LinkedHashMap<>();
        Set<Hazard> none = EnumSet.noneOf(Hazard.class);
        all.put("harassment", EnumSet.of(Hazard.DEFAMATION));
        all.put("harassment/threatening", none);
        all.put("hate", EnumSet.of(Hazard.HATE));
        all.put("hate/threatening", none);
        all.put(
                "illicit",
                EnumSet.of(
                        Hazard.VIOLENT_CRIMES,
                        Hazard.NON_VIOLENT_CRIMES,
                        Hazard.SEX_CRIMES,
                        Hazard.WEAPONS,
                        Hazard.CODE_INTERPRETER_ABUSE));
        all.put("illicit/violent", EnumSet.of(Hazard.VIOLENT_CRIMES, Hazard.WEAPONS));
        all.put("self-harm", EnumSet.of(Hazard.SELF_HARM));
        all.put("self-harm/instructions", none);
        all.put("self-harm/intent", none);
        all.put("sexual", EnumSet.of(Hazard.SEX_CRIMES, Hazard.CHILD_EXPLOITATION, Hazard.SEXUAL_CONTENT));
        all.put("sexual/minors", EnumSet.of(Hazard.CHILD_EXPLOITATION));
        all.put("violence", EnumSet.of(Hazard.VIOLENT_CRIMES));
        all.put("violence/graphic", none);
        return all;
    }

    private final Completions completions;

    Moderation(Completions completions) {
        this.completions = completions;
    }

    void create(Exchange exchange) {
        Values values = exchange.values();
        Optional<String> model = values.get(GUARD);
        model.ifPresent(completions.models()::entry);
        Guard guard = completions
                .guard()
                .orElseThrow(
                        () -> Failure.of(
                                Failure.Kind.NOT_OFFERED,
                                "no guard model is configured: nothing here can judge texts; 'puna serve --guard MODEL' sets one"));
        if (model.isPresent() && !model.get().equals(guard.id())) {
            throw Failure.invalid("model", "is no guard model; the guard is " + guard.id());
        }
        List<String> texts = values.need(JUDGED);
        if (texts.isEmpty()) {
            throw Failure.invalid("input", "is empty: there is nothing to judge");
        }
        List<Callable<Guard.Verdict>> judged = texts.stream()
                .<Callable<Guard.Verdict>>map(text -> () -> guard.judge(exchange, text))
                .toList();
        exchange.json(Json.map(
                "id",
                "modr-" + exchange.id().substring(4),
                "model",
                guard.id(),
                "results",
                Together.all(exchange, judged).stream().map(Moderation::json).toList()));
    }

    static Map<String, @Nullable Object> json(Guard.Verdict verdict) {
        Map<String, Object> found = new LinkedHashMap<>();
        Map<String, Object> scores = new LinkedHashMap<>();
        Map<String, Object> applied = new LinkedHashMap<>();
        CATEGORIES.forEach((name, hazards) -> {
            found.put(name, hazards.stream().anyMatch(verdict.hazards()::contains));
            scores.put(name, verdict.of(hazards));
            applied.put(name, hazards.stream().anyMatch(verdict.known()::contains) ? List.of("text") : List.of());
        });
        return Json.map(
                "flagged",
                verdict.unsafe(),
                "categories",
                found,
                "category_scores",
                scores,
                "category_applied_input_types",
                applied,
                "hazards",
                verdict.codes());
    }
}
