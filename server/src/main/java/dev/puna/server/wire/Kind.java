package dev.puna.server.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What a field may hold: how to read it, how to tell it from others, and how to describe it.
 *
 * @param <T> what it is read as
 */
public interface Kind<T> {
    /** Texts of a request that have no limit of their own have the body's. */
    int ANY_LENGTH = Integer.MAX_VALUE;

    /**
     * Reads a value.
     *
     * @param path where it stands in the request, for what is said of it
     * @throws Failure naming the path where it cannot be read
     */
    T read(JsonNode node, String path);

    /** Whether the value looks like this kind, so that {@link #either} can choose; it may still be refused. */
    boolean fits(JsonNode node);

    /** The kind as JSON Schema. */
    Map<String, Object> schema();

    /** The same on the wire, read as something else. */
    default <R> Kind<R> as(Function<? super T, ? extends R> change) {
        return as((value, _) -> change.apply(value));
    }

    /** The same on the wire, read as something else; the function is given the path too. */
    default <R> Kind<R> as(BiFunction<? super T, String, ? extends R> change) {
        Kind<T> inner = this;
        return kind(inner::fits, (node, path) -> change.apply(inner.read(node, path), path), inner.schema());
    }

    private static <T> Kind<T> kind(
            java.util.function.Predicate<JsonNode> fits,
            BiFunction<JsonNode, String, ? extends T> read,
            Map<String, Object> schema) {
        return new Kind<>() {
            @Override
            public T read(JsonNode node, String path) {
                return read.apply(node, path);
            }

            @Override
            public boolean fits(JsonNode node) {
                return fits.test(node);
            }

            @Override
            public Map<String, Object> schema() {
                return schema;
            }
        };
    }

    private static Failure wrong(String path, String expected, JsonNode node) {
        return Failure.invalid(path, "must be " + expected + ", not " + name(node));
    }

    private static String name(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "the number " + shortened(node.toString());
            case BOOLEAN -> node.toString();
            default -> "null";
        };
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /** A text of any length. */
    static Kind<String> text() {
        return text(0, ANY_LENGTH);
    }

    /** A text of so many characters. */
    static Kind<String> text(int least, int most) {
        Map<String, Object> schema = schemaOf("string");
        if (least > 0) {
            schema.put("minLength", least);
        }
        if (most < ANY_LENGTH) {
            schema.put("maxLength", most);
        }
        return kind(
                JsonNode::isString,
                (node, path) -> {
                    if (!node.isString()) {
                        throw wrong(path, "a string", node);
                    }
                    String text = node.stringValue();
                    if (text.length() < least || text.length() > most) {
                        throw Failure.invalid(
                                path, "must have " + least + " to " + most + " characters, not " + text.length());
                    }
                    return text;
                },
                schema);
    }

    /** One of these texts. */
    static Kind<String> oneOf(String... texts) {
        List<String> all = List.of(texts);
        Map<String, Object> schema = schemaOf("string");
        schema.put("enum", all);
        return kind(
                node -> node.isString() && all.contains(node.stringValue()),
                (node, path) -> {
                    if (!node.isString() || !all.contains(node.stringValue())) {
                        throw wrong(
                                path,
                                all.size() == 1 ? "\"" + all.getFirst() + "\"" : "one of " + Json.write(all),
                                node.isString() ? Json.node(shortened(node.stringValue())) : node,
                                node.isString());
                    }
                    return node.stringValue();
                },
                schema);
    }

    private static Failure wrong(String path, String expected, JsonNode node, boolean verbatim) {
        return verbatim ? Failure.invalid(path, "must be " + expected + ", not " + node) : wrong(path, expected, node);
    }

    static Kind<Boolean> bool() {
        return kind(
                JsonNode::isBoolean,
                (node, path) -> {
                    if (!node.isBoolean()) {
                        throw wrong(path, "true or false", node);
                    }
                    return node.booleanValue();
                },
                schemaOf("boolean"));
    }

    /** A number in this range. */
    static Kind<Double> number(double least, double most) {
        Map<String, Object> schema = schemaOf("number");
        schema.put("minimum", least);
        schema.put("maximum", most);
        return kind(
                JsonNode::isNumber,
                (node, path) -> {
                    if (!node.isNumber()) {
                        throw wrong(path, "a number", node);
                    }
                    double value = value(node);
                    if (!(value >= least && value <= most)) {
                        throw wrong(path, plain(least) + " to " + plain(most), node);
                    }
                    return value;
                },
                schema);
    }

    private static double value(JsonNode number) {
        return number.isIntegralNumber() ? number.bigIntegerValue().doubleValue() : number.doubleValue();
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : "" + value;
    }

    /** A whole number in this range. */
    static Kind<Integer> integer(int least, int most) {
        return whole(least, most).as(Math::toIntExact);
    }

    /** A whole number in this range. */
    static Kind<Long> whole(long least, long most) {
        Map<String, Object> schema = schemaOf("integer");
        schema.put("minimum", least);
        schema.put("maximum", most);
        return kind(
                JsonNode::isNumber,
                (node, path) -> {
                    String range = most == Integer.MAX_VALUE || most == Long.MAX_VALUE
                            ? "a whole number, at least " + least
                            : "a whole number, " + least + " to " + most;
                    double value = node.isNumber() ? value(node) : Double.NaN;
                    boolean exact = node.isIntegralNumber()
                            ? node.canConvertToLong()
                            : value == Math.rint(value) && Math.abs(value) < 1L << 53;
                    long number = exact ? (node.isIntegralNumber() ? node.longValue() : (long) value) : 0;
                    if (!exact || number < least || number > most) {
                        throw wrong(path, range, node);
                    }
                    return number;
                },
                schema);
    }

    /** A list of at most so many. */
    static <T> Kind<List<T>> list(Kind<T> item, int most) {
        Map<String, Object> schema = schemaOf("array");
        schema.put("items", item.schema());
        schema.put("maxItems", most);
        return kind(
                node -> node.isArray() && (node.isEmpty() || item.fits(node.get(0))),
                (node, path) -> {
                    if (!node.isArray()) {
                        throw wrong(path, "a list", node);
                    }
                    if (node.size() > most) {
                        throw Failure.invalid(path, "takes at most " + most + ", not " + node.size());
                    }
                    List<T> all = new ArrayList<>(node.size());
                    for (JsonNode one : node) {
                        all.add(item.read(one, path + "[" + all.size() + "]"));
                    }
                    return all;
                },
                schema);
    }

    /** Values of one kind by names of the caller's choice, at most so many. */
    static <T> Kind<Map<String, T>> map(Kind<T> value, int most) {
        Map<String, Object> schema = schemaOf("object");
        schema.put("additionalProperties", value.schema());
        schema.put("maxProperties", most);
        return kind(
                JsonNode::isObject,
                (node, path) -> {
                    if (!node.isObject()) {
                        throw wrong(path, "an object", node);
                    }
                    if (node.size() > most) {
                        throw Failure.invalid(path, "takes at most " + most + " entries, not " + node.size());
                    }
                    Map<String, T> all = new LinkedHashMap<>();
                    node.properties()
                            .forEach(entry ->
                                    all.put(entry.getKey(), value.read(entry.getValue(), path + "." + entry.getKey())));
                    return all;
                },
                schema);
    }

    /** An object of this shape. */
    static Kind<Values> object(Shape shape) {
        return kind(JsonNode::isObject, shape::read, shape.schema());
    }

    /** An object whose shape is decided by one of its fields: a list of variants by that field's text. */
    static Kind<Values> tagged(String tag, Map<String, Shape> variants) {
        return tagged(tag, variants, null);
    }

    /** As {@link #tagged(String, Map)}; an object without the tag counts as the variant of that name. */
    static Kind<Values> tagged(
            String tag, Map<String, Shape> variants, @org.jspecify.annotations.Nullable String missing) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("oneOf", variants.values().stream().map(Shape::schema).toList());
        return kind(
                JsonNode::isObject,
                (node, path) -> {
                    if (!node.isObject()) {
                        throw wrong(path, "an object", node);
                    }
                    JsonNode given = node.get(tag);
                    boolean absent = given == null || given.isNull();
                    String name = absent && missing != null
                            ? missing
                            : given != null && given.isString() ? given.stringValue() : "";
                    Shape shape = variants.get(name);
                    if (shape == null) {
                        String known = Json.write(variants.keySet());
                        throw Failure.invalid(
                                path + "." + tag,
                                absent
                                        ? "is missing; it is one of " + known
                                        : "must be one of " + known + ", not " + shortened(given.toString()));
                    }
                    return shape.read(node, path);
                },
                schema);
    }

    /** Any JSON at all, left as it is. */
    static Kind<JsonNode> any() {
        return kind(_ -> true, (node, _) -> node, new LinkedHashMap<>());
    }

    /** Any object, left as it is. */
    static Kind<JsonNode> anyObject() {
        return kind(
                JsonNode::isObject,
                (node, path) -> {
                    if (!node.isObject()) {
                        throw wrong(path, "an object", node);
                    }
                    return node;
                },
                schemaOf("object"));
    }

    /** The first of these kinds that the value looks like; if none, what is said is about the last. */
    @SafeVarargs
    static <T> Kind<T> either(Kind<? extends T>... kinds) {
        List<Kind<? extends T>> all = List.of(kinds);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", all.stream().map(Kind::schema).toList());
        return kind(
                node -> all.stream().anyMatch(kind -> kind.fits(node)),
                (node, path) -> Stream.concat(all.stream().filter(kind -> kind.fits(node)), Stream.of(all.getLast()))
                        .findFirst()
                        .orElseThrow()
                        .read(node, path),
                schema);
    }

    private static Map<String, Object> schemaOf(String type) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", type);
        return schema;
    }
}
