package dev.puna.server.http;

import dev.puna.server.wire.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys that may use the server. A file of keys has one a line: a name and a key, or a key alone; {@code sha256:} and
 * 64 hex digits stand for the key with that hash, so that the file need not hold the key itself. Empty lines and lines
 * that begin with {@code #} say nothing. Only hashes are kept in memory.
 */
public final class Keys {
    /** Every key passes, and no key too. */
    public static final Keys NONE = new Keys(List.of());

    private static final String HASHED = "sha256:";

    private record Entry(byte[] hash, Account account) {}

    private final List<Entry> entries;

    private Keys(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * Reads a file of keys.
     *
     * @throws IllegalArgumentException naming the line that cannot be read, or if there is no key at all
     */
    public static Keys read(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            String[] words = line.strip().split("\\s+");
            if (words[0].isEmpty() || words[0].startsWith("#")) {
                continue;
            }
            String key = words[words.length - 1];
            byte[] hash;
            if (key.startsWith(HASHED)) {
                if (!key.matches(HASHED + "[0-9a-fA-F]{64}")) {
                    throw new IllegalArgumentException(file + ":" + number + ": sha256: takes 64 hex digits");
                }
                hash = HexFormat.of().parseHex(key.substring(HASHED.length()));
            } else {
                hash = hash(key);
            }
            if (words.length > 2) {
                throw new IllegalArgumentException(file + ":" + number + ": a line is a name and a key, or a key");
            }
            String name = words.length == 2 ? words[0] : "key-" + HexFormat.of().formatHex(hash, 0, 4);
            entries.add(new Entry(hash, new Account(name)));
        }
        if (entries.isEmpty()) {
            throw new IllegalArgumentException(file + ": holds no key");
        }
        return new Keys(entries);
    }

    public boolean configured() {
        return !entries.isEmpty();
    }

    /** A new key: 32 random bytes. */
    public static String random() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return "puna-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** How a file of keys spells a key without holding it. */
    public static String hashed(String key) {
        return HASHED + HexFormat.of().formatHex(hash(key));
    }

    /**
     * Whose key that is.
     *
     * @throws Failure 401 if it is nobody's
     */
    Account account(Optional<String> key) {
        if (entries.isEmpty()) {
            return Account.LOCAL;
        }
        byte[] given = hash(key.orElse(""));
        @Nullable Account found = null;
        for (Entry entry : entries) { // all of them, so that the time tells nothing
            if (MessageDigest.isEqual(entry.hash(), given)) {
                found = entry.account();
            }
        }
        if (found == null || key.isEmpty()) {
            throw Failure.of(
                    Failure.Kind.UNAUTHORISED,
                    key.isEmpty() ? "an API key is needed and none was given" : "the API key is not a valid one");
        }
        return found;
    }

    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) { // every JDK has it
            throw new IllegalStateException(impossible);
        }
    }
}
