package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.file.Strings;
import dev.puna.text.AddedTokens.Added;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The pieces of a vocabulary while a file is read: checks what every kind of file must hold to. */
final class Pieces {
    /** Bytes of one piece; the longest known are runs of 128 spaces and the like. */
    static final int MAX_BYTES = 16_384;

    /** Characters of a control or added token: each place of a text is compared with that many at most. */
    static final int MAX_ADDED = 1024;

    private final Path path;
    private final @Nullable String[] spellings;
    private final Kind[] kinds;
    private @Nullable Strings unmade;

    Pieces(Path path, int size) {
        this.path = path;
        spellings = new String[size];
        kinds = new Kind[size];
        Arrays.fill(kinds, Kind.UNUSED);
    }

    BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }

    int size() {
        return spellings.length;
    }

    void set(int id, String spelling, Kind kind) {
        String before = spellings[id];
        if (before != null && !before.equals(spelling)) {
            throw bad("token %d is both %s and %s".formatted(id, Json.quoted(before), Json.quoted(spelling)));
        }
        boolean added = kind == Kind.CONTROL || kind == Kind.USER_DEFINED;
        if (spelling.length() > (added ? MAX_ADDED : MAX_BYTES)) {
            throw bad(
                    "token %d is longer than the limit of %d characters".formatted(id, added ? MAX_ADDED : MAX_BYTES));
        }
        if (kind == Kind.BYTE && !isByteName(spelling)) {
            throw bad("token %d is a byte, but %s is not how one is written".formatted(id, Json.quoted(spelling)));
        }
        spellings[id] = spelling;
        kinds[id] = kind;
    }

    /** Takes all pieces at once; those of plain text are made into objects only where somebody asks for their spelling. */
    void setAll(Strings all, IntFunction<Kind> kind) {
        unmade = all;
        for (int id = 0; id < size(); id++) {
            kinds[id] = kind.apply(id);
            boolean plain = kinds[id] == Kind.NORMAL || kinds[id] == Kind.UNUSED;
            if (!plain || all.end(id) - all.start(id) > MAX_BYTES) {
                set(id, all.get(id), kinds[id]);
            }
        }
    }

    /** The spelling of a token; empty for an id that no token has. */
    String spelling(int id) {
        String spelling = spellings[id];
        return spelling != null ? spelling : unmade != null ? unmade.get(id) : "";
    }

    Kind kind(int id) {
        return kinds[id];
    }

    /** An id that the file names, or empty where it names none. */
    OptionalInt known(String what, long id) {
        if (id < 0 || id == 0xFFFF_FFFFL) {
            return OptionalInt.empty();
        }
        if (id >= size()) {
            throw bad("%s is %d, but there are only %d tokens".formatted(what, id, size()));
        }
        return OptionalInt.of((int) id);
    }

    /**
     * The vocabulary of these pieces.
     *
     * @param byteLevel whether pieces are written in the byte alphabet
     */
    Vocabulary vocabulary(boolean byteLevel) {
        var builder = Vocabulary.builder(size());
        byte[] room = new byte[MAX_BYTES];
        for (int id = 0; id < size(); id++) {
            Kind kind = kinds[id];
            if (unmade != null && spellings[id] == null) {
                int length =
                        byteLevel ? ByteAlphabet.bytes(unmade.bytes(), unmade.start(id), unmade.end(id), room, 0) : -1;
                if (length < 0) {
                    builder.add(unmade.bytes(), unmade.start(id), unmade.end(id), kind, byteLevel);
                } else {
                    builder.add(room, 0, length, kind, false);
                }
                continue;
            }
            byte[] utf8 = Utf8.encode(spelling(id));
            byte[] bytes = byteLevel ? ByteAlphabet.bytes(spelling(id)) : utf8;
            boolean literal = switch (kind) {
                case CONTROL, UNKNOWN -> true;
                case USER_DEFINED -> !byteLevel || !Arrays.equals(bytes, utf8);
                case NORMAL, UNUSED, BYTE -> bytes == null;
            };
            byte[] piece = literal || bytes == null ? utf8 : bytes;
            builder.add(piece, 0, piece.length, kind, literal);
        }
        try {
            return builder.build();
        } catch (Vocabulary.Duplicate e) {
            throw bad("tokens %d and %d are both %s".formatted(e.first, e.second, Json.quoted(spelling(e.first))));
        }
    }

    /** The ids of control and added tokens by their names. */
    Map<String, Integer> named() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < size(); id++) {
            if (kinds[id] == Kind.CONTROL || kinds[id] == Kind.USER_DEFINED) {
                ids.putIfAbsent(spelling(id), id);
            }
        }
        return ids;
    }

    /** Control, unknown and user-defined tokens, to be found in a text as they are spelt. */
    List<Added> added(boolean userDefined) {
        return added(userDefined, _ -> false);
    }

    /** The same, where some take the white space after them along. */
    List<Added> added(boolean userDefined, Predicate<String> rightStrip) {
        List<Added> added = new ArrayList<>();
        for (int id = 0; id < size(); id++) {
            Kind kind = kinds[id];
            if (kind == Kind.CONTROL || kind == Kind.UNKNOWN || userDefined && kind == Kind.USER_DEFINED) {
                String spelling = spelling(id);
                added.add(new Added(id, spelling, kind != Kind.USER_DEFINED, false, rightStrip.test(spelling), false));
            }
        }
        return added;
    }

    /** The ids of {@code <0x00>} to {@code <0xFF>}, -1 where there is none; null where there is not one of them. */
    static int @Nullable [] byteTokens(Vocabulary vocabulary) {
        int[] tokens = new int[256];
        boolean any = false;
        for (int b = 0; b < 256; b++) {
            byte[] name = Utf8.encode(byteName(b));
            tokens[b] = vocabulary.find(name, 0, name.length);
            any |= tokens[b] >= 0;
        }
        return any ? tokens : null;
    }

    static String byteName(int b) {
        return "<0x%02X>".formatted(b);
    }

    /** Whether this is how a byte token is written; {@code <0x0a>} counts as well. */
    static boolean isByteName(String spelling) {
        return spelling.length() == 6
                && spelling.startsWith("<0x")
                && spelling.endsWith(">")
                && HexFormat.isHexDigit(spelling.charAt(3))
                && HexFormat.isHexDigit(spelling.charAt(4));
    }
}
