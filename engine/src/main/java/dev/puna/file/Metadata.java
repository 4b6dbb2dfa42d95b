package dev.puna.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The key-value pairs of a GGUF file, in its order. Getters accept any width of the kind they ask for and refuse another
 * kind with a BadFile that names the key; an absent key is empty.
 */
public final class Metadata {
    /** Bytes of one string. */
    public static final int MAX_STRING = 64 << 20;

    /** Arrays inside one another. */
    public static final int MAX_DEPTH = 8;

    /** Elements of an array that are brought into memory; the largest vocabularies have a million merges. */
    public static final int MAX_ELEMENTS = 1 << 24;

    /** What a value is, by its id in the file. */
    public enum Kind {
        U8(1),
        I8(1),
        U16(2),
        I16(2),
        U32(4),
        I32(4),
        F32(4),
        BOOL(1),
        STRING(8),
        ARRAY(12),
        U64(8),
        I64(8),
        F64(8);

        /** Bytes of a scalar; the least bytes of a string or an array. */
        final int least;

        Kind(int least) {
            this.least = least;
        }

        @SuppressWarnings("EnumOrdinal") // the constants stand in the format's order
        int id() {
            return ordinal();
        }

        boolean isWhole() {
            return switch (this) {
                case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
                case F32, BOOL, STRING, ARRAY, F64 -> false;
            };
        }

        boolean isFloat() {
            return this == F32 || this == F64;
        }

        static Kind read(Cursor in, String what) {
            long offset = in.at();
            int id = in.i32("the type of " + what);
            if (id < 0 || id >= values().length) {
                throw in.bad(offset, "%s has the unknown type %s".formatted(what, Integer.toUnsignedString(id)));
            }
            return values()[id];
        }
    }

    /**
     * One value.
     *
     * @param kind what it is
     * @param value Long for the integers (u64: its 64 bits), Double for the floats, Boolean, String or {@link Elements}
     * @param offset where it stands in the file, or -1
     */
    public record Value(Kind kind, Object value, long offset) {
        @Override
        public String toString() {
            return switch (kind) {
                case U64 -> Long.toUnsignedString((Long) value);
                case F32 -> Float.toString(((Double) value).floatValue());
                case U8, I8, U16, I16, U32, I32, I64, F64, BOOL, STRING, ARRAY -> value.toString();
            };
        }
    }

    /**
     * The elements of an array, left where they are until asked for.
     *
     * @param kind of each element
     * @param count how many
     * @param bytes the elements as the file stores them, checked
     */
    public record Elements(Kind kind, long count, MemorySegment bytes) {
        /** The first {@code limit} elements, as {@link Value} holds them. */
        public List<Value> first(long limit) {
            Cursor in = new Cursor(bytes, NOWHERE, 0);
            List<Value> values = new ArrayList<>();
            for (long i = 0; i < Math.min(limit, count); i++) {
                values.add(readValue(in, kind, "an element", 1));
            }
            return values;
        }

        @Override
        public String toString() {
            StringBuilder out = new StringBuilder("[");
            String separator = "";
            for (Value value : first(8)) {
                out.append(separator)
                        .append(
                                switch (value.value()) {
                                    case String text -> Json.quoted(text);
                                    case Elements inner -> "[%d elements]".formatted(inner.count());
                                    default -> value.toString();
                                });
                separator = ", ";
            }
            return out.append(count > 8 ? ", ... " + count + " in all]" : "]").toString();
        }
    }

    private static final Path NOWHERE = Path.of("metadata");

    private final Path path;
    private final Map<String, Value> values;

    private Metadata(Path path, Map<String, Value> values) {
        this.path = path;
        this.values = Collections.unmodifiableMap(values);
    }

    /** Reads {@code count} pairs. */
    static Metadata read(Cursor in, long count, Path path) {
        Map<String, Value> values = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            long offset = in.at();
            String key = in.string("key " + i);
            String what = "the key " + Json.quoted(key);
            Kind kind = Kind.read(in, what);
            if (values.put(key, readValue(in, kind, what, 0)) != null) {
                throw in.bad(offset, what + " stands twice");
            }
        }
        return new Metadata(path, values);
    }

    private static Value readValue(Cursor in, Kind kind, String what, int depth) {
        long offset = in.at();
        Object value = switch (kind) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> readWhole(in, kind, what);
            case F32 -> (double) Float.intBitsToFloat(in.i32(what));
            case F64 -> Double.longBitsToDouble(in.i64(what));
            case BOOL -> {
                int bool = in.u8(what);
                if (bool > 1) {
                    throw in.bad(offset, "%s is a boolean with the value %d".formatted(what, bool));
                }
                yield bool == 1;
            }
            case STRING -> in.string(what);
            case ARRAY -> readArray(in, what, depth + 1);
        };
        return new Value(kind, value, offset);
    }

    private static long readWhole(Cursor in, Kind kind, String what) {
        return switch (kind) {
            case U8 -> in.u8(what);
            case I8 -> (byte) in.u8(what);
            case U16 -> in.i16(what) & 0xFFFFL;
            case I16 -> in.i16(what);
            case U32 -> in.i32(what) & 0xFFFF_FFFFL;
            case I32 -> in.i32(what);
            case U64, I64 -> in.i64(what);
            case F32, F64, BOOL, STRING, ARRAY -> throw new IllegalArgumentException(kind + " is not whole");
        };
    }

    private static Elements readArray(Cursor in, String what, int depth) {
        if (depth > MAX_DEPTH) {
            throw in.bad(in.at(), "%s has more than %d arrays inside one another".formatted(what, MAX_DEPTH));
        }
        Kind kind = Kind.read(in, "the elements of " + what);
        long count = in.count(kind.least, "elements of " + what);
        long start = in.at();
        switch (kind) {
            case STRING -> in.skipStrings(count, what);
            case ARRAY -> {
                for (long i = 0; i < count; i++) {
                    readArray(in, what, depth + 1);
                }
            }
            case BOOL -> {
                for (long i = 0; i < count; i++) {
                    readValue(in, kind, what, depth);
                }
            }
            case U8, I8, U16, I16, U32, I32, U64, I64, F32, F64 -> in.skip(count * kind.least, what);
        }
        return new Elements(kind, count, in.slice(start, in.at()));
    }

    /** The keys, in the file's order. */
    public Set<String> keys() {
        return values.keySet();
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** The value as it is stored. */
    public Optional<Value> value(String key) {
        return Optional.ofNullable(values.get(key));
    }

    public Optional<String> string(String key) {
        Value value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.kind() != Kind.STRING) {
            throw wrong(key, "a string");
        }
        return Optional.of((String) value.value());
    }

    public Optional<Boolean> bool(String key) {
        Value value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.kind() != Kind.BOOL) {
            throw wrong(key, "a boolean");
        }
        return Optional.of((Boolean) value.value());
    }

    /** A whole number of any width from 0 to 2^32 - 1. */
    public OptionalLong u32(String key) {
        OptionalLong value = i64(key);
        if (value.isPresent() && (value.getAsLong() < 0 || value.getAsLong() > 0xFFFF_FFFFL)) {
            throw wrong(key, "a whole number from 0 to 2^32 - 1");
        }
        return value;
    }

    /** A whole number of any width that fits 64 bits with a sign. */
    public OptionalLong i64(String key) {
        Value value = values.get(key);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (!value.kind().isWhole() || (value.kind() == Kind.U64 && (Long) value.value() < 0)) {
            throw wrong(key, "a whole number below 2^63");
        }
        return OptionalLong.of((Long) value.value());
    }

    /** A float of either width. */
    public OptionalDouble f64(String key) {
        Value value = values.get(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (!value.kind().isFloat()) {
            throw wrong(key, "a float");
        }
        return OptionalDouble.of((Double) value.value());
    }

    public Optional<List<String>> strings(String key) {
        return utf8(key).map(Strings::toList);
    }

    /** Strings, as they are stored. */
    public Optional<Strings> utf8(String key) {
        return elements(key).map(elements -> {
            if (elements.kind() != Kind.STRING) {
                throw wrongElements(key, elements, "strings");
            }
            int count = size(key, elements);
            if (elements.bytes().byteSize() > Strings.MAX_BYTES) {
                throw wrong(key, "an array of at most %d bytes".formatted(Strings.MAX_BYTES));
            }
            return Mapped.read(path, elements.bytes(), bytes -> Strings.read(bytes.toArray(JAVA_BYTE), count));
        });
    }

    public Optional<float[]> floats(String key) {
        return elements(key).map(elements -> {
            if (!elements.kind().isFloat()) {
                throw wrongElements(key, elements, "floats");
            }
            float[] floats = new float[size(key, elements)];
            return Mapped.read(path, elements.bytes(), bytes -> {
                Cursor in = new Cursor(bytes, path, 0);
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = elements.kind() == Kind.F32
                            ? Float.intBitsToFloat(in.i32(key))
                            : (float) Double.longBitsToDouble(in.i64(key));
                }
                return floats;
            });
        });
    }

    /** Whole numbers of any width (u64: its 64 bits). */
    public Optional<long[]> ints(String key) {
        return elements(key).map(elements -> {
            if (!elements.kind().isWhole()) {
                throw wrongElements(key, elements, "whole numbers");
            }
            long[] ints = new long[size(key, elements)];
            return Mapped.read(path, elements.bytes(), bytes -> {
                Cursor in = new Cursor(bytes, path, 0);
                for (int i = 0; i < ints.length; i++) {
                    ints[i] = readWhole(in, elements.kind(), key);
                }
                return ints;
            });
        });
    }

    /** An array of any kind. */
    public Optional<Elements> elements(String key) {
        Value value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.kind() != Kind.ARRAY) {
            throw wrong(key, "an array");
        }
        return Optional.of((Elements) value.value());
    }

    private int size(String key, Elements elements) {
        if (elements.count() > MAX_ELEMENTS) {
            throw wrong(key, "an array of at most %d elements".formatted(MAX_ELEMENTS));
        }
        return (int) elements.count();
    }

    private Value found(String key) {
        return Objects.requireNonNull(values.get(key), key);
    }

    private BadFile wrong(String key, String wanted) {
        Value value = found(key);
        return new BadFile(
                path,
                value.offset(),
                "the key %s should be %s, not %s"
                        .formatted(Json.quoted(key), wanted, value.kind().name().toLowerCase(Locale.ROOT)));
    }

    private BadFile wrongElements(String key, Elements elements, String wanted) {
        return new BadFile(
                path,
                found(key).offset(),
                "the key %s should be an array of %s, not of %s"
                        .formatted(
                                Json.quoted(key), wanted, elements.kind().name().toLowerCase(Locale.ROOT)));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Puts metadata together for a file to be written. */
    public static final class Builder {
        private final Map<String, Value> values = new LinkedHashMap<>();

        private Builder() {}

        /** Takes over every pair of {@code other}; arrays keep pointing at its bytes. */
        public Builder all(Metadata other) {
            other.values.forEach(this::put);
            return this;
        }

        public Builder put(String key, Value value) {
            values.put(key, value);
            return this;
        }

        private Builder put(String key, Kind kind, Object value) {
            return put(key, new Value(kind, value, -1));
        }

        public Builder remove(String key) {
            values.remove(key);
            return this;
        }

        public Builder string(String key, String value) {
            return put(key, Kind.STRING, value);
        }

        public Builder bool(String key, boolean value) {
            return put(key, Kind.BOOL, value);
        }

        public Builder u16(String key, int value) {
            return put(key, Kind.U16, checked(key, value, 0, 0xFFFF));
        }

        public Builder u32(String key, long value) {
            return put(key, Kind.U32, checked(key, value, 0, 0xFFFF_FFFFL));
        }

        public Builder i32(String key, int value) {
            return put(key, Kind.I32, (long) value);
        }

        /** Puts 64 bits that are read as unsigned. */
        public Builder u64(String key, long value) {
            return put(key, Kind.U64, value);
        }

        public Builder i64(String key, long value) {
            return put(key, Kind.I64, value);
        }

        public Builder f32(String key, float value) {
            return put(key, Kind.F32, (double) value);
        }

        public Builder f64(String key, double value) {
            return put(key, Kind.F64, value);
        }

        public Builder strings(String key, List<String> strings) {
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

        public Builder floats(String key, float... floats) {
            ByteBuffer bytes = ByteBuffer.allocate(floats.length * 4).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : floats) {
                bytes.putFloat(value);
            }
            return array(key, Kind.F32, floats.length, bytes.array());
        }

        public Builder ints(String key, int... ints) {
            ByteBuffer bytes = ByteBuffer.allocate(ints.length * 4).order(ByteOrder.LITTLE_ENDIAN);
            for (int value : ints) {
                bytes.putInt(value);
            }
            return array(key, Kind.I32, ints.length, bytes.array());
        }

        private Builder array(String key, Kind kind, long count, byte[] bytes) {
            return put(key, Kind.ARRAY, new Elements(kind, count, MemorySegment.ofArray(bytes)));
        }

        private static long checked(String key, long value, long least, long most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException("%s: %d is not from %d to %d".formatted(key, value, least, most));
            }
            return value;
        }

        public Metadata build() {
            return new Metadata(NOWHERE, new LinkedHashMap<>(values));
        }
    }
}
