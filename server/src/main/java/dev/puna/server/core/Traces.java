package dev.puna.server.core;

import dev.puna.chat.Reply;
import dev.puna.engine.Usage;
import dev.puna.server.http.Head;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Requests and answers as spans, sent by OTLP over HTTP. A request continues the trace of its header {@code traceparent};
 * each answer is a span within it, with the names that OpenTelemetry has for generative models. Nothing of any text is
 * in them, and no key.
 */
public final class Traces implements AutoCloseable {
    private static final TextMapGetter<Head> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Head head) {
            return List.of("traceparent", "tracestate");
        }

        @Override
        public @Nullable String get(@Nullable Head head, String name) {
            return head == null || name.equals("baggage")
                    ? null
                    : head.header(name).orElse(null);
        }
    };

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;
    private final ConcurrentMap<String, Span> running = new ConcurrentHashMap<>();

    private Traces(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        tracer = sdk.getTracer("dev.puna.server");
    }

    /**
     * Traces as the standard variables wish them ({@code OTEL_EXPORTER_OTLP_ENDPOINT}, {@code OTEL_SERVICE_NAME} and the
     * others); absent where none of them names a place to send them to.
     *
     * @throws IllegalArgumentException if what they wish cannot be had
     */
    public static Optional<Traces> of(Map<String, String> variables) {
        String exporter = variables.getOrDefault("OTEL_TRACES_EXPORTER", "");
        boolean named = variables.containsKey("OTEL_EXPORTER_OTLP_ENDPOINT")
                || variables.containsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                || exporter.equals("otlp");
        if (!named
                || exporter.equals("none")
                || variables.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")) {
            return Optional.empty();
        }
        String protocol = variables.getOrDefault(
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
                variables.getOrDefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        if (!protocol.equals("http/protobuf") || !List.of("", "otlp").contains(exporter)) {
            throw new IllegalArgumentException("traces are sent by otlp over http/protobuf only");
        }
        Map<String, String> properties = new HashMap<>();
        variables.forEach(
                (name, value) -> properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value));
        properties.put("otel.exporter.otlp.protocol", protocol);
        properties.put("otel.metrics.exporter", "none");
        properties.put("otel.logs.exporter", "none");
        properties.putIfAbsent("otel.service.name", "puna");
        try {
            return Optional.of(new Traces(AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .addPropertiesCustomizer(_ -> properties)
                    .build()
                    .getOpenTelemetrySdk()));
        } catch (RuntimeException bad) { // what the library calls a configuration error
            throw new IllegalArgumentException("OTEL_*: " + bad.getMessage(), bad);
        }
    }

    void began(String id, Head head) {
        Context parent = sdk.getPropagators().getTextMapPropagator().extract(Context.root(), head, HEADERS);
        running.put(
                id,
                tracer.spanBuilder(head.method())
                        .setSpanKind(SpanKind.SERVER)
                        .setParent(parent)
                        .setAttribute("http.request.method", head.method())
                        .startSpan());
    }

    void served(String id, String api, String method, String pattern, int status) {
        Span span = running.remove(id);
        if (span == null) {
            return;
        }
        span.updateName(method + " " + pattern)
                .setAttribute("http.route", pattern)
                .setAttribute("http.response.status_code", status)
                .setAttribute("puna.api", api)
                .setAttribute("puna.request_id", id);
        if (status >= 500) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    /** @param request the id of the request that it belongs to */
    void answered(String request, String model, Reply reply) {
        Usage usage = reply.usage();
        long nanos = usage.waitNanos() + usage.promptNanos() + usage.newNanos();
        Instant end = Instant.now();
        Span parent = running.get(request);
        Span span = tracer.spanBuilder("chat " + model)
                .setParent(parent == null ? Context.root() : Context.root().with(parent))
                .setStartTimestamp(end.minusNanos(nanos))
                .setAttribute("gen_ai.operation.name", "chat")
                .setAttribute("gen_ai.provider.name", "puna")
                .setAttribute("gen_ai.request.model", model)
                .setAttribute("gen_ai.response.model", model)
                .setAttribute("gen_ai.usage.input_tokens", usage.promptTokens())
                .setAttribute("gen_ai.usage.output_tokens", usage.newTokens())
                .setAttribute("gen_ai.usage.cache_read.input_tokens", usage.cachedTokens())
                .setAttribute(
                        AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"),
                        List.of(reply.finish().name().toLowerCase(Locale.ROOT)))
                .setAttribute("puna.wait_seconds", usage.waitNanos() / 1e9)
                .setAttribute("puna.prompt_seconds", usage.promptNanos() / 1e9)
                .startSpan();
        span.end(end);
    }

    /** Sends what has not been sent, for a few seconds at most. */
    @Override
    public void close() {
        sdk.getSdkTracerProvider().shutdown().join(5, TimeUnit.SECONDS);
        sdk.close();
    }
}
