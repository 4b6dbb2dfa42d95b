package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Json;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import dev.puna.model.Adapter;
import dev.puna.model.Adapter.LowRank;
import dev.puna.model.Config;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An adapter (LoRA) as it lies on disk, opened for a model: a PEFT folder ({@code adapter_config.json} and {@code
 * adapter_model.safetensors}) or a GGUF file. Its matrices are mapped, so it must stay open as long as it is used.
 *
 * <p>The two dialects order the rows of queries and keys differently where rotated pairs are neighbours. An adapter in the
 * other order than the model's has those rows moved, so that each kind of adapter suits each kind of file.
 */
public final class AdapterFile implements AutoCloseable {
    private final Path path;
    private final Runnable unmap;
    private final Arena arena;
    private final Adapter adapter;

    private AdapterFile(Path path, Runnable unmap, Arena arena, Adapter adapter) {
        this.path = path;
        this.unmap = unmap;
        this.arena = arena;
        this.adapter = adapter;
    }

    /**
     * Opens an adapter.
     *
     * @param path a PEFT folder, its safetensors file, or a GGUF file
     * @param config of the model to adapt
     * @throws BadFile if it cannot be used for this model, with the reason
     */
    public static AdapterFile open(Path path, Config config) {
        if (Files.isDirectory(path)) {
            return peft(path, path.resolve("adapter_model.safetensors"), config);
        }
        if (String.valueOf(path.getFileName()).endsWith(".safetensors")) {
            return peft(path.resolveSibling("").toAbsolutePath(), path, config);
        }
        return gguf(path, config);
    }

    /** What was opened. */
    public Path path() {
        return path;
    }

    public Adapter adapter() {
        return adapter;
    }

    /** Unmaps the matrices; the adapter is gone. */
    @Override
    public void close() {
        arena.close();
        unmap.run();
    }

    private static String name(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    @SuppressWarnings("MustBeClosedChecker") // file and arena live in the result, which closes them
    private static AdapterFile peft(Path folder, Path weights, Config config) {
        if (!Files.exists(weights) && Files.exists(folder.resolve("adapter_model.bin"))) {
            throw BadFile.unsupported(
                    folder.resolve("adapter_model.bin"), -1, "pickled adapters are not read; save it as safetensors");
        }
        PeftConfig peft = PeftConfig.of(folder.resolve("adapter_config.json"));
        Safetensors file = Safetensors.open(weights);
        Arena arena = Arena.ofShared();
        try {
            file.checkWhole();
            var parts = new Parts(weights, config, Names.HF, false, arena);
            for (TensorEntry entry : file.entries()) {
                Tensor tensor = file.tensor(entry.name()).orElseThrow();
                parts.add(entry.name(), peft.module(weights, entry.name()), tensor);
            }
            return new AdapterFile(folder, file::close, arena, parts.adapter(name(folder), peft::scale));
        } catch (Throwable t) {
            arena.close();
            file.close();
            throw t;
        }
    }

    private static final Pattern GGUF_NAME = Pattern.compile("(.+)\\.weight\\.lora_([ab])");

    @SuppressWarnings("MustBeClosedChecker") // file and arena live in the result, which closes them
    private static AdapterFile gguf(Path path, Config config) {
        Gguf file = Gguf.open(path);
        Arena arena = Arena.ofShared();
        try {
            expect(file, "general.type", "adapter");
            expect(file, "adapter.type", "lora");
            String architecture = file.metadata().string("general.architecture").orElse("");
            Boolean interleaved = GgufConfig.INTERLEAVED.get(architecture);
            if (interleaved == null) {
                throw BadFile.unsupported(
                        path, -1, "the architecture " + Json.write(architecture) + " is not supported");
            }
            float alpha = (float) file.metadata().f64("adapter.lora.alpha").orElse(0);
            if (!Float.isFinite(alpha)) {
                throw new BadFile(path, -1, "\"adapter.lora.alpha\" is " + alpha);
            }
            var parts = new Parts(path, config, Names.GGUF, interleaved, arena);
            for (Map.Entry<String, Tensor> entry : file.tensors().entrySet()) {
                Matcher name = GGUF_NAME.matcher(entry.getKey());
                if (!name.matches()) {
                    throw noPlace(path, entry.getKey());
                }
                parts.add(
                        entry.getKey(), new Module(name.group(1), name.group(2).equals("a")), entry.getValue());
            }
            // Without an alpha the product is added as it is.
            Adapter adapter = parts.adapter(name(path), (_, rank) -> alpha == 0 ? 1 : alpha / rank);
            return new AdapterFile(path, file::close, arena, adapter);
        } catch (Throwable t) {
            arena.close();
            file.close();
            throw t;
        }
    }

    private static void expect(Gguf file, String key, String value) {
        String found = file.metadata().string(key).orElse("");
        if (!found.equals(value)) {
            throw new BadFile(file.path(), -1, "no adapter: %s is %s".formatted(Json.write(key), Json.write(found)));
        }
    }

    private static BadFile noPlace(Path path, String tensor) {
        return BadFile.unsupported(
                path, -1, "tensor " + Json.write(tensor) + " has no place in an adapter of this model");
    }

    /** Which matrix of which map a tensor is. */
    record Module(String name, boolean a) {}

    /** How strongly a map's product counts. */
    interface Scale {
        double of(String module, long rank);
    }

    /** The matrices of an adapter by the names of the model's maps. */
    private static final class Parts {
        private final Path path;
        private final Config config;
        private final Names names;
        private final boolean interleaved;
        private final Arena arena;
        private final Map<String, Tensor> as = new LinkedHashMap<>();
        private final Map<String, Tensor> bs = new LinkedHashMap<>();
        private final Map<String, String> tensors = new LinkedHashMap<>(); // names of the file's

        Parts(Path path, Config config, Names names, boolean interleaved, Arena arena) {
            this.path = path;
            this.config = config;
            this.names = names;
            this.interleaved = interleaved;
            this.arena = arena;
        }

        void add(String name, Module module, Tensor tensor) {
            if (tensor.shape().length != 2 || tensor.elements() == 0) {
                throw bad("tensor %s is no matrix".formatted(Json.write(name)));
            }
            switch (tensor.type()) {
                case I8, I16, I32, I64, F64 ->
                    throw bad("tensor %s is %s, which weights cannot be".formatted(Json.write(name), tensor.type()));
                default -> {}
            }
            if ((module.a() ? as : bs).put(module.name(), tensor) != null) {
                throw bad("two tensors are the same part of " + Json.write(module.name()));
            }
            tensors.putIfAbsent(module.name(), name);
        }

        Adapter adapter(String name, Scale scale) {
            List<Adapter.Layer> layers = new ArrayList<>();
            for (int i = 0; i < config.blocks().size(); i++) {
                layers.add(layer(i, scale));
            }
            Optional<LowRank> output = part(names.output(), config.vocab(), config.width(), scale);
            for (Map<String, Tensor> left : List.of(as, bs)) {
                for (String module : left.keySet()) {
                    throw noPlace(path, tensors.getOrDefault(module, module));
                }
            }
            return new Adapter(name, config, layers, output);
        }

        private Adapter.Layer layer(int i, Scale scale) {
            Config.Attention attention = config.blocks().get(i).attention();
            int inner = switch (config.blocks().get(i).ffn()) {
                case Config.Ffn.Dense dense -> dense.inner();
            };
            int width = config.width();
            int queries = attention.queryWidth();
            int keys = attention.keyWidth();
            List<Optional<LowRank>> qkv = stacked(
                    i,
                    names.qkv(),
                    List.of(names.q(), names.k(), names.v()),
                    List.of(queries, keys, keys),
                    width,
                    scale);
            List<Optional<LowRank>> gateUp =
                    stacked(i, names.gateUp(), List.of(names.gate(), names.up()), List.of(inner, inner), width, scale);
            return new Adapter.Layer(
                    qkv.get(0).map(low -> turned(low, attention.headSize())),
                    qkv.get(1).map(low -> turned(low, attention.headSize())),
                    qkv.get(2),
                    part(names.inLayer(i, names.o()), width, queries, scale),
                    gateUp.get(0),
                    gateUp.get(1),
                    part(names.inLayer(i, names.down()), width, inner, scale));
        }

        /** Maps of one input, each with a product of its own or all with one. */
        private List<Optional<LowRank>> stacked(
                int layer, String together, List<String> apart, List<Integer> rows, int columns, Scale scale) {
            String one = names.inLayer(layer, together);
            int all = rows.stream().mapToInt(r -> r).sum();
            boolean stacked = bs.containsKey(one) && bs.get(one).rows() == all;
            List<Optional<LowRank>> parts = new ArrayList<>();
            if (!stacked) {
                for (int i = 0; i < apart.size(); i++) {
                    parts.add(part(names.inLayer(layer, apart.get(i)), rows.get(i), columns, scale));
                }
                return parts;
            }
            LowRank low = part(one, all, columns, scale).orElseThrow();
            long from = 0;
            for (int count : rows) {
                long unit = low.b().rowBytes();
                var b = new Tensor(
                        low.b().type(),
                        new long[] {count, low.b().columns()},
                        low.b().data().asSlice(from * unit, count * unit));
                parts.add(Optional.of(new LowRank(low.a(), b, low.scale())));
                from += count;
            }
            return parts;
        }

        private Optional<LowRank> part(String module, long rows, long columns, Scale scale) {
            Tensor a = as.remove(module);
            Tensor b = bs.remove(module);
            if (a == null && b == null) {
                return Optional.empty();
            }
            if (a == null || b == null) {
                throw bad("of %s one matrix is missing".formatted(Json.write(module)));
            }
            if (a.columns() != columns || b.rows() != rows || a.rows() != b.columns()) {
                throw bad("%s is adapted by [%d, %d] · [%d, %d]; the model's has %d rows and %d columns"
                        .formatted(Json.write(module), b.rows(), b.columns(), a.rows(), a.columns(), rows, columns));
            }
            float factor = (float) scale.of(module, a.rows());
            if (!Float.isFinite(factor)) {
                throw bad("%s is adapted %s times".formatted(Json.write(module), factor));
            }
            return Optional.of(new LowRank(a, b, factor));
        }

        /** With the rows of each head in the model's order. */
        private LowRank turned(LowRank low, int headSize) {
            if (interleaved == config.rope().interleaved() || headSize % 2 != 0) {
                return low;
            }
            Tensor b = low.b();
            Tensor turned = Tensor.allocate(arena, b.type(), b.shape());
            int half = headSize / 2;
            for (long row = 0; row < b.rows(); row++) {
                long head = row / headSize * headSize;
                int at = (int) (row % headSize);
                // Pair p is rows 2p and 2p + 1 of a head where pairs are neighbours, else rows p and p + half.
                int from = interleaved ? 2 * (at % half) + at / half : at / 2 + at % 2 * half;
                turned.data()
                        .asSlice(row * b.rowBytes(), b.rowBytes())
                        .copyFrom(b.data().asSlice((head + from) * b.rowBytes(), b.rowBytes()));
            }
            return new LowRank(low.a(), turned, low.scale());
        }

        private BadFile bad(String what) {
            return new BadFile(path, -1, what);
        }
    }
}
