package dev.puna.server.core;

import dev.puna.chat.Reply;
import dev.puna.engine.Statistics;
import dev.puna.engine.Usage;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.ToDoubleFunction;

/** Numbers about the server, for Prometheus. Labels take values from routes and models only, never from requests. */
public final class Metrics {
    private static final double NANOS = 1e9;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Models models;
    private final Counter requests = Counter.builder()
            .name("puna_requests_total")
            .help("Requests that are over; status 499: their client left.")
            .labelNames("api", "method", "route", "status")
            .register(registry);
    private final Histogram seconds = histogram(
            "puna_request_seconds", "From a request's first byte to its response's last.", "route", 0.001, 600);
    private final Histogram queued =
            histogram("puna_queue_seconds", "From a request to its first step.", "model", 0.001, 120);
    private final Histogram first =
            histogram("puna_first_token_seconds", "From a request to its first token.", "model", 0.005, 120);
    private final Histogram between =
            histogram("puna_token_seconds", "Between two tokens, the mean of an answer.", "model", 0.001, 5);
    private final Counter prompt = counter("puna_prompt_tokens_total", "Tokens of prompts.");
    private final Counter cached = counter("puna_cached_tokens_total", "Tokens of prompts that were in the cache.");
    private final Counter made = counter("puna_new_tokens_total", "Tokens of answers.");
    private final Counter endings = Counter.builder()
            .name("puna_answers_total")
            .help("Answers by why they ended.")
            .labelNames("model", "ending")
            .register(registry);

    public Metrics(Models models) {
        this.models = models;
        gauge("puna_sequences_running", "Sequences that have a place in the cache.", Statistics::running);
        gauge("puna_sequences_waiting", "Requests that wait for a place.", Statistics::waiting);
        gauge("puna_cache_blocks", "Blocks of the cache.", Statistics::blocks);
        gauge("puna_cache_blocks_free", "Blocks that no sequence uses.", Statistics::freeBlocks);
        total("puna_steps", "Forward passes.", Statistics::steps);
        total("puna_computed_tokens", "Tokens that went through the model.", Statistics::computedTokens);
        total("puna_prefix_hits", "Prompts that were in the cache in part.", Statistics::prefixHits);
        total("puna_preemptions", "Sequences that lost their place for a while.", Statistics::preemptions);
        total("puna_drafts_accepted", "Guessed tokens that were right.", Statistics::draftsAccepted);
        total("puna_drafts_rejected", "Guessed tokens that were wrong.", Statistics::draftsRejected);
        total("puna_plan_seconds", "Spent on deciding what to compute.", all -> all.planNanos() / NANOS);
        total("puna_pass_seconds", "Spent in the model.", all -> all.passNanos() / NANOS);
        total("puna_choose_seconds", "Spent on choosing tokens.", all -> all.chooseNanos() / NANOS);
        GaugeWithCallback.builder()
                .name("puna_model_held")
                .help("Requests that hold a model open.")
                .labelNames("model")
                .callback(told -> models.open()
                        .forEach(open -> told.call(open.held(), open.entry().id())))
                .register(registry);
    }

    private Histogram histogram(String name, String help, String label, double least, double most) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .classicOnly()
                .classicExponentialUpperBounds(least, Math.pow(most / least, 1.0 / 15), 16)
                .register(registry);
    }

    private Counter counter(String name, String help) {
        return Counter.builder().name(name).help(help).labelNames("model").register(registry);
    }

    private void gauge(String name, String help, ToDoubleFunction<Statistics> value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames("model")
                .callback(told -> models.open()
                        .forEach(open -> told.call(
                                value.applyAsDouble(open.assistant().statistics()),
                                open.entry().id())))
                .register(registry);
    }

    private void total(String name, String help, ToDoubleFunction<Statistics> value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames("model")
                .callback(told -> models.open()
                        .forEach(open -> told.call(
                                value.applyAsDouble(open.assistant().statistics()),
                                open.entry().id())))
                .register(registry);
    }

    /** A request is over. */
    public void served(String api, String method, String route, int status, long nanos) {
        requests.labelValues(api, method, route, Integer.toString(status)).inc();
        seconds.labelValues(route).observe(nanos / NANOS);
    }

    /** An answer is over. */
    public void answered(String model, Reply reply) {
        Usage usage = reply.usage();
        endings.labelValues(model, reply.finish().name().toLowerCase(java.util.Locale.ROOT))
                .inc();
        prompt.labelValues(model).inc(usage.promptTokens());
        cached.labelValues(model).inc(usage.cachedTokens());
        made.labelValues(model).inc(usage.newTokens());
        if (usage.newTokens() > 0) {
            queued.labelValues(model).observe(usage.waitNanos() / NANOS);
            first.labelValues(model).observe((usage.waitNanos() + usage.promptNanos()) / NANOS);
        }
        if (usage.newTokens() > 1) {
            between.labelValues(model).observe(usage.newNanos() / NANOS / (usage.newTokens() - 1));
        }
    }

    /** All numbers, in Prometheus' text format. */
    public byte[] text() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
