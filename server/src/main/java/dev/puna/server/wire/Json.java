package dev.puna.server.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reading and writing JSON: strictly in, compactly out. */
public final class Json {
    private static final int DEPTH = 200; // levels of nesting
    private static final int DIGITS = 400; // of one number

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH)
                            .maxNumberLength(DIGITS)
                            .maxStringLength(Integer.MAX_VALUE) // the body's own limit counts
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /** Reads one document. What is wrong with it becomes a {@link Failure} that repeats nothing of it. */
    public static JsonNode parse(byte[] bytes) {
        JsonNode node;
        try {
            node = MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            String where = e.getLocation() == null || e.getLocation().getLineNr() < 1
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            String what = switch (e) {
                case StreamConstraintsException _ ->
                    "goes beyond a limit (" + DEPTH + " levels, " + DIGITS + " digits)";
                case StreamReadException duplicate
                when duplicate.getOriginalMessage().startsWith("Duplicate") -> "holds a name twice";
                default -> "is not JSON";
            };
            throw Failure.of(Failure.Kind.INVALID, "the body " + what + where);
        }
        if (node == null || node.isMissingNode()) {
            throw Failure.of(Failure.Kind.INVALID, "the body is empty; it must be JSON");
        }
        return node;
    }

    /** Maps, lists, texts, numbers, truth values, null and nodes, as JSON. */
    public static String write(@Nullable Object value) {
        return MAPPER.writeValueAsString(value);
    }

    public static byte[] bytes(@Nullable Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** A node as the library reads JSON: Map, List, String, Long, BigInteger, Double, Boolean, null. */
    public static @Nullable Object plain(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                node.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
                yield map;
            }
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                node.forEach(one -> list.add(plain(one)));
                yield list;
            }
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER ->
                !node.isIntegralNumber()
                        ? node.doubleValue()
                        : node.canConvertToLong() ? node.longValue() : node.bigIntegerValue();
            default -> null;
        };
    }

    /** A value as a node. */
    public static JsonNode node(@Nullable Object value) {
        return MAPPER.valueToTree(value);
    }

    /** A map in the order given: name, value, name, value. */
    public static Map<String, @Nullable Object> map(@Nullable Object... pairs) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) java.util.Objects.requireNonNull(pairs[i]), pairs[i + 1]);
        }
        return map;
    }
}
