package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.model.Config;
import dev.puna.model.Layer;
import dev.puna.model.Linear;
import dev.puna.model.Llama;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A file's tensors on their way into a Llama: each taken by name and checked against the configuration, none left over.
 * Matrices stay where they are; norms and biases, which are small, are decoded.
 */
final class Weights {
    private final Path path;
    private final Set<String> all;
    private final Function<String, Optional<Tensor>> tensors;
    private final Names names;
    private final Arena arena;
    private final Set<String> left;

    /**
     * @param all the names of the file's tensors, those included whose type we do not read
     * @param tensors one of them, or a BadFile for such a type
     * @param arena holds the decoded norms and biases
     */
    Weights(Path path, Set<String> all, Function<String, Optional<Tensor>> tensors, Names names, Arena arena) {
        this.path = path;
        this.all = all;
        this.tensors = tensors;
        this.names = names;
        this.arena = arena;
        this.left = new LinkedHashSet<>(all);
    }

    boolean has(String name) {
        return all.contains(name);
    }

    /** The model, with every tensor of the file in its place. */
    Llama llama(Config config) {
        Tensor embedding = config.tied() && !has(names.embedding() + ".weight")
                ? matrix(names.output(), config.vocab(), config.width())
                : matrix(names.embedding(), config.vocab(), config.width());
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.blocks().size(); i++) {
            layers.add(layer(config, i));
        }
        Tensor norm = vector(names.norm() + ".weight", config.width());
        Linear output = config.tied()
                ? new Linear.Plain(embedding, Optional.empty())
                : linear(names.output(), config.vocab(), config.width(), false);
        left.removeIf(name -> names.harmless().stream().anyMatch(name::matches));
        if (!left.isEmpty()) {
            String first = left.iterator().next();
            throw bad("tensor %s has no place in a '%s' of %d layers%s"
                    .formatted(
                            Json.write(first),
                            config.architecture(),
                            config.blocks().size(),
                            left.size() == 1 ? "" : ", nor have " + (left.size() - 1) + " more"));
        }
        return new Llama(config, embedding, layers, norm, output);
    }

    private Layer layer(Config config, int i) {
        int width = config.width();
        Config.Attention a = config.blocks().get(i).attention();
        List<Linear> qkv = stacked(
                i,
                names.qkv(),
                List.of(names.q(), names.k(), names.v()),
                List.of(a.queryWidth(), a.keyWidth(), a.keyWidth()),
                width,
                a.inputBias());
        var attention = new Layer.Attention(
                qkv.get(0),
                qkv.get(1),
                qkv.get(2),
                linear(names.inLayer(i, names.o()), width, a.queryWidth(), a.outputBias()),
                headNorm(i, names.qNorm(), a),
                headNorm(i, names.kNorm(), a));
        Layer.Ffn ffn = switch (config.blocks().get(i).ffn()) {
            case Config.Ffn.Dense dense -> {
                List<Linear> gateUp = stacked(
                        i,
                        names.gateUp(),
                        List.of(names.gate(), names.up()),
                        List.of(dense.inner(), dense.inner()),
                        width,
                        dense.bias());
                yield new Layer.Ffn.Dense(
                        gateUp.get(0),
                        gateUp.get(1),
                        linear(names.inLayer(i, names.down()), width, dense.inner(), dense.bias()));
            }
        };
        return new Layer(
                vector(names.inLayer(i, names.attentionNorm()) + ".weight", width),
                attention,
                vector(names.inLayer(i, names.ffnNorm()) + ".weight", width),
                ffn);
    }

    private Optional<Tensor> headNorm(int i, String name, Config.Attention a) {
        return a.headNorm() ? Optional.of(vector(names.inLayer(i, name) + ".weight", a.headSize())) : Optional.empty();
    }

    /** Maps of one input, each by its own name or all in one tensor, row after row. */
    private List<Linear> stacked(
            int layer, String together, List<String> apart, List<Integer> rows, int columns, boolean bias) {
        List<Linear> maps = new ArrayList<>();
        if (has(names.inLayer(layer, apart.getFirst()) + ".weight")
                || !has(names.inLayer(layer, together) + ".weight")) {
            for (int i = 0; i < apart.size(); i++) {
                maps.add(linear(names.inLayer(layer, apart.get(i)), rows.get(i), columns, bias));
            }
            return maps;
        }
        String name = names.inLayer(layer, together);
        long all = rows.stream().mapToLong(r -> r).sum();
        Tensor weight = matrix(name, all, columns);
        Optional<Tensor> biases = bias ? Optional.of(vector(name + ".bias", all)) : Optional.empty();
        long from = 0;
        for (int count : rows) {
            long first = from;
            maps.add(new Linear.Plain(
                    slice(weight, first, count, count, columns), biases.map(b -> slice(b, first, count, count))));
            from += count;
        }
        return maps;
    }

    /** So many rows of a matrix, or numbers of a vector. */
    private static Tensor slice(Tensor tensor, long from, long count, long... shape) {
        long unit = tensor.type().bytes(tensor.elements() / tensor.shape()[0]);
        return new Tensor(tensor.type(), shape, tensor.data().asSlice(from * unit, count * unit));
    }

    private Linear linear(String name, long rows, long columns, boolean bias) {
        return new Linear.Plain(
                matrix(name, rows, columns), bias ? Optional.of(vector(name + ".bias", rows)) : Optional.empty());
    }

    /** A matrix where the file has it. */
    private Tensor matrix(String name, long rows, long columns) {
        return take(name + ".weight", rows, columns);
    }

    /** A vector as F32, out of the file: kernels then load floats from one kind of memory only. */
    private Tensor vector(String name, long size) {
        Tensor tensor = take(name, size);
        Tensor decoded = Tensor.allocate(arena, DType.F32, size);
        tensor.type().decode(tensor.data(), 0, decoded.data(), 0, size);
        return decoded;
    }

    private Tensor take(String name, long... shape) {
        Tensor tensor = tensors.apply(name).orElseThrow(() -> bad("tensor " + Json.write(name) + " is missing"));
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw bad("tensor %s should be %s, not %s"
                    .formatted(Json.write(name), Arrays.toString(shape), Arrays.toString(tensor.shape())));
        }
        switch (tensor.type()) {
            case I8, I16, I32, I64, F64 ->
                throw bad("tensor %s is %s, which weights cannot be".formatted(Json.write(name), tensor.type()));
            default -> left.remove(name);
        }
        return tensor;
    }

    private BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }
}
