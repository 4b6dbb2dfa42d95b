package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An object of a JSON file, with its name there for errors. An absent field and {@code null} are the same; a field of
 * another kind than asked for is a {@link BadFile}.
 */
record Fields(Path path, String name, Map<String, @Nullable Object> values) {

    static Fields of(Path path, String name, @Nullable Object value) {
        return new Fields(path, name, Json.object(value, path, name));
    }

    BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }

    /** A sound file that asks for what Puna lacks. */
    BadFile lacking(String what) {
        return BadFile.unsupported(path, -1, what);
    }

    private String named(String field) {
        return name.isEmpty() ? field : name + "." + field;
    }

    private BadFile wrong(String field, String wanted) {
        return bad("%s is not %s".formatted(named(field), wanted));
    }

    boolean has(String field) {
        return values.get(field) != null;
    }

    Optional<String> string(String field) {
        return switch (values.get(field)) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            default -> throw wrong(field, "a string");
        };
    }

    String need(String field) {
        return string(field).orElseThrow(() -> bad(named(field) + " is missing"));
    }

    boolean bool(String field, boolean otherwise) {
        return switch (values.get(field)) {
            case null -> otherwise;
            case Boolean flag -> flag;
            default -> throw wrong(field, "true or false");
        };
    }

    OptionalLong whole(String field) {
        return switch (values.get(field)) {
            case null -> OptionalLong.empty();
            case Long number -> OptionalLong.of(number);
            default -> throw wrong(field, "a whole number of 64 bits");
        };
    }

    Optional<Fields> object(String field) {
        return has(field) ? Optional.of(of(path, named(field), values.get(field))) : Optional.empty();
    }

    List<?> list(String field) {
        return switch (values.get(field)) {
            case null -> List.of();
            case List<?> list -> list;
            default -> throw wrong(field, "a list");
        };
    }

    List<Fields> objects(String field) {
        List<Fields> objects = new ArrayList<>();
        List<?> list = list(field);
        for (int i = 0; i < list.size(); i++) {
            objects.add(of(path, "%s[%d]".formatted(named(field), i), list.get(i)));
        }
        return objects;
    }

    /** What kind of component this is; the caller refuses those it does not know. */
    String type() {
        return need("type");
    }

    BadFile unsupported(String kind) {
        return lacking("the %s %s (%s) is not supported".formatted(kind, Json.quoted(type()), name));
    }
}
