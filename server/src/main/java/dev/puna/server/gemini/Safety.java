package dev.puna.server.gemini;

import dev.puna.server.core.Guard;
import dev.puna.server.core.Hazard;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants to be kept from, and whether the guard finds it. How likely a category is, is the guard's own
 * probability of its word: from 0.2 on it is LOW, from 0.5 MEDIUM, from 0.8 HIGH.
 */
final class Safety {
    private static final Map<String, Set<Hazard>> CATEGORIES = categories();

    private static Map<String, Set<Hazard>> categories() {
        Map<String, Set<Hazard>> all = new LinkedHashMap<>();
        all.put("HARM_CATEGORY_HARASSMENT", EnumSet.of(Hazard.DEFAMATION));
        all.put("HARM_CATEGORY_HATE_SPEECH", EnumSet.of(Hazard.HATE));
        all.put(
                "HARM_CATEGORY_SEXUALLY_EXPLICIT",
                EnumSet.of(Hazard.SEX_CRIMES, Hazard.CHILD_EXPLOITATION, Hazard.SEXUAL_CONTENT));
        all.put(
                "HARM_CATEGORY_DANGEROUS_CONTENT",
                EnumSet.of(
                        Hazard.VIOLENT_CRIMES,
                        Hazard.NON_VIOLENT_CRIMES,
                        Hazard.SPECIALIZED_ADVICE,
                        Hazard.WEAPONS,
                        Hazard.SELF_HARM,
                        Hazard.CODE_INTERPRETER_ABUSE));
        all.put("HARM_CATEGORY_CIVIC_INTEGRITY", EnumSet.of(Hazard.ELECTIONS));
        return all;
    }

    private enum Probability {
        NEGLIGIBLE,
        LOW,
        MEDIUM,
        HIGH;

        static Probability of(double likeliness) {
            return likeliness >= 0.8 ? HIGH : likeliness >= 0.5 ? MEDIUM : likeliness >= 0.2 ? LOW : NEGLIGIBLE;
        }
    }

    /** What the guard found. */
    record Rated(List<Map<String, @Nullable Object>> ratings, boolean blocked) {}

    private final Guard guard;
    private final Map<String, Probability> thresholds;

    private Safety(Guard guard, Map<String, Probability> thresholds) {
        this.guard = guard;
        this.thresholds = thresholds;
    }

    /**
     * What is to be blocked; absent where nothing is.
     *
     * @throws Failure naming the setting if there is no guard, or none that finds that category
     */
    static Optional<Safety> of(Values body, Optional<Guard> guard) {
        Map<String, Probability> thresholds = new LinkedHashMap<>();
        for (Values setting : body.get(GeminiShapes.SAFETY, List.of())) {
            String category = setting.need(GeminiShapes.CATEGORY);
            Optional<Probability> least = switch (setting.need(GeminiShapes.THRESHOLD)) {
                case "BLOCK_LOW_AND_ABOVE" -> Optional.of(Probability.LOW);
                case "BLOCK_MEDIUM_AND_ABOVE" -> Optional.of(Probability.MEDIUM);
                case "BLOCK_ONLY_HIGH" -> Optional.of(Probability.HIGH);
                default -> Optional.empty();
            };
            if (least.isEmpty()) {
                continue;
            }
            if (guard.isEmpty()) {
                throw Failure.invalid(
                        "safetySettings",
                        "asks for content to be blocked, which needs a guard model, and this server has none: "
                                + "only OFF and BLOCK_NONE can be kept");
            }
            Set<Hazard> known = guard.get().known();
            if (CATEGORIES.getOrDefault(category, Set.of()).stream().noneMatch(known::contains)) {
                throw Failure.invalid(
                        setting.path(GeminiShapes.CATEGORY),
                        "is one that the guard model " + guard.get().id()
                                + " does not know: only OFF and BLOCK_NONE can be kept");
            }
            if (thresholds.put(category, least.get()) != null) {
                throw Failure.invalid(setting.path(GeminiShapes.CATEGORY), "is set twice");
            }
        }
        return thresholds.isEmpty() ? Optional.empty() : Optional.of(new Safety(guard.orElseThrow(), thresholds));
    }

    /** Judges the last message of a talk. */
    Rated judge(Exchange exchange, List<Message> talk) {
        Guard.Verdict verdict = guard.judge(exchange, talk);
        List<Map<String, @Nullable Object>> ratings = new ArrayList<>();
        boolean blocked = false;
        for (var category : CATEGORIES.entrySet()) {
            if (category.getValue().stream().noneMatch(verdict.known()::contains)) {
                continue;
            }
            Probability probability = Probability.of(verdict.of(category.getValue()));
            Map<String, @Nullable Object> rating =
                    Json.map("category", category.getKey(), "probability", probability.name());
            Probability least = thresholds.get(category.getKey());
            if (least != null && probability.compareTo(least) >= 0) {
                rating.put("blocked", true);
                blocked = true;
            }
            ratings.add(rating);
        }
        return new Rated(ratings, blocked);
    }
}
