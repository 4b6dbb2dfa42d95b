package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.model.Rope;
import dev.puna.model.Rope.Scaling;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Rotary positions as a {@code config.json} states them: in {@code rope_scaling}, or in the newer {@code rope_parameters}. */
final class Rotary {
    /** What else stands among the parameters says nothing to the type that they name. */
    private static final Set<String> KNOWN = Set.of("default", "linear", "llama3", "yarn");

    private final Fields config;
    private final int context;
    private final Optional<Fields> parameters;

    private Rotary(Fields config, int context) {
        this.config = config;
        this.context = context;
        // Where a file has both, transformers takes the older one; an empty one counts as none.
        this.parameters = parameters("rope_scaling").or(() -> parameters("rope_parameters"));
    }

    /** @param context positions of the stretched model */
    static Rope of(Fields config, int headSize, double defaultTheta, int context) {
        return new Rotary(config, context).rope(headSize, defaultTheta);
    }

    private Optional<Fields> parameters(String name) {
        return config.object(name).filter(object -> !object.names().isEmpty()).map(object -> flat(name, object));
    }

    /** One set of parameters for each kind of layer is fine as long as they are the same. */
    private Fields flat(String name, Fields nested) {
        List<Fields> kinds = nested.names().stream()
                .filter(kind -> kind.endsWith("_attention"))
                .map(nested::object)
                .flatMap(Optional::stream)
                .toList();
        if (kinds.isEmpty()) {
            return nested;
        }
        if (kinds.stream().distinct().count() > 1) {
            throw config.unsupported(name, "differ between kinds of layers, which is not supported");
        }
        return kinds.getFirst();
    }

    private Rope rope(int headSize, double defaultTheta) {
        double theta = parameters
                .filter(p -> p.has("rope_theta"))
                .or(() -> Optional.of(config).filter(c -> c.has("rope_theta")))
                .map(fields -> fields.positive("rope_theta"))
                .orElse(defaultTheta);
        double part = parameters
                .filter(p -> p.has("partial_rotary_factor"))
                .orElse(config)
                .number("partial_rotary_factor")
                .orElse(1);
        int dimensions = (int) (headSize * part);
        if (!(part > 0 && part <= 1) || dimensions < 2 || dimensions % 2 != 0) {
            throw config.bad("rotary positions cannot turn %s of a head of %d numbers: they turn pairs"
                    .formatted(part, headSize));
        }
        return new Rope(theta, dimensions, false, scaling());
    }

    private Scaling scaling() {
        if (parameters.isEmpty()) {
            return new Scaling.None();
        }
        Fields p = parameters.get();
        String type = p.text("rope_type").or(() -> p.text("type")).orElse("default");
        if (!KNOWN.contains(type)) {
            throw config.unsupported("the RoPE scaling %s is not supported; %s are"
                    .formatted(Json.write(type), String.join(", ", new TreeSet<>(KNOWN))));
        }
        return switch (type) {
            case "linear" -> new Scaling.Linear(p.positive("factor"));
            case "llama3" ->
                new Scaling.Llama3(
                        p.positive("factor"),
                        p.positive("low_freq_factor"),
                        p.positive("high_freq_factor"),
                        originalContext(p));
            case "yarn" -> yarn(p);
            default -> new Scaling.None();
        };
    }

    private Scaling yarn(Fields p) {
        int original = originalContext(p);
        double factor = p.has("factor") ? p.positive("factor") : (double) context / original;
        double mscale = p.number("mscale").orElse(0);
        double mscaleAll = p.number("mscale_all_dim").orElse(0);
        double amplitude = mscale != 0 && mscaleAll != 0
                ? amplitude(factor, mscale) / amplitude(factor, mscaleAll)
                : amplitude(factor, 1);
        return new Scaling.Yarn(
                factor,
                original,
                orDefault(p.number("beta_fast").orElse(0), 32),
                orDefault(p.number("beta_slow").orElse(0), 1),
                p.number("attention_factor").orElse(amplitude),
                p.flag("truncate").orElse(true));
    }

    /** How YaRN strengthens attention for a factor. */
    static double amplitude(double factor, double mscale) {
        return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
    }

    private static double orDefault(double value, double ifZero) {
        return value == 0 ? ifZero : value;
    }

    /** A value beside the parameters comes before one among them; without either it is the context itself. */
    private int originalContext(Fields p) throws BadFile {
        String name = "original_max_position_embeddings";
        if (config.has(name)) {
            return config.size(name);
        }
        return p.has(name) ? p.size(name) : context;
    }
}
