package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** A JSON object by its fields: each of the right kind, absent (null counts as that), or a BadFile that names it. */
final class Fields {
    private final Path path;
    private final String within;
    private final Map<String, Object> values;

    private Fields(Path path, String within, Map<String, Object> values) {
        this.path = path;
        this.within = within;
        this.values = values;
    }

    static Fields of(Path path) {
        return new Fields(path, "", Json.object(Json.parse(path), path, "the file"));
    }

    Path path() {
        return path;
    }

    Set<String> names() {
        return values.keySet();
    }

    boolean has(String name) {
        return values.get(name) != null;
    }

    /** Whether it is 0, false, or empty. */
    boolean isZero(String name) {
        return switch (values.get(name)) {
            case null -> true;
            case Number number -> number.doubleValue() == 0;
            case Boolean flag -> !flag;
            case List<?> list -> list.isEmpty();
            case Map<?, ?> map -> map.isEmpty();
            default -> false;
        };
    }

    /** Whether it has that value; numbers are compared as numbers. */
    boolean is(String name, Object value) {
        return values.get(name) instanceof Number number && value instanceof Number other
                ? number.doubleValue() == other.doubleValue()
                : value.equals(values.get(name));
    }

    /** A fault of the whole file. */
    BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }

    /** A fault of one field. */
    BadFile bad(String name, String what) {
        return bad(Json.write(within + name) + " " + what);
    }

    /** What Puna lacks for this file, which is sound. */
    BadFile unsupported(String what) {
        return BadFile.unsupported(path, -1, what);
    }

    BadFile unsupported(String name, String what) {
        return unsupported(Json.write(within + name) + " " + what);
    }

    OptionalInt count(String name) {
        return switch (values.get(name)) {
            case null -> OptionalInt.empty();
            case Long number when number >= 0 && number <= Integer.MAX_VALUE -> OptionalInt.of(number.intValue());
            case Object other -> throw bad(name, "should be a whole number below 2^31, not " + shown(other));
        };
    }

    /** A count that must be there and be at least 1. */
    int size(String name) {
        int size = count(name).orElseThrow(() -> bad(name, "is missing"));
        if (size == 0) {
            throw bad(name, "is 0");
        }
        return size;
    }

    OptionalDouble number(String name) {
        return switch (values.get(name)) {
            case null -> OptionalDouble.empty();
            case Number number when Double.isFinite(number.doubleValue()) -> OptionalDouble.of(number.doubleValue());
            case Object other -> throw bad(name, "should be a number, not " + shown(other));
        };
    }

    /** A number that must be there and be greater than 0. */
    double positive(String name) {
        double number = number(name).orElseThrow(() -> bad(name, "is missing"));
        if (number <= 0) {
            throw bad(name, "should be greater than 0, not " + number);
        }
        return number;
    }

    Optional<Boolean> flag(String name) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case Boolean flag -> Optional.of(flag);
            case Object other -> throw bad(name, "should be true or false, not " + shown(other));
        };
    }

    Optional<String> text(String name) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            case Object other -> throw bad(name, "should be a string, not " + shown(other));
        };
    }

    Optional<List<?>> list(String name) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case List<?> list -> Optional.of(list);
            case Object other -> throw bad(name, "should be a list, not " + shown(other));
        };
    }

    Optional<Fields> object(String name) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case Object value ->
                Optional.of(new Fields(path, within + name + ".", Json.object(value, path, Json.write(within + name))));
        };
    }

    /** Token ids: one, or a list of them. */
    List<Integer> ids(String name) {
        List<?> list = switch (values.get(name)) {
            case null -> List.of();
            case List<?> many -> many;
            case Object one -> List.of(one);
        };
        List<Integer> ids = new ArrayList<>();
        for (Object value : list) {
            if (!(value instanceof Long id) || id < Integer.MIN_VALUE || id > Integer.MAX_VALUE) {
                throw bad(name, "should be token ids, not " + shown(value));
            }
            if (id >= 0) { // -1 says there is none
                ids.add(id.intValue());
            }
        }
        return ids;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Fields fields && values.equals(fields.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** A value as errors show it, short. */
    private static String shown(Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> _ -> "an object";
            case List<?> _ -> "a list";
            case String text -> Json.write(text.length() <= 60 ? text : text.substring(0, 60) + "...");
            default -> {
                String text = value.toString();
                yield text.length() <= 60 ? text : text.substring(0, 60) + "...";
            }
        };
    }
}
