package dev.puna.cli;

import java.io.StringWriter;
import java.math.BigInteger;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One JSON document from plain Java values: Map, Iterable, String, Number, Boolean, null. */
final class JsonDocument {
    private JsonDocument() {}

    static String text(Object document) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            write(json, document);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Object value) {
        switch (value) {
            case null -> json.writeNull();
            case Map<?, ?> map -> {
                json.writeStartObject();
                map.forEach((name, member) -> {
                    json.writeName(name.toString());
                    write(json, member);
                });
                json.writeEndObject();
            }
            case Iterable<?> list -> {
                json.writeStartArray();
                list.forEach(item -> write(json, item));
                json.writeEndArray();
            }
            case Boolean b -> json.writeBoolean(b);
            case BigInteger n -> json.writeNumber(n);
            case Float x when !Float.isFinite(x) -> json.writeNull();
            case Double x when !Double.isFinite(x) -> json.writeNull();
            case Float x -> json.writeNumber(x);
            case Double x -> json.writeNumber(x);
            case Number n -> json.writeNumber(n.longValue());
            default -> json.writeString(value.toString());
        }
    }
}
