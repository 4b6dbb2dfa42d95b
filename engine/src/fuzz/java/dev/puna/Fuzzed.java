package dev.puna;

import dev.puna.file.BadFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** What the fuzzer calls for every input that it makes up. */
public final class Fuzzed {
    /** How long each test looks for a fault. */
    public static final String DURATION = "5m";

    private static final Path FOLDER = newFolder();

    private Fuzzed() {}

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("fuzzed");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the files are written. */
    public static Path folder() {
        return FOLDER;
    }

    /** Has {@code reader} read a file with these bytes; a BadFile is an answer, anything else thrown is a finding. */
    public static void onlyBadFileComesOut(byte[] bytes, String name, Consumer<Path> reader) {
        Path file = FOLDER.resolve(name);
        try {
            Mutations.overwrite(file, bytes);
            reader.accept(file);
        } catch (BadFile expected) {
            // an answer, like any model that opens
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
