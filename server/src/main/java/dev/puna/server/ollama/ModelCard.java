package dev.puna.server.ollama;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Metadata;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import dev.puna.load.Checkpoint;
import dev.puna.model.Config;
import dev.puna.server.wire.Json;
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
 * @param config absent where Puna cannot run it
 * @param metadata of a GGUF file; long lists without their elements
 * @param lists the elements of these, the longest left out
 */
record ModelCard(
        String format,
        String family,
        String type,
        Optional<Config> config,
        Optional<String> template,
        Optional<String> licence,
        Map<String, @Nullable Object> metadata,
        Map<String, @Nullable Object> lists) {
    private static final int LONGEST = 300_000; // elements of a list that are given out

    static ModelCard of(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        boolean folder = Files.isDirectory(path) || name.endsWith(".safetensors") || name.endsWith(".json");
        Optional<Config> config = Optional.empty();
        Optional<String> template = Optional.empty();
        Optional<String> licence = Optional.empty();
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            config = Optional.of(checkpoint.llama().config());
            licence = checkpoint.licence();
            template = checkpoint.template().map(known -> known.source());
        } catch (BadFile unusable) {
            config = Optional.empty(); // it is listed all the same; whoever asks it is told why
        }
        try {
            return folder ? ofFolder(path, config, template, licence) : ofGguf(path, config, template, licence);
        } catch (BadFile unreadable) {
            return new ModelCard(
                    folder ? "safetensors" : "gguf", "", "", config, template, licence, Map.of(), Map.of());
        }
    }

    private static ModelCard ofGguf(
            Path path, Optional<Config> config, Optional<String> template, Optional<String> licence) {
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
            return new ModelCard("gguf", family, type(file.entries()), config, template, licence, scalars, lists);
        }
    }

    private static List<Object> elements(Metadata.Elements elements) {
        List<Object> all = new ArrayList<>();
        elements.first(LONGEST)
                .forEach(
                        one -> all.add(one.value() instanceof Metadata.Elements inner ? elements(inner) : one.value()));
        return all;
    }

    private static ModelCard ofFolder(
            Path path, Optional<Config> config, Optional<String> template, Optional<String> licence) {
        Path folder = Files.isDirectory(path) ? path : path.resolveSibling("").toAbsolutePath();
        Path json = folder.resolve("config.json");
        Map<String, @Nullable Object> fields =
                dev.puna.file.Json.object(dev.puna.file.Json.parse(json), json, "config.json");
        try (Safetensors file = Safetensors.open(path)) {
            String family = fields.get("model_type") instanceof String type ? type : "";
            return new ModelCard(
                    "safetensors", family, type(file.entries()), config, template, licence, Map.of(), Map.of());
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

    Map<String, @Nullable Object> details() {
        return Json.map(
                "parent_model",
                "",
                "format",
                format,
                "family",
                family,
                "families",
                family.isEmpty() ? List.of() : List.of(family),
                "parameter_size",
                config.map(known -> short_(known.parameters())).orElse(""),
                "quantization_level",
                type);
    }

    private static String short_(long parameters) {
        return parameters >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1fB", parameters / 1e9)
                : String.format(Locale.ROOT, "%.2fM", parameters / 1e6);
    }

    Map<String, @Nullable Object> shown(String id, boolean verbose) {
        Map<String, @Nullable Object> info = new LinkedHashMap<>(metadata);
        if (verbose) {
            info.putAll(lists);
        }
        config.ifPresent(known -> {
            info.putIfAbsent("general.architecture", family);
            info.putIfAbsent("general.parameter_count", known.parameters());
            info.putIfAbsent(family + ".context_length", known.context());
        });
        List<String> capabilities = new ArrayList<>(List.of("completion", "embedding"));
        template.ifPresent(source -> {
            capabilities.add("tools");
            if (source.contains("enable_thinking") || source.contains("reasoning_content")) {
                capabilities.add("thinking");
            }
        });
        Map<String, @Nullable Object> json = Json.map(
                "modelfile",
                "FROM " + id + "\n",
                "parameters",
                "",
                "template",
                template.orElse(""),
                "details",
                details(),
                "model_info",
                info,
                "capabilities",
                capabilities);
        licence.ifPresent(text -> json.put("license", text));
        return json;
    }
}
