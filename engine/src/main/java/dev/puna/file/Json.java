package dev.puna.file;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as plain Java values: Map (in the document's order), List, String, Long, BigInteger, Double, Boolean, null.
 * Reading is strict: UTF-8, one document, no key twice in an object, nesting and size within the limits below.
 */
public final class Json {
    /** Objects and arrays inside one another. */
    public static final int MAX_DEPTH = 200;

    /** Bytes of a document; the largest tokenizer files are near 40 MB. */
    public static final int MAX_BYTES = 128 << 20;

    /** Values of a document, counting each object, array, string, number and literal: bounds the memory it becomes. */
    public static final int MAX_VALUES = 4_000_000;

    /** Characters of a number. */
    public static final int MAX_NUMBER = 1000;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxDocumentLength(MAX_BYTES)
                    .maxStringLength(MAX_BYTES)
                    .maxNameLength(1 << 20)
                    .maxNumberLength(MAX_NUMBER)
                    .build())
            .build();

    private Json() {}

    /**
     * Reads a document from a file.
     *
     * @throws BadFile if the file cannot be read or is not one strict JSON document
     */
    public static @Nullable Object parse(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1); // a pipe has no size to ask for
            if (bytes.length > MAX_BYTES) {
                throw new BadFile(path, MAX_BYTES, "JSON longer than the limit of %d bytes".formatted(MAX_BYTES));
            }
            return parse(bytes, path, 0);
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }

    /**
     * Reads a document from a string.
     *
     * @param shown the file to name in errors; offsets count UTF-8 bytes
     */
    public static @Nullable Object parse(String text, Path shown) {
        return parse(text.getBytes(StandardCharsets.UTF_8), shown, 0);
    }

    /**
     * Reads a document that is part of a file.
     *
     * @param offset where in the file the bytes lie, added to the offset in errors
     */
    static @Nullable Object parse(byte[] bytes, Path shown, long offset) {
        int bad = Utf8.firstBad(bytes, 0, bytes.length);
        if (bad >= 0) {
            throw new BadFile(shown, offset + bad, "JSON that is not UTF-8");
        }
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
            return new Document(parser, shown, offset).read();
        } catch (JacksonException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
            throw new BadFile(shown, at < 0 ? -1 : offset + at, "not valid JSON: " + oneLine(e.getOriginalMessage()));
        }
    }

    private static String oneLine(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.length() <= 200 ? line : line.substring(0, 200) + "...";
    }

    /** One document being read. */
    private static final class Document {
        private final JsonParser in;
        private final Path shown;
        private final long offset;
        private int values;

        Document(JsonParser in, Path shown, long offset) {
            this.in = in;
            this.shown = shown;
            this.offset = offset;
        }

        @Nullable
        Object read() {
            if (in.nextToken() == null) {
                throw new BadFile(shown, offset, "no JSON in it");
            }
            @Nullable Object value = value();
            if (in.nextToken() != null) {
                throw bad("more text after the JSON document");
            }
            return value;
        }

        private BadFile bad(String what) {
            return new BadFile(shown, offset + in.currentTokenLocation().getByteOffset(), what);
        }

        private @Nullable Object value() {
            if (++values > MAX_VALUES) {
                throw bad("more than %d JSON values".formatted(MAX_VALUES));
            }
            return switch (in.currentToken()) {
                case START_OBJECT -> object();
                case START_ARRAY -> {
                    List<@Nullable Object> list = new ArrayList<>();
                    while (in.nextToken() != JsonToken.END_ARRAY) {
                        list.add(value());
                    }
                    yield list;
                }
                case VALUE_STRING -> in.getString();
                case VALUE_NUMBER_INT -> {
                    if (in.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                        yield in.getBigIntegerValue();
                    }
                    yield in.getLongValue();
                }
                case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
                case VALUE_TRUE -> true;
                case VALUE_FALSE -> false;
                case VALUE_NULL -> null;
                case null, default -> throw bad("unexpected end of the JSON document");
            };
        }

        private Map<String, @Nullable Object> object() {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            while (in.nextToken() != JsonToken.END_OBJECT) {
                String name = in.currentName();
                if (map.containsKey(name)) {
                    throw bad("the key " + quoted(name) + " stands twice in one object");
                }
                in.nextToken();
                map.put(name, value());
            }
            return map;
        }
    }

    /**
     * The value as compact JSON: no blanks, keys in the map's order, everything but control characters, quotes,
     * backslashes and lone surrogates as it is. Takes what {@link #parse} gives, and any Number, CharSequence, Iterable,
     * and arrays of int, long, float and double. JSON has no NaN and no infinities: they become null.
     */
    public static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case CharSequence text -> write(text, out);
            case Boolean flag -> out.append(flag.booleanValue());
            case Double number -> out.append(Double.isFinite(number) ? number.toString() : "null");
            case Float number -> out.append(Float.isFinite(number) ? number.toString() : "null");
            case Number number -> out.append(number);
            case Map<?, ?> map -> {
                char separator = '{';
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    write((CharSequence) entry.getKey(), out);
                    out.append(':');
                    write(entry.getValue(), out);
                    separator = ',';
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Iterable<?> items -> {
                out.append('[');
                int start = out.length();
                for (Object item : items) {
                    if (out.length() > start) {
                        out.append(',');
                    }
                    write(item, out);
                }
                out.append(']');
            }
            case int[] numbers -> {
                List<Object> boxed = new ArrayList<>(numbers.length);
                for (int number : numbers) {
                    boxed.add(number);
                }
                write(boxed, out);
            }
            case long[] numbers -> {
                List<Object> boxed = new ArrayList<>(numbers.length);
                for (long number : numbers) {
                    boxed.add(number);
                }
                write(boxed, out);
            }
            case float[] numbers -> {
                List<Object> boxed = new ArrayList<>(numbers.length);
                for (float number : numbers) {
                    boxed.add(number);
                }
                write(boxed, out);
            }
            case double[] numbers -> {
                List<Object> boxed = new ArrayList<>(numbers.length);
                for (double number : numbers) {
                    boxed.add(number);
                }
                write(boxed, out);
            }
            default ->
                throw new IllegalArgumentException(
                        "JSON has no way to write a " + value.getClass().getName());
        }
    }

    /** The text as a JSON string on one line, cut to 60 characters: how keys and names from files appear in errors. */
    public static String quoted(String text) {
        StringBuilder out = new StringBuilder();
        write(text.length() <= 60 ? text : text.substring(0, 60) + "...", out);
        return out.toString();
    }

    private static void write(CharSequence text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    boolean paired = Character.isHighSurrogate(c)
                            ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                            : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
                    if (c < 0x20 || c == 0x7F || (Character.isSurrogate(c) && !paired)) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** The value as an object, or a BadFile that says what it should have been. */
    @SuppressWarnings("unchecked")
    public static Map<String, @Nullable Object> object(@Nullable Object value, Path shown, String what) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new BadFile(shown, -1, what + " is not a JSON object");
    }

    /** The value as a whole number that fits a long, or a BadFile that says what it should have been. */
    static long whole(@Nullable Object value, Path shown, String what) {
        return switch (value) {
            case Long number -> number;
            case BigInteger number ->
                throw new BadFile(shown, -1, what + " is out of range: " + oneLine(number.toString()));
            case null, default -> throw new BadFile(shown, -1, what + " is not a whole number");
        };
    }
}
