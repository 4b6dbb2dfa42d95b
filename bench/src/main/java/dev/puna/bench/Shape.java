package dev.puna.bench;

import dev.puna.model.Rope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sizes of one Llama.
 *
 * @param name what it is called, changes included
 * @param width numbers of a token between the layers
 * @param inner gates of a feed-forward part
 * @param tied whether the embedding is the output matrix too
 * @param scaling how its positions were stretched; {@code rope_freqs} says so where they were
 * @param vocabulary the tokens it comes with
 */
record Shape(
        String name,
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headSize,
        int inner,
        boolean tied,
        int context,
        double theta,
        Rope.Scaling scaling,
        Vocabulary vocabulary) {

    private static final List<Shape> BUILT_IN = List.of(
            new Shape(
                    "llama32-1b",
                    16,
                    2048,
                    32,
                    8,
                    64,
                    8192,
                    true,
                    131_072,
                    500_000,
                    new Rope.Scaling.Llama3(32, 1, 4, 8192),
                    Vocabulary.LLAMA3),
            new Shape(
                    "smollm2-135m",
                    30,
                    576,
                    9,
                    3,
                    64,
                    1536,
                    true,
                    8192,
                    100_000,
                    new Rope.Scaling.None(),
                    Vocabulary.SMOLLM2),
            new Shape(
                    "llama31-8b",
                    32,
                    4096,
                    32,
                    8,
                    128,
                    14_336,
                    false,
                    131_072,
                    500_000,
                    new Rope.Scaling.Llama3(8, 1, 4, 8192),
                    Vocabulary.LLAMA3));

    Shape {
        if (layers < 1 || width < 1 || heads < 1 || kvHeads < 1 || inner < 1 || context < 1) {
            throw new Refused(name + ": every size must be at least 1");
        }
        if (headSize < 2 || headSize % 2 != 0) {
            throw new Refused(name + ": heads of " + headSize + " numbers; positions turn pairs");
        }
        if (heads % kvHeads != 0) {
            throw new Refused(name + ": " + heads + " heads cannot share " + kvHeads + " of keys");
        }
    }

    /** The names of the shapes that are built in. */
    static List<String> names() {
        return BUILT_IN.stream().map(Shape::name).toList();
    }

    /**
     * The shape that a text names: {@code llama32-1b}, or one with changes, {@code llama32-1b,layers=4,vocab=32000}.
     *
     * @throws Refused if there is no such shape or size
     */
    static Shape of(String text) {
        String[] parts = text.split(",", -1);
        Shape base = BUILT_IN.stream()
                .filter(shape -> shape.name.equals(parts[0]))
                .findFirst()
                .orElseThrow(() ->
                        new Refused("there is no shape '" + parts[0] + "'; there are " + String.join(", ", names())));
        Map<String, Integer> sizes = new LinkedHashMap<>(Map.of(
                "layers", base.layers,
                "width", base.width,
                "heads", base.heads,
                "kv", base.kvHeads,
                "head", base.headSize,
                "inner", base.inner,
                "context", base.context,
                "vocab", base.vocabulary.size(),
                "tied", base.tied ? 1 : 0));
        for (int i = 1; i < parts.length; i++) {
            String[] change = parts[i].split("=", 2);
            if (change.length < 2 || !sizes.containsKey(change[0]) || !change[1].matches("\\d{1,8}")) {
                throw new Refused("'" + parts[i] + "' is no change of a shape; these are: "
                        + String.join(", ", sizes.keySet().stream().sorted().toList())
                        + ", each with =N");
            }
            sizes.put(change[0], Integer.parseInt(change[1]));
        }
        return new Shape(
                text.replace(',', '-').replace('=', '_'),
                sizes.getOrDefault("layers", 0),
                sizes.getOrDefault("width", 0),
                sizes.getOrDefault("heads", 0),
                sizes.getOrDefault("kv", 0),
                sizes.getOrDefault("head", 0),
                sizes.getOrDefault("inner", 0),
                sizes.getOrDefault("tied", 0) != 0,
                sizes.getOrDefault("context", 0),
                base.theta,
                base.scaling,
                base.vocabulary.ofSize(sizes.getOrDefault("vocab", 0)));
    }

    /** What each pair's frequency is divided by, where positions were stretched; else empty. */
    float[] divisors() {
        if (scaling instanceof Rope.Scaling.None) {
            return new float[0];
        }
        float[] plain = new Rope(theta, headSize, true, new Rope.Scaling.None()).frequencies();
        float[] divisors = new Rope(theta, headSize, true, scaling).frequencies();
        for (int i = 0; i < divisors.length; i++) {
            divisors[i] = plain[i] / divisors[i];
        }
        return divisors;
    }
}
