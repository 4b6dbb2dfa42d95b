package dev.puna.text;

import dev.puna.file.BadFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the fields of a protobuf message one after another; knows nothing of what they mean. */
final class Protobuf {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private final Path path;
    private final byte[] bytes;
    private final int end;
    private int at;
    private int field;
    private int wire;

    Protobuf(Path path, byte[] bytes) {
        this(path, bytes, 0, bytes.length);
    }

    private Protobuf(Path path, byte[] bytes, int from, int to) {
        this.path = path;
        this.bytes = bytes;
        at = from;
        end = to;
    }

    int at() {
        return at;
    }

    private BadFile bad(int offset, String what) {
        return new BadFile(path, offset, what);
    }

    /** Goes to the next field; false at the end of the message. */
    boolean next() {
        if (at == end) {
            return false;
        }
        int start = at;
        long tag = varint();
        field = (int) (tag >>> 3);
        wire = (int) (tag & 7);
        if (tag >>> 3 == 0
                || tag >>> 32 != 0
                || wire != VARINT && wire != FIXED64 && wire != LENGTH && wire != FIXED32) {
            throw bad(start, "no field of a protobuf message is written so");
        }
        return true;
    }

    int field() {
        return field;
    }

    private void expect(int wanted) {
        if (wire != wanted) {
            throw bad(at, "field %d has the wire type %d, not %d".formatted(field, wire, wanted));
        }
    }

    private long varint() {
        int start = at;
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at == end) {
                throw bad(start, "the message ends within a number");
            }
            byte b = bytes[at++];
            value |= (b & 0x7FL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw bad(start, "a number longer than ten bytes");
    }

    int int32() {
        expect(VARINT);
        return (int) varint();
    }

    boolean bool() {
        expect(VARINT);
        return varint() != 0;
    }

    float float32() {
        expect(FIXED32);
        int from = take(4);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat(from);
    }

    Protobuf message() {
        expect(LENGTH);
        int length = length();
        int from = take(length);
        return new Protobuf(path, bytes, from, from + length);
    }

    byte[] bytes() {
        expect(LENGTH);
        int length = length();
        int from = take(length);
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    String string() {
        int start = at;
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw bad(start, "field %d is a text that is not UTF-8".formatted(field));
        }
    }

    void skip() {
        switch (wire) {
            case VARINT -> varint();
            case FIXED64 -> take(8);
            case FIXED32 -> take(4);
            default -> take(length());
        }
    }

    private int length() {
        int start = at;
        long length = varint();
        if (length < 0 || length > end - at) {
            throw bad(
                    start,
                    "field %d is %s bytes long, but %d are left"
                            .formatted(field, Long.toUnsignedString(length), end - at));
        }
        return (int) length;
    }

    /** Passes over so many bytes; where they begin. */
    private int take(int count) {
        if (count > end - at) {
            throw bad(at, "field %d is %d bytes long, but %d are left".formatted(field, count, end - at));
        }
        int from = at;
        at += count;
        return from;
    }
}
