package dev.puna.server.ollama;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Metadata;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import dev.puna.load.Checkpoint;
import dev.puna.model.Config;
import dev.puna.server.core.Infill;
import dev.puna.server.core.Library;
import dev.puna.server.wire.Json;
import dev.puna.text.ChatTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a model's files say of it.
 *
 * @param format gguf or safetensors
 * @param family what its metadata calls its architecture
 * @param type that most of its bytes have
 * @param loaded what opening it found
 * @param metadata of a GGUF file; null for lists
 * @param lists the elements of these; null for the longest
 */
record ModelCard(
        String format,
        String family,
        String type,
        Loaded loaded,
        Map<String, @Nullable Object> metadata,
        Map<String, @Nullable Object> lists) {
    private static final int LONGEST = 300_000; // elements of a list that are given out

    /**
     * A model as it would run; all empty where Puna cannot run it.
     *
     * @param infill whether it was trained to fill in the text between two others
     */
    record Loaded(Optional<Config> config, Optional<String> template, Optional<String> licence, boolean infill) {
        static Loaded of(Path path) {
            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                return new Loaded(
                        Optional.of(checkpoint.llama().config()),
                        checkpoint.template().map(ChatTemplate::source),
                        checkpoint.licence(),
                        checkpoint.tokenizer().map(Infill::knownTo).orElse(false));
            } catch (BadFile unusable) { // it is listed all the same; whoever asks it is told why
                return new Loaded(Optional.empty(), Optional.empty(), Optional.empty(), false);
            }
        }
    }

    static ModelCard of(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        boolean folder = Files.isDirectory(path) || name.endsWith(".safetensors") || name.endsWith(".json");
        Loaded loaded = Loaded.of(path);
        try {
            return folder ? ofFolder(path, loaded) : ofGguf(path, loaded);
        } catch (BadFile unreadable) {
            return new ModelCard(folder ? "safetensors" : "gguf", "", "", loaded, Map.of(), Map.of());
        }
    }

    private static ModelCard ofGguf(Path path, Loaded loaded) {
        try (Gguf file = Gguf.open(path)) {
            Map<String, @Nullable Object> scalars = new LinkedHashMap<>();
            Map<String, @Nullable Object> lists = new LinkedHashMap<>();
            for (String key : file.metadata().keys()) {
                Metadata.Value value = file.metadata().value(key).orElseThrow();
                if (value.value() instanceof Metadata.Elements elements) {
                    scalars.put(key, null);
                    lists.put(key, elements.count() <= LONGEST ? elements(elements) : null);
                } else if (!key.equals("tokenizer.chat_template")) {
                    scalars.put(key, value.value());
                }
            }
            String family = file.metadata().string("general.architecture").orElse("");
            return new ModelCard("gguf", family, type(file.entries()), loaded, scalars, lists);
        }
    }

    private static List<Object> elements(Metadata.Elements elements) {
        List<Object> all = new ArrayList<>();
        for (Metadata.Value one : elements.first(LONGEST)) {
            all.add(one.value() instanceof Metadata.Elements inner ? elements(inner) : one.value());
        }
        return all;
    }

    private static ModelCard ofFolder(Path path, Loaded loaded) {
        Path folder = Files.isDirectory(path) ? path : path.resolveSibling("").toAbsolutePath();
        Path json = folder.resolve("config.json");
        Map<String, @Nullable Object> fields =
                dev.puna.file.Json.object(dev.puna.file.Json.parse(json), json, "config.json");
        try (Safetensors file = Safetensors.open(path)) {
            String family = fields.get("model_type") instanceof String type ? type : "";
            return new ModelCard("safetensors", family, type(file.entries()), loaded, Map.of(), Map.of());
        }
    }

    private static String type(List<TensorEntry> tensors) {
        Map<String, Long> bytes = new HashMap<>();
        tensors.forEach(tensor -> bytes.merge(tensor.typeName(), tensor.bytes(), Long::sum));
        return bytes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("");
    }

    /** @param parent the model that it adapts, or nothing */
    Map<String, @Nullable Object> details(String parent) {
        return Json.map(
                "parent_model",
                parent,
                "format",
                format,
                "family",
                family,
                "families",
                family.isEmpty() ? List.of() : List.of(family),
                "parameter_size",
                loaded.config().map(known -> rounded(known.parameters())).orElse(""),
                "quantization_level",
                type);
    }

    private static String rounded(long parameters) {
        return parameters >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1fB", parameters / 1e9)
                : String.format(Locale.ROOT, "%.2fM", parameters / 1e6);
    }

    Map<String, @Nullable Object> shown(Library.Entry entry, boolean verbose) {
        Map<String, @Nullable Object> info = new LinkedHashMap<>(metadata);
        if (verbose) {
            info.putAll(lists);
        }
        loaded.config().ifPresent(known -> {
            info.putIfAbsent("general.architecture", family);
            info.putIfAbsent("general.parameter_count", known.parameters());
            info.putIfAbsent(family + ".context_length", known.context());
        });
        List<String> capabilities = new ArrayList<>(List.of("completion", "embedding"));
        loaded.template().ifPresent(source -> {
            capabilities.add("tools");
            if (source.contains("enable_thinking") || source.contains("reasoning_content")) {
                capabilities.add("thinking");
            }
        });
        if (loaded.infill()) {
            capabilities.add("insert");
        }
        Map<String, @Nullable Object> json = Json.map(
                "modelfile",
                entry.base()
                        .map(base -> "FROM " + base + "\nADAPTER " + entry.id() + "\n")
                        .orElse("FROM " + entry.id() + "\n"),
                "parameters",
                "",
                "template",
                loaded.template().orElse(""),
                "details",
                details(entry.base().orElse("")),
                "model_info",
                info,
                "capabilities",
                capabilities);
        loaded.licence().ifPresent(text -> json.put("license", text));
        return json;
    }
}
