package dev.puna.file;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Many strings as their UTF-8 in one piece of memory. A vocabulary has some hundred thousand: as objects, all but a few
 * would be made for nothing.
 */
public final class Strings {
    /** Bytes of all strings together, their lengths among them. */
    static final int MAX_BYTES = 1 << 30;

    private final byte[] bytes;
    private final int[] starts;
    private final int[] ends;

    private Strings(byte[] bytes, int count) {
        this.bytes = bytes;
        starts = new int[count];
        ends = new int[count];
    }

    /** Strings as GGUF stores them: a length (u64), checked before, and as many bytes. */
    static Strings read(byte[] bytes, int count) {
        Strings strings = new Strings(bytes, count);
        int at = 0;
        for (int i = 0; i < count; i++) {
            int length = bytes[at] & 0xFF
                    | (bytes[at + 1] & 0xFF) << 8
                    | (bytes[at + 2] & 0xFF) << 16
                    | (bytes[at + 3] & 0xFF) << 24;
            strings.starts[i] = at + 8;
            at += 8 + length;
            strings.ends[i] = at;
        }
        return strings;
    }

    /** How many there are. */
    public int size() {
        return starts.length;
    }

    public String get(int i) {
        return new String(bytes, starts[i], ends[i] - starts[i], StandardCharsets.UTF_8);
    }

    /** The memory in which all of them lie; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /** Where in {@link #bytes} the string begins. */
    public int start(int i) {
        return starts[i];
    }

    /** Where in {@link #bytes} the string ends. */
    public int end(int i) {
        return ends[i];
    }

    /** All of them as objects. */
    public List<String> toList() {
        return IntStream.range(0, size()).mapToObj(this::get).toList();
    }
}
