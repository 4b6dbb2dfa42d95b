package dev.puna.cli;

import dev.puna.cli.store.Licence;
import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import dev.puna.load.Checkpoint;
import dev.puna.model.Config;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model's files say of it, read without reading a weight: of a GGUF file, of safetensors, of a folder. All that
 * the loader checks is checked.
 *
 * @param format the format and its version
 * @param files the files that hold it
 * @param metadata what it says of itself, in its order; an array is a {@link List} or an {@link Array}
 * @param tensors its tensor table
 * @param templates chat templates by name; the usual one has the name {@code default}
 * @param licence what the files say of their licence
 * @param config the shape of the Llama, where it is one that Puna runs
 * @param obstacle why Puna does not run it; empty where it does
 */
record ModelFacts(
        String name,
        String format,
        List<Path> files,
        Map<String, Object> metadata,
        List<TensorEntry> tensors,
        Map<String, String> templates,
        Licence licence,
        Optional<Config> config,
        Optional<String> obstacle) {

    /** An array too long to be printed whole. */
    record Array(String kind, long count, List<Object> first) {}

    /** The longest array that even a JSON document holds whole: longer than any vocabulary or list of merges. */
    private static final long MAX_ARRAY = 2_000_000;

    private static final Pattern FRONT_LICENCE =
            Pattern.compile("(?m)^(license|license_name|license_link):\\s*[\"']?([^\"'\\n#]+?)[\"']?\\s*$");

    /** @throws BadFile where the files are not sound */
    static ModelFacts of(Path path) {
        if (Files.isDirectory(path)) {
            return folder(path);
        }
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json")) {
            return safetensors(path, path.toAbsolutePath().getParent());
        }
        if (!name.endsWith(".gguf")) {
            byte[] head = head(path);
            boolean gguf = new String(head, 0, Math.min(4, head.length), StandardCharsets.US_ASCII).equals("GGUF");
            if (!gguf && head.length > 8 && head[8] == '{') {
                return safetensors(path, path.toAbsolutePath().getParent());
            }
            if (!gguf) {
                throw new BadFile(path, -1, "is neither a GGUF file nor safetensors nor a model's folder");
            }
        }
        return gguf(path);
    }

    private static byte[] head(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(16);
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }

    /** What loading the model finds: its shape, or why it does not run. A file that is not sound is refused there too. */
    private record Loaded(Optional<Config> config, Optional<String> obstacle) {
        static Loaded of(Path path) {
            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                checkpoint.tokenizer(); // read when asked for; what brings text would ask
                return new Loaded(Optional.of(checkpoint.llama().config()), Optional.empty());
            } catch (BadFile bad) {
                if (!bad.isUnsupported()) {
                    throw bad;
                }
                String message = bad.getMessage();
                String place = path + ": ";
                return new Loaded(
                        Optional.empty(),
                        Optional.of(message.startsWith(place) ? message.substring(place.length()) : message));
            }
        }

        static Loaded not(String why) {
            return new Loaded(Optional.empty(), Optional.of(why));
        }
    }

    private static ModelFacts gguf(Path path) {
        try (Gguf file = Gguf.open(path)) {
            file.checkWhole();
            Metadata metadata = file.metadata();
            Optional<String> architecture = metadata.string("general.architecture");
            Loaded loaded;
            if (file.entries().isEmpty()) {
                loaded = Loaded.not(
                        "it has no tensors" + (metadata.has("tokenizer.ggml.tokens") ? ": a vocabulary only" : ""));
            } else if (architecture.isEmpty()) {
                loaded = Loaded.not("it names no architecture");
            } else if (!metadata.has(architecture.get() + ".block_count")) {
                loaded = Loaded.not("it has tensors but does not say how many layers: no whole model");
            } else {
                loaded = Loaded.of(path);
            }
            Map<String, Object> values = new LinkedHashMap<>();
            Map<String, String> templates = new LinkedHashMap<>();
            for (String key : metadata.keys()) {
                Metadata.Value value = metadata.value(key).orElseThrow();
                values.put(key, plain(value));
                if (key.startsWith("tokenizer.chat_template") && value.kind() == Metadata.Kind.STRING) {
                    String kind = key.substring("tokenizer.chat_template".length());
                    templates.put(kind.isEmpty() ? "default" : kind.substring(1), (String) value.value());
                }
            }
            Licence licence = metadata.string("general.license.name")
                    .or(() -> metadata.string("general.license"))
                    .map(name -> Licence.of(
                            name, metadata.string("general.license.link").orElse("")))
                    .orElse(Licence.UNKNOWN);
            return new ModelFacts(
                    metadata.string("general.name").filter(n -> !n.isBlank()).orElseGet(() -> fileName(path)),
                    "GGUF version " + file.version(),
                    file.files(),
                    values,
                    file.entries(),
                    templates,
                    licence,
                    loaded.config(),
                    loaded.obstacle());
        }
    }

    private static Object plain(Metadata.Value value) {
        return switch (value.kind()) {
            case U64 -> {
                long bits = (Long) value.value();
                yield bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
            }
            case F32 -> ((Double) value.value()).floatValue();
            case ARRAY -> {
                Metadata.Elements elements = (Metadata.Elements) value.value();
                List<Object> first = new ArrayList<>();
                elements.first(Math.min(elements.count(), MAX_ARRAY)).forEach(one -> first.add(plain(one)));
                yield elements.count() <= MAX_ARRAY
                        ? first
                        : new Array(
                                elements.kind().toString().toLowerCase(Locale.ROOT),
                                elements.count(),
                                first.subList(0, 8));
            }
            case U8, I8, U16, I16, U32, I32, I64, F64, BOOL, STRING -> value.value();
        };
    }

    /** Safetensors, with what lies beside them in their folder. */
    private static ModelFacts safetensors(Path path, Path folder) {
        try (Safetensors file = Safetensors.open(path)) {
            file.checkWhole();
            boolean model = Files.exists(folder.resolve("config.json"));
            Loaded loaded = model
                    ? Loaded.of(path)
                    : Loaded.not("no config.json lies beside it, which would say what the tensors are for");
            Map<String, Object> values = new LinkedHashMap<>();
            file.metadata().forEach((key, value) -> values.put("__metadata__." + key, value));
            for (String name : List.of("config.json", "generation_config.json")) {
                if (Files.exists(folder.resolve(name))) {
                    Json.object(Json.parse(folder.resolve(name)), folder.resolve(name), "the file")
                            .forEach((key, value) -> values.put(name.replace(".json", "") + "." + key, value));
                }
            }
            List<Path> files = new ArrayList<>(file.files());
            return new ModelFacts(
                    Files.isDirectory(path) ? fileName(path) : fileName(folder) + "/" + fileName(path),
                    Files.isDirectory(path) ? "Hugging Face folder, safetensors" : "safetensors",
                    files,
                    values,
                    file.entries(),
                    templates(folder),
                    licence(folder),
                    loaded.config(),
                    loaded.obstacle());
        }
    }

    private static ModelFacts folder(Path folder) {
        boolean weights = Files.exists(folder.resolve("model.safetensors"))
                || Files.exists(folder.resolve("model.safetensors.index.json"));
        if (weights) {
            return safetensors(folder, folder);
        }
        List<String> models = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{gguf,safetensors}")) {
            files.forEach(file -> models.add(file.getFileName().toString()));
        } catch (IOException e) {
            throw BadFile.unreadable(folder, e);
        }
        models.sort(null);
        throw new BadFile(
                folder,
                -1,
                "holds neither model.safetensors nor model.safetensors.index.json"
                        + (models.isEmpty() ? "" : "; name one of its files: " + String.join(", ", models)));
    }

    private static Map<String, String> templates(Path folder) {
        Map<String, String> templates = new LinkedHashMap<>();
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            templates.put("default", text(jinja));
        }
        for (String name : List.of("chat_template.json", "tokenizer_config.json")) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                Object value = Json.object(Json.parse(file), file, "the file").get("chat_template");
                if (value instanceof String source) {
                    templates.putIfAbsent("default", source);
                } else if (value instanceof List<?> several) {
                    for (Object one : several) {
                        if (one instanceof Map<?, ?> named
                                && named.get("name") instanceof String key
                                && named.get("template") instanceof String source) {
                            templates.putIfAbsent(key, source);
                        }
                    }
                }
            }
        }
        return templates;
    }

    /** What the model's card says at its head, as hubs read it. */
    private static Licence licence(Path folder) {
        Path card = folder.resolve("README.md");
        if (!Files.isRegularFile(card)) {
            return Licence.UNKNOWN;
        }
        String text = text(card);
        int end = text.startsWith("---") ? text.indexOf("\n---", 3) : -1;
        Map<String, String> found = new LinkedHashMap<>();
        Matcher line = FRONT_LICENCE.matcher(end < 0 ? "" : text.substring(0, end));
        while (line.find()) {
            found.putIfAbsent(line.group(1), line.group(2));
        }
        String name = found.getOrDefault("license", "");
        if (name.equals("other")) {
            name = found.getOrDefault("license_name", name);
        }
        return name.isEmpty() ? Licence.UNKNOWN : Licence.of(name, found.getOrDefault("license_link", ""));
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw BadFile.unreadable(file, e);
        }
    }

    private static String fileName(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** Bytes of the files on disk. */
    long fileBytes() {
        long sum = 0;
        for (Path file : files) {
            try {
                sum += Files.size(file);
            } catch (IOException e) {
                throw BadFile.unreadable(file, e);
            }
        }
        return sum;
    }

    long tensorBytes() {
        return tensors.stream().mapToLong(TensorEntry::bytes).sum();
    }

    /** Numbers in all tensors. */
    long parameters() {
        return tensors.stream().mapToLong(TensorEntry::elements).sum();
    }

    /** The number of tokens that the file's own vocabulary has. */
    OptionalLong vocabulary() {
        if (config.isPresent()) {
            return OptionalLong.of(config.get().vocab());
        }
        return switch (metadata.get("tokenizer.ggml.tokens")) {
            case List<?> tokens -> OptionalLong.of(tokens.size());
            case Array tokens -> OptionalLong.of(tokens.count());
            case null, default -> OptionalLong.empty();
        };
    }

    /** The kind of model, as the file names it. */
    Optional<String> architecture() {
        for (String key : List.of("general.architecture", "config.model_type")) {
            if (metadata.get(key) instanceof String name) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    /** Bytes of keys and values for that many tokens, by the types a cache can have. */
    Map<String, Long> cacheBytes(long tokens) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        config.ifPresent(c -> List.of(DType.F32, DType.F16, DType.Q8_0)
                .forEach(type -> bytes.put(type.name().toLowerCase(Locale.ROOT), c.cacheBytesPerToken(type) * tokens)));
        return bytes;
    }

    /** How many tensors of each type there are, and their bytes, the largest share first. */
    Map<String, long[]> types() {
        Map<String, long[]> types = new LinkedHashMap<>();
        for (TensorEntry tensor : tensors) {
            long[] sums = types.computeIfAbsent(tensor.typeName(), _ -> new long[2]);
            sums[0]++;
            sums[1] += tensor.bytes();
        }
        Map<String, long[]> sorted = new LinkedHashMap<>();
        types.entrySet().stream()
                .sorted((one, other) -> Long.compare(other.getValue()[1], one.getValue()[1]))
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }
}
