package dev.puna.server.openai;

import dev.puna.server.wire.Failure;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A body of several parts ({@code multipart/form-data}), read once from its beginning to its end. */
final class Multipart {
    private static final int HEADER_BYTES = 8 << 10;
    private static final Pattern BOUNDARY =
            Pattern.compile("(?i)multipart/form-data\\s*;.*?boundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70})).*");
    private static final Pattern NAME = Pattern.compile("(?i)(?:^|;|\\s)name=\"([^\"]*)\"");
    private static final Pattern FILE = Pattern.compile("(?i)filename=\"([^\"]*)\"");

    /** The head of a part. */
    record Part(String name, Optional<String> filename) {}

    private final InputStream in;
    private final byte[] delimiter;

    /** @param type the header Content-Type */
    Multipart(InputStream in, Optional<String> type) throws IOException {
        Matcher boundary = BOUNDARY.matcher(type.orElse(""));
        if (!boundary.matches()) {
            throw Failure.of(Failure.Kind.WRONG_TYPE, "the body must be multipart/form-data");
        }
        String text = boundary.group(1) != null ? boundary.group(1) : boundary.group(2);
        this.in = new BufferedInputStream(in, 1 << 16);
        delimiter = ("\r\n--" + text).getBytes(StandardCharsets.ISO_8859_1);
        byte[] first = this.in.readNBytes(delimiter.length - 2);
        if (!new String(first, StandardCharsets.ISO_8859_1).equals("--" + text)) {
            throw broken();
        }
    }

    private static Failure broken() {
        return Failure.of(Failure.Kind.INVALID, "the body is not the multipart/form-data that it says it is");
    }

    /** The next part, whose content is to be {@link #copy copied}; absent after the last. */
    Optional<Part> next() throws IOException {
        byte[] after = in.readNBytes(2);
        if (after.length == 2 && after[0] == '-' && after[1] == '-') {
            return Optional.empty();
        }
        if (after.length < 2 || after[0] != '\r' || after[1] != '\n') {
            throw broken();
        }
        String name = null;
        Optional<String> filename = Optional.empty();
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (line.regionMatches(true, 0, "Content-Disposition:", 0, 20)) {
                Matcher named = NAME.matcher(line);
                name = named.find() ? named.group(1) : null;
                Matcher file = FILE.matcher(line);
                filename = file.find() ? Optional.of(file.group(1)) : Optional.empty();
            }
        }
        if (name == null) {
            throw broken();
        }
        return Optional.of(new Part(name, filename));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int one = in.read(); one != '\n'; one = in.read()) {
            if (one < 0 || line.size() > HEADER_BYTES) {
                throw broken();
            }
            line.write(one);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    /** Copies the content of the part. */
    void copy(OutputStream out, long most) throws IOException {
        int matched = 0;
        long copied = 0;
        while (matched < delimiter.length) {
            int one = in.read();
            if (one < 0) {
                throw broken();
            }
            if (one == (delimiter[matched] & 0xff)) {
                matched++;
                continue;
            }
            out.write(delimiter, 0, matched); // a delimiter has one CR, so nothing within can begin another
            copied += matched;
            matched = one == '\r' ? 1 : 0;
            if (matched == 0) {
                out.write(one);
                copied++;
            }
            if (copied > most) {
                throw Failure.of(Failure.Kind.TOO_LARGE, "a part has more than " + most + " bytes");
            }
        }
    }

    /** The content of the part as a short text. */
    String text() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        copy(bytes, HEADER_BYTES);
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
