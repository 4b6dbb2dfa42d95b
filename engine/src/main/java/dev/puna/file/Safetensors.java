package dev.puna.file;

import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors in safetensors: one file, or an index ({@code model.safetensors.index.json}) and the shards it names. Opening
 * maps the files and checks all of their headers; the tensors stay where they are in the mapping and live until {@link
 * #close}. As with {@link Gguf}, types that Puna does not read are listed, and refused when asked for.
 */
public final class Safetensors implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final List<SafetensorsPart> parts;
    private final List<TensorEntry> entries;
    private final Map<String, Tensor> readable = new LinkedHashMap<>();

    private Safetensors(Path path, Arena arena, List<SafetensorsPart> parts) {
        this.path = path;
        this.arena = arena;
        this.parts = parts;
        this.entries = parts.stream().flatMap(part -> part.entries().stream()).toList();
        for (SafetensorsPart part : parts) {
            for (TensorEntry entry : part.entries()) {
                entry.type().ifPresent(type -> readable.put(entry.name(), part.tensor(entry)));
            }
        }
    }

    /**
     * Opens a file, an index, or a folder that holds {@code model.safetensors} or else {@code model.safetensors.index.json}.
     *
     * @throws BadFile if a file cannot be read, is not sound, or contradicts the others
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives in the result, which closes it
    public static Safetensors open(Path path) {
        Path file = path;
        if (Files.isDirectory(path)) {
            Path index = path.resolve("model.safetensors.index.json");
            Path whole = path.resolve("model.safetensors");
            file = !Files.exists(whole) && Files.exists(index) ? index : whole;
        }
        Arena arena = Arena.ofShared();
        try {
            boolean isIndex = String.valueOf(file.getFileName()).endsWith(".json");
            return new Safetensors(
                    path, arena, isIndex ? shards(file, arena) : List.of(SafetensorsPart.open(file, arena)));
        } catch (Throwable t) {
            arena.close();
            throw t;
        }
    }

    private static List<SafetensorsPart> shards(Path index, Arena arena) {
        Map<String, Object> map = Json.object(
                Json.object(Json.parse(index), index, "the index").get("weight_map"), index, "weight_map of the index");
        Map<Path, List<String>> wanted = new LinkedHashMap<>();
        map.forEach((name, shard) -> {
            Path file = shardFile(index, shard);
            wanted.computeIfAbsent(file, _ -> new ArrayList<>()).add(name);
        });
        List<SafetensorsPart> parts = new ArrayList<>();
        Map<String, Path> holders = new LinkedHashMap<>();
        wanted.forEach((file, names) -> {
            if (!Files.exists(file)) {
                throw new BadFile(file, -1, "missing, though %s names it".formatted(index.getFileName()));
            }
            SafetensorsPart part = SafetensorsPart.open(file, arena);
            for (TensorEntry entry : part.entries()) {
                Path other = holders.put(entry.name(), file);
                if (other != null) {
                    throw new BadFile(
                            file,
                            entry.offset(),
                            "tensor %s is in %s too".formatted(Json.quoted(entry.name()), other.getFileName()));
                }
            }
            LinkedHashSet<String> missing = new LinkedHashSet<>(names);
            part.entries().forEach(entry -> missing.remove(entry.name()));
            if (!missing.isEmpty()) {
                throw new BadFile(
                        file,
                        -1,
                        "has no tensor %s, though %s says so"
                                .formatted(Json.quoted(missing.getFirst()), index.getFileName()));
            }
            parts.add(part);
        });
        return parts;
    }

    /** A shard lies beside its index: a name that leads elsewhere is refused. */
    private static Path shardFile(Path index, Object shard) {
        if (shard instanceof String name
                && !name.isEmpty()
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))
                && !name.equals(".")
                && !name.equals("..")) {
            try {
                return index.resolveSibling(name);
            } catch (InvalidPathException _) {
                // characters that this system's file names cannot hold
            }
        }
        throw new BadFile(
                index,
                -1,
                "weight_map names %s, which is not the name of a file beside the index"
                        .formatted(Json.quoted(String.valueOf(shard))));
    }

    /** The file, index or folder that was opened. */
    public Path path() {
        return path;
    }

    /** The files with tensors, in order. */
    public List<Path> files() {
        return parts.stream().map(SafetensorsPart::path).toList();
    }

    /** The text pairs of the file, or of all shards together. */
    public Map<String, String> metadata() {
        Map<String, String> all = new LinkedHashMap<>();
        parts.forEach(part -> all.putAll(part.metadata()));
        return all;
    }

    /** The tensor table, those tensors included whose type Puna does not read. */
    public List<TensorEntry> entries() {
        return entries;
    }

    /**
     * Every tensor, in the order of the files' bytes.
     *
     * @throws BadFile if one has a type that Puna does not read, or a file was cut short since it was opened
     */
    public Map<String, Tensor> tensors() {
        checkWhole();
        for (TensorEntry entry : entries) {
            if (entry.type().isEmpty()) {
                throw entry.unread();
            }
        }
        return Collections.unmodifiableMap(readable);
    }

    /**
     * One tensor, if it is there.
     *
     * @throws BadFile if it has a type that Puna does not read
     */
    public Optional<Tensor> tensor(String name) {
        Tensor tensor = readable.get(name);
        if (tensor == null) {
            entries.stream()
                    .filter(entry -> entry.name().equals(name))
                    .findFirst()
                    .ifPresent(entry -> {
                        throw entry.unread();
                    });
        }
        return Optional.ofNullable(tensor);
    }

    /** Refuses files that were cut short since they were opened; a touch of their lost pages fails with an InternalError. */
    public void checkWhole() {
        parts.forEach(part -> Mapped.checkWhole(part.path(), part.bytes()));
    }

    /** Unmaps the files; their tensors are gone. */
    @Override
    public void close() {
        arena.close();
    }
}
