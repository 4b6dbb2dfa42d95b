package dev.puna.bench.load;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What came of all requests. Any thread may add to it. */
final class Tally {
    /** What came of one request. What its client wanted is no error; a refusal because of the load is counted apart. */
    enum End {
        COMPLETED,
        CANCELLED,
        REFUSED,
        TOO_MANY,
        UNFINISHED,
        FAILED
    }

    private final Map<End, Integer> ends = new TreeMap<>();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final List<Double> rates = new ArrayList<>();
    private long tokens;
    private long promptTokens;
    private long cachedTokens;
    private boolean counted = true;

    /** Of requests that were read as fast as they came. */
    final Spread firstToken = new Spread();

    final Spread betweenTokens = new Spread();
    final Spread whole = new Spread();

    synchronized void end(End end) {
        ends.merge(end, 1, Integer::sum);
    }

    synchronized void failed(String kind) {
        end(End.FAILED);
        errors.merge(kind, 1, Integer::sum);
    }

    /**
     * An answer's tokens.
     *
     * @param byServer whether the server has told their number; else events were counted
     */
    synchronized void answered(long answer, long prompt, long cached, boolean byServer) {
        tokens += answer;
        promptTokens += prompt;
        cachedTokens += cached;
        counted &= byServer;
    }

    /** A client has done its part, at so many tokens a second. */
    synchronized void client(double rate) {
        rates.add(rate);
    }

    synchronized int count(End end) {
        return ends.getOrDefault(end, 0);
    }

    synchronized Map<String, Integer> errors() {
        return new TreeMap<>(errors);
    }

    /** The report. */
    synchronized Map<String, Object> json(Plan plan, double seconds) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("url", plan.url().toString());
        json.put("model", plan.model());
        json.put("clients", plan.clients());
        json.put("seconds", round(seconds));
        json.put("requests", ends.values().stream().mapToInt(Integer::intValue).sum());
        for (End end : End.values()) {
            json.put(end == End.TOO_MANY ? "status_429" : end.name().toLowerCase(Locale.ROOT), count(end));
        }
        json.put("errors", errors());
        json.put("tokens", tokens);
        json.put("tokens_counted_by", counted ? "server" : "events");
        json.put("prompt_tokens", promptTokens);
        json.put("cached_tokens", cachedTokens);
        json.put("tokens_per_second", round(tokens / seconds));
        json.put("tokens_per_second_per_client", perClient());
        json.put("time_to_first_token_ms", firstToken.json());
        json.put("inter_token_ms", betweenTokens.json());
        json.put("request_ms", whole.json());
        return json;
    }

    private Map<String, Object> perClient() {
        Map<String, Object> json = new LinkedHashMap<>();
        if (!rates.isEmpty()) {
            List<Double> sorted = new ArrayList<>(rates);
            Collections.sort(sorted);
            json.put("min", round(sorted.getFirst()));
            json.put("p50", round(sorted.get(sorted.size() / 2)));
            json.put("max", round(sorted.getLast()));
        }
        return json;
    }

    static double round(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
