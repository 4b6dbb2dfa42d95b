package dev.puna.file;

import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model in GGUF, version 2 or 3, in one file or in parts. Opening it maps the files and checks all of their headers;
 * the tensors stay where they are in the mapping and live until {@link #close}.
 *
 * <p>A file may hold tensors of types that GGUF defines and Puna does not read yet. Such a file opens, and {@link
 * #entries} lists all of it; asking for such a tensor, or for all {@link #tensors}, is refused by name.
 */
public final class Gguf implements AutoCloseable {
    /** The key of the alignment of tensors, and what it is where the key is absent. */
    static final String ALIGNMENT = "general.alignment";

    static final int DEFAULT_ALIGNMENT = 32;

    private static final Pattern PART = Pattern.compile("(.*)-([0-9]{5})-of-([0-9]{5})\\.gguf");

    private final Path path;
    private final Arena arena;
    private final List<GgufPart> parts;
    private final List<TensorEntry> entries;
    private final Map<String, Tensor> readable = new LinkedHashMap<>();

    private Gguf(Path path, Arena arena, List<GgufPart> parts) {
        this.path = path;
        this.arena = arena;
        this.parts = parts;
        this.entries = parts.stream().flatMap(part -> part.entries().stream()).toList();
        for (GgufPart part : parts) {
            for (TensorEntry entry : part.entries()) {
                if (entry.type().isPresent()) {
                    readable.put(entry.name(), part.tensor(entry));
                }
            }
        }
    }

    /**
     * Opens a file, or all the parts that {@code name-00001-of-00003.gguf} belongs to, whichever of them is named.
     *
     * @throws BadFile if a file cannot be read, is not sound, or contradicts the others
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives in the result, which closes it
    public static Gguf open(Path path) {
        Arena arena = Arena.ofShared();
        try {
            return new Gguf(path, arena, parts(path, arena));
        } catch (Throwable t) {
            arena.close();
            throw t;
        }
    }

    private static List<GgufPart> parts(Path path, Arena arena) {
        GgufPart opened = GgufPart.open(path, arena);
        Matcher name = PART.matcher(String.valueOf(path.getFileName()));
        if (!name.matches()) {
            long count = opened.metadata().u32("split.count").orElse(1);
            if (count > 1) {
                throw new BadFile(
                        path,
                        -1,
                        "one of %d parts, but its name does not say which: it should end in -00001-of-%05d.gguf"
                                .formatted(count, count));
            }
            return List.of(opened);
        }
        int place = Integer.parseInt(name.group(2));
        int count = Integer.parseInt(name.group(3));
        if (place < 1 || place > count) {
            throw new BadFile(path, -1, "part %d of %d cannot be".formatted(place, count));
        }
        if (count == 1 && !opened.metadata().has("split.count")) {
            return List.of(opened);
        }
        List<GgufPart> parts = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            GgufPart part = opened;
            if (number != place) {
                Path file = path.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name.group(1), number, count));
                if (!Files.exists(file)) {
                    throw new BadFile(file, -1, "part %d of %d is missing".formatted(number, count));
                }
                part = GgufPart.open(file, arena);
            }
            checkPlace(part, number, count);
            parts.add(part);
        }
        checkTogether(parts);
        return parts;
    }

    /** What the part says of its place must be what its name says. */
    private static void checkPlace(GgufPart part, int number, int count) {
        OptionalLong said = part.metadata().u32("split.count");
        if (said.isEmpty() || said.getAsLong() != count) {
            throw new BadFile(
                    part.path(),
                    said.isEmpty()
                            ? -1
                            : part.metadata().value("split.count").orElseThrow().offset(),
                    "named as part %d of %d, but its split.count is %s"
                            .formatted(number, count, said.isEmpty() ? "absent" : said.getAsLong()));
        }
        OptionalLong place = part.metadata().u32("split.no");
        if (place.isEmpty() || place.getAsLong() != number - 1) {
            throw new BadFile(
                    part.path(),
                    place.isEmpty()
                            ? -1
                            : part.metadata().value("split.no").orElseThrow().offset(),
                    "named as part %d of %d, but its split.no is %s (counted from 0)"
                            .formatted(number, count, place.isEmpty() ? "absent" : place.getAsLong()));
        }
    }

    private static void checkTogether(List<GgufPart> parts) {
        Map<String, Path> holders = new LinkedHashMap<>();
        for (GgufPart part : parts) {
            for (TensorEntry entry : part.entries()) {
                Path other = holders.put(entry.name(), part.path());
                if (other != null) {
                    throw new BadFile(
                            part.path(),
                            entry.offset(),
                            "tensor %s is in %s too".formatted(Json.quoted(entry.name()), other.getFileName()));
                }
            }
        }
        for (GgufPart part : parts) {
            OptionalLong total = part.metadata().u32("split.tensors.count");
            if (total.isPresent() && total.getAsLong() != holders.size()) {
                throw new BadFile(
                        part.path(),
                        part.metadata()
                                .value("split.tensors.count")
                                .orElseThrow()
                                .offset(),
                        "its split.tensors.count is %d, but the parts have %d tensors"
                                .formatted(total.getAsLong(), holders.size()));
            }
        }
    }

    /** The file that was opened. */
    public Path path() {
        return path;
    }

    /** The format's version, 2 or 3. */
    public int version() {
        return parts.getFirst().version();
    }

    /** The pairs of the file, or of the first part. */
    public Metadata metadata() {
        return parts.getFirst().metadata();
    }

    /** Where the tensors' bytes begin in the file, or in the first part. */
    public long dataOffset() {
        return parts.getFirst().dataOffset();
    }

    /** The files: one, or all parts in order. */
    public List<Path> files() {
        return parts.stream().map(GgufPart::path).toList();
    }

    /** The tensor table, those tensors included whose type Puna does not read. */
    public List<TensorEntry> entries() {
        return entries;
    }

    /**
     * Every tensor, in the file's order.
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
     * One tensor, if the file has it.
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
