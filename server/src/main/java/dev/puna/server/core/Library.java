package dev.puna.server.core;

import dev.puna.server.wire.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Where models come from: the names that clients may use and the files behind them. Any thread may ask. */
public interface Library {
    /**
     * A model by its name.
     *
     * @param id what clients call it: a name of the catalogue or of a file, without any path
     * @param bytes of all its files
     * @param modified when it came
     * @param sha256 of its file, where that is known
     * @param description one line, may be empty
     * @param licence its name, where that is known
     * @param base the model that it adapts, where it is an adapter
     */
    record Entry(
            String id,
            long bytes,
            Instant modified,
            Optional<String> sha256,
            String description,
            Optional<String> licence,
            Optional<String> base) {
        /** A model of its own. */
        public Entry(
                String id,
                long bytes,
                Instant modified,
                Optional<String> sha256,
                String description,
                Optional<String> licence) {
            this(id, bytes, modified, sha256, description, licence, Optional.empty());
        }
    }

    /** Told how far a download is. */
    @FunctionalInterface
    interface Progress {
        /**
         * @param what is being done, in a few words
         * @param total 0 where it is not known
         */
        void at(String what, long done, long total);
    }

    /** All models that can be served without fetching anything. */
    List<Entry> entries();

    /** The file or folder of one of the entries; for an adapter, its model's. */
    Path path(String id) throws IOException;

    /** The file or folder of an adapter. */
    default Optional<Path> adapter(String id) {
        return Optional.empty();
    }

    /** Fetches a model; a library that cannot refuses. */
    default Entry pull(String reference, Progress progress) {
        throw Failure.of(Failure.Kind.NOT_OFFERED, "this server does not fetch models");
    }

    /** Removes a model from the disk; a library that cannot refuses. */
    default void delete(String id) {
        throw Failure.of(Failure.Kind.NOT_OFFERED, "this server does not remove models");
    }

    /** Gives a model another name too; a library that cannot refuses. */
    default void copy(String from, String to) {
        throw Failure.of(Failure.Kind.NOT_OFFERED, "this server does not copy models");
    }

    /**
     * These files and folders, by their own names.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    static Library of(Path... models) {
        Map<String, Path> paths = new LinkedHashMap<>();
        for (Path model : models) {
            String id = String.valueOf(model.toAbsolutePath().normalize().getFileName());
            if (paths.put(id, model) != null) {
                throw new IllegalArgumentException("two models are called " + id);
            }
        }
        return new Library() {
            @Override
            public List<Entry> entries() {
                return paths.entrySet().stream()
                        .map(entry -> entry(entry.getKey(), entry.getValue()))
                        .toList();
            }

            @Override
            public Path path(String id) {
                return java.util.Objects.requireNonNull(paths.get(id), id);
            }
        };
    }

    /** What can be said of a file or folder alone. */
    static Entry entry(String id, Path path) {
        try (Stream<Path> files = Files.isDirectory(path) ? Files.list(path) : Stream.of(path)) {
            long bytes = 0;
            for (Path file : files.toList()) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
            return new Entry(
                    id, bytes, Files.getLastModifiedTime(path).toInstant(), Optional.empty(), "", Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
