package dev.puna.server.openai;

import dev.puna.server.http.Exchange;
import dev.puna.server.store.StoredFiles;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /v1/files}: files that clients bring and take, each seen by its own account only. */
final class FilesApi {
    static final long FILE_BYTES = 512L << 20;
    private static final Set<String> PURPOSES =
            Set.of("assistants", "batch", "fine-tune", "vision", "user_data", "evals");
    private static final long LEAST_SECONDS = 3600;
    private static final long MOST_SECONDS = 2_592_000;

    private final StoredFiles files;

    FilesApi(StoredFiles files) {
        this.files = files;
    }

    void create(Exchange exchange) throws IOException {
        Path spool = Files.createTempFile("puna-upload", "");
        try {
            exchange.json(json(received(exchange, spool)));
        } finally {
            Files.deleteIfExists(spool);
        }
    }

    private StoredFiles.Stored received(Exchange exchange, Path spool) throws IOException {
        Multipart parts = new Multipart(exchange.body(), exchange.head().header("Content-Type"));
        MessageDigest digest = sha256();
        Optional<String> name = Optional.empty();
        String purpose = "";
        String anchor = "";
        OptionalLong seconds = OptionalLong.empty();
        for (Optional<Multipart.Part> part = parts.next(); part.isPresent(); part = parts.next()) {
            switch (part.get().name()) {
                case "purpose" -> purpose = parts.text();
                case "expires_after[anchor]" -> anchor = parts.text();
                case "expires_after[seconds]" -> seconds = OptionalLong.of(seconds(parts.text()));
                case "file" -> {
                    if (name.isPresent()) {
                        throw Failure.invalid("file", "is given twice");
                    }
                    name = Optional.of(
                            part.get().filename().filter(n -> !n.isEmpty()).orElse("file"));
                    try (OutputStream out = new BufferedOutputStream(
                            new DigestOutputStream(Files.newOutputStream(spool), digest), 1 << 16)) {
                        parts.copy(out, FILE_BYTES);
                    }
                }
                default -> throw Failure.invalid(shown(part.get().name()), "is not a field of this request");
            }
        }
        if (name.isEmpty()) {
            throw Failure.invalid("file", "is missing");
        }
        if (!PURPOSES.contains(purpose)) {
            throw Failure.invalid(
                    "purpose",
                    "must be one of " + Json.write(PURPOSES.stream().sorted().toList()));
        }
        if (seconds.isPresent() != anchor.equals("created_at") || (!anchor.isEmpty() && seconds.isEmpty())) {
            throw Failure.invalid("expires_after", "takes an anchor, which is \"created_at\", and seconds");
        }
        long now = Instant.now().getEpochSecond();
        StoredFiles.Stored file = new StoredFiles.Stored(
                "file-" + exchange.id().substring(4),
                now,
                shown(name.get()),
                purpose,
                Files.size(spool),
                HexFormat.of().formatHex(digest.digest()),
                seconds.isPresent() ? OptionalLong.of(now + seconds.getAsLong()) : OptionalLong.empty());
        try (InputStream bytes = Files.newInputStream(spool)) {
            files.add(exchange.account().name(), file, bytes);
        }
        return file;
    }

    private static String shown(String name) {
        return name.length() <= 200 ? name : name.substring(0, 200);
    }

    private static long seconds(String text) {
        if (!text.matches("\\d{1,9}") || Long.parseLong(text) < LEAST_SECONDS || Long.parseLong(text) > MOST_SECONDS) {
            throw Failure.invalid("expires_after[seconds]", "must be " + LEAST_SECONDS + " to " + MOST_SECONDS);
        }
        return Long.parseLong(text);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) { // every JDK has it
            throw new IllegalStateException(impossible);
        }
    }

    static Map<String, @Nullable Object> json(StoredFiles.Stored file) {
        return Json.map(
                "id",
                file.id(),
                "object",
                "file",
                "bytes",
                file.bytes(),
                "created_at",
                file.created(),
                "expires_at",
                file.expires().isPresent() ? (Object) file.expires().getAsLong() : null,
                "filename",
                file.name(),
                "purpose",
                file.purpose(),
                "status",
                "processed",
                "sha256",
                file.sha256());
    }

    private StoredFiles.Stored find(Exchange exchange) {
        return files.find(exchange.account().name(), exchange.parameter("file"))
                .orElseThrow(() -> Failure.of(Failure.Kind.NOT_FOUND, "there is no file of that id"));
    }

    void list(Exchange exchange) {
        Optional<String> purpose = exchange.head().query("purpose");
        List<StoredFiles.Stored> all = files.all(exchange.account().name()).stream()
                .filter(file -> purpose.isEmpty() || file.purpose().equals(purpose.get()))
                .toList();
        Page<StoredFiles.Stored> page = Page.of(exchange.head(), all, StoredFiles.Stored::id, true);
        exchange.json(page.json(FilesApi::json));
    }

    void get(Exchange exchange) {
        exchange.json(json(find(exchange)));
    }

    void delete(Exchange exchange) {
        StoredFiles.Stored file = find(exchange);
        boolean removed = files.remove(exchange.account().name(), file.id());
        exchange.json(Json.map("id", file.id(), "object", "file", "deleted", removed));
    }

    void content(Exchange exchange) {
        StoredFiles.Stored file = find(exchange);
        var stream = exchange.stream("application/octet-stream", "");
        files.copy(file.id(), stream.bytes());
        stream.end();
    }
}
