package dev.puna.file;

import dev.puna.file.Metadata.Elements;
import dev.puna.file.Metadata.Kind;
import dev.puna.file.Metadata.Value;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts metadata together for a file to be written. */
public final class MetadataBuilder {
    private final Map<String, Value> values = new LinkedHashMap<>();

    MetadataBuilder() {}

    /** Takes over every pair of {@code other}; arrays keep pointing at its bytes. */
    public MetadataBuilder all(Metadata other) {
        other.keys().forEach(key -> put(key, other.value(key).orElseThrow()));
        return this;
    }

    public MetadataBuilder put(String key, Value value) {
        values.put(key, value);
        return this;
    }

    private MetadataBuilder put(String key, Kind kind, Object value) {
        return put(key, new Value(kind, value, -1));
    }

    public MetadataBuilder remove(String key) {
        values.remove(key);
        return this;
    }

    public MetadataBuilder string(String key, String value) {
        return put(key, Kind.STRING, value);
    }

    public MetadataBuilder bool(String key, boolean value) {
        return put(key, Kind.BOOL, value);
    }

    public MetadataBuilder u16(String key, int value) {
        return put(key, Kind.U16, checked(key, value, 0, 0xFFFF));
    }

    public MetadataBuilder u32(String key, long value) {
        return put(key, Kind.U32, checked(key, value, 0, 0xFFFF_FFFFL));
    }

    public MetadataBuilder i32(String key, int value) {
        return put(key, Kind.I32, (long) value);
    }

    /** Puts 64 bits that are read as unsigned. */
    public MetadataBuilder u64(String key, long value) {
        return put(key, Kind.U64, value);
    }

    public MetadataBuilder i64(String key, long value) {
        return put(key, Kind.I64, value);
    }

    public MetadataBuilder f32(String key, float value) {
        return put(key, Kind.F32, (double) value);
    }

    public MetadataBuilder f64(String key, double value) {
        return put(key, Kind.F64, value);
    }

    public MetadataBuilder strings(String key, List<String> strings) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String string : strings) {
            byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
            ByteBuffer length =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, utf8.length);
            bytes.writeBytes(length.array());
            bytes.writeBytes(utf8);
        }
        return array(key, Kind.STRING, strings.size(), bytes.toByteArray());
    }

    public MetadataBuilder floats(String key, float... floats) {
        ByteBuffer bytes = ByteBuffer.allocate(floats.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : floats) {
            bytes.putFloat(value);
        }
        return array(key, Kind.F32, floats.length, bytes.array());
    }

    public MetadataBuilder ints(String key, int... ints) {
        ByteBuffer bytes = ByteBuffer.allocate(ints.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : ints) {
            bytes.putInt(value);
        }
        return array(key, Kind.I32, ints.length, bytes.array());
    }

    private MetadataBuilder array(String key, Kind kind, long count, byte[] bytes) {
        return put(key, Kind.ARRAY, new Elements(kind, count, MemorySegment.ofArray(bytes)));
    }

    private static long checked(String key, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: %d is not from %d to %d".formatted(key, value, least, most));
        }
        return value;
    }

    public Metadata build() {
        return new Metadata(Metadata.NOWHERE, new LinkedHashMap<>(values));
    }
}
