package dev.puna.cli.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What a file's bytes must hash to.
 *
 * @param kind the hash
 * @param hex its value, in lower case
 */
public record Digest(Kind kind, String hex) {
    /** The hashes that the sources publish. */
    public enum Kind {
        SHA_256("SHA-256", 64),
        SHA_512("SHA-512", 128),
        SHA_1("SHA-1", 40),
        /** SHA-1 of the length and the bytes, as git names its blobs; the hub has it for small files. */
        GIT_BLOB("SHA-1", 40);

        private final String algorithm;
        private final int digits;

        Kind(String algorithm, int digits) {
            this.algorithm = algorithm;
            this.digits = digits;
        }

        /** A fresh computation over {@code bytes} bytes to come. */
        MessageDigest start(long bytes) {
            MessageDigest digest = sha(algorithm);
            if (this == GIT_BLOB) {
                digest.update(("blob " + bytes + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            return digest;
        }

        @Override
        public String toString() {
            return this == GIT_BLOB ? "git hash" : algorithm;
        }
    }

    public Digest {
        hex = hex.toLowerCase(Locale.ROOT);
        if (hex.length() != kind.digits || !hex.matches("[0-9a-f]+")) {
            throw new IllegalArgumentException("not a " + kind + ": " + hex);
        }
    }

    public static Digest sha256(String hex) {
        return new Digest(Kind.SHA_256, hex);
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The SHA-256 of a text, for names of files of ours. */
    static String ofText(String text) {
        MessageDigest digest = sha("SHA-256");
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }

    private static MessageDigest sha(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }
}
