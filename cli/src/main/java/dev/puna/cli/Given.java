package dev.puna.cli;

import dev.puna.file.BadFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Text and token ids that a command is given in files or on standard input: taken as they are, or refused. */
final class Given {
    static final Path STANDARD_INPUT = Path.of("standard input");

    private Given() {}

    /** A file's text, every byte of it; {@code -} is standard input. */
    static String text(Session session, Path file) {
        return utf8(bytes(session, file), shown(file));
    }

    /** All of standard input, every byte of it. */
    static String standardInput(Session session) {
        return utf8(bytes(session, Path.of("-")), STANDARD_INPUT);
    }

    /** Token ids separated by blanks and line ends. */
    static int[] ids(Session session, Path file) {
        byte[] bytes = bytes(session, file);
        int[] ids = new int[16];
        int count = 0;
        for (int at = 0; at < bytes.length; ) {
            if (blank(bytes[at])) {
                at++;
                continue;
            }
            int end = at;
            long id = 0;
            while (end < bytes.length && !blank(bytes[end])) {
                id = bytes[end] >= '0' && bytes[end] <= '9' && id >= 0 ? id * 10 + bytes[end] - '0' : -1;
                id = id > Integer.MAX_VALUE ? -1 : id;
                end++;
            }
            if (id < 0) {
                String word = new String(bytes, at, Math.min(end - at, 40), StandardCharsets.UTF_8);
                throw new BadFile(shown(file), at, "'" + Output.oneLine(word) + "' is no token id");
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = (int) id;
            at = end;
        }
        return Arrays.copyOf(ids, count);
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\n' || b == '\t' || b == '\r';
    }

    /** What errors call it. */
    static Path shown(Path file) {
        return file.toString().equals("-") ? STANDARD_INPUT : file;
    }

    /** A file's bytes; {@code -} is standard input. */
    static byte[] bytes(Session session, Path file) {
        if (Files.isDirectory(file)) {
            throw new Refused(file + ": is a directory, not a file");
        }
        try (InputStream in = file.toString().equals("-") ? session.input() : Files.newInputStream(file)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(shown(file) + ": " + e.getMessage(), e);
        }
    }

    /** Nothing is replaced: bytes that are no UTF-8 are refused with the place of the first. */
    static String utf8(byte[] bytes, Path shown) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            throw new BadFile(shown, in.position(), "is not UTF-8 text");
        }
        decoder.flush(out);
        return out.flip().toString();
    }
}
