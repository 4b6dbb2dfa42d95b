package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A PEFT folder's {@code adapter_config.json}. What changes the arithmetic and is not known is refused by its name. */
final class PeftConfig {
    /** Whatever is in one of these, the product alone would be another model. */
    private static final List<String> FOREIGN = List.of(
            "use_dora",
            "fan_in_fan_out",
            "lora_bias",
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters",
            "alora_invocation_tokens",
            "arrow_config",
            "use_qalora",
            "use_bdlora",
            "loftq_config",
            "corda_config");

    /** Initialisations that leave the model's own weights as they are. */
    private static final Set<Object> HARMLESS = Set.of(true, false, "gaussian", "eva", "orthogonal");

    /** {@code base_model.model.} and the module's name; older files name the adapter too. */
    private static final Pattern TENSOR =
            Pattern.compile("(?:base_model\\.model\\.)?(.+)\\.lora_([AB])(?:\\.[^.]+)?\\.weight");

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.]+");

    private final Fields json;
    private final int rank;
    private final double alpha;
    private final boolean rankStable;
    private final Optional<Fields> ranks;
    private final Optional<Fields> alphas;

    private PeftConfig(Fields json) {
        this.json = json;
        String type = json.text("peft_type").orElse("");
        if (!type.equals("LORA")) {
            throw json.unsupported("peft_type", "is " + Json.write(type) + "; LORA is supported");
        }
        for (String name : FOREIGN) {
            if (!json.isZero(name)) {
                throw json.unsupported(name, "is not supported");
            }
        }
        if (!json.text("bias").orElse("none").equals("none")) {
            throw json.unsupported("bias", "is not supported");
        }
        if (json.has("init_lora_weights") && HARMLESS.stream().noneMatch(v -> json.is("init_lora_weights", v))) {
            throw json.unsupported("init_lora_weights", "changes the model's own weights, which is not supported");
        }
        rank = json.size("r");
        alpha = json.number("lora_alpha").orElseThrow(() -> json.bad("lora_alpha", "is missing"));
        rankStable = json.flag("use_rslora").orElse(false);
        ranks = patterns("rank_pattern");
        alphas = patterns("alpha_pattern");
    }

    static PeftConfig of(Path path) {
        if (!Files.exists(path)) {
            throw new BadFile(path, -1, "missing: an adapter of safetensors needs it");
        }
        return new PeftConfig(Fields.of(path));
    }

    private Optional<Fields> patterns(String name) {
        Optional<Fields> patterns = json.object(name);
        patterns.ifPresent(fields -> fields.names().forEach(key -> {
            if (!PLAIN.matcher(key).matches()) {
                throw fields.unsupported(key, "is a pattern; names of modules are supported");
            }
        }));
        return patterns;
    }

    /** Which matrix of which map a tensor is. */
    AdapterFile.Module module(Path file, String tensor) {
        Matcher name = TENSOR.matcher(tensor);
        if (!name.matches()) {
            throw BadFile.unsupported(
                    file, -1, "tensor " + Json.write(tensor) + " is no part of a LoRA that is supported");
        }
        return new AdapterFile.Module(name.group(1), name.group(2).equals("A"));
    }

    /** How strongly a module's product counts. */
    double scale(String module, long found) {
        int stated =
                own(ranks, module).map(key -> ranks.orElseThrow().size(key)).orElse(rank);
        if (stated != found) {
            throw json.bad("r", "is %d, and %s has rank %d".formatted(stated, Json.write(module), found));
        }
        double strength = own(alphas, module)
                .map(key -> alphas.orElseThrow().number(key).orElse(0))
                .orElse(alpha);
        return strength / (rankStable ? Math.sqrt(stated) : stated);
    }

    /** The key that names a module by its end. */
    private static Optional<String> own(Optional<Fields> patterns, String module) {
        return patterns.flatMap(fields -> fields.names().stream()
                .filter(key -> module.equals(key) || module.endsWith("." + key))
                .findFirst());
    }
}
