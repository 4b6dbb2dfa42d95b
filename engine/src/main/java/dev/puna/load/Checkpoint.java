package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Safetensors;
import dev.puna.file.TensorEntry;
import dev.puna.model.Config;
import dev.puna.model.Llama;
import dev.puna.model.Pooling;
import dev.puna.tensor.Tensor;
import dev.puna.text.BuiltInTemplates;
import dev.puna.text.ChatTemplate;
import dev.puna.text.Tokenizer;
import dev.puna.text.Tokenizers;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model as it lies on disk, opened: the Llama and what came with it. Its weights are mapped, so it must stay open as
 * long as the Llama is used.
 */
public final class Checkpoint implements AutoCloseable {
    private final Path path;
    private final Runnable unmap;
    private final Arena arena;
    private final Llama llama;
    private final long weightBytes;
    private final String name;
    private final Optional<String> licence;
    private final GenerationDefaults defaults;
    private final Optional<Pooling> pooling;
    private final Supplier<Optional<Tokenizer>> readTokenizer;
    private final Optional<TemplateText> templateText;
    private Optional<ChatTemplate> template = Optional.empty();
    private @Nullable Optional<Tokenizer> tokenizer;

    private Checkpoint(
            Path path,
            Runnable unmap,
            Arena arena,
            Llama llama,
            long weightBytes,
            String name,
            Optional<String> licence,
            GenerationDefaults defaults,
            Optional<Pooling> pooling,
            Supplier<Optional<Tokenizer>> readTokenizer,
            Optional<TemplateText> templateText) {
        this.path = path;
        this.unmap = unmap;
        this.arena = arena;
        this.llama = llama;
        this.weightBytes = weightBytes;
        this.name = name;
        this.licence = licence;
        this.defaults = defaults;
        this.pooling = pooling;
        this.readTokenizer = readTokenizer;
        this.templateText = templateText;
    }

    /**
     * Opens a GGUF file (any part of a split one), a Hugging Face folder, or a safetensors file or index with its {@code
     * config.json} beside it. Maps the weights without reading them.
     *
     * @throws BadFile if it cannot be used, with the reason
     */
    public static Checkpoint open(Path path) {
        if (Files.isDirectory(path)) {
            return openFolder(path, path);
        }
        String name = String.valueOf(path.getFileName());
        if (name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json")) {
            return openFolder(path.resolveSibling("").toAbsolutePath(), path);
        }
        return openGguf(path);
    }

    @SuppressWarnings("MustBeClosedChecker") // file and arena live in the result, which closes them
    private static Checkpoint openGguf(Path path) {
        Gguf file = Gguf.open(path);
        Arena arena = Arena.ofShared();
        try {
            Config config = GgufConfig.of(file);
            Map<String, Tensor> tensors = file.tensors();
            return new Checkpoint(
                    path,
                    file::close,
                    arena,
                    new Weights(path, tensors.keySet(), n -> Optional.ofNullable(tensors.get(n)), Names.GGUF, arena)
                            .llama(config),
                    tensors.values().stream()
                            .mapToLong(tensor -> tensor.data().byteSize())
                            .sum(),
                    file.metadata()
                            .string("general.name")
                            .filter(s -> !s.isBlank())
                            .orElseGet(() -> fileName(path)),
                    file.metadata().string("general.license"),
                    GenerationDefaults.of(file.metadata()),
                    StatedPooling.of(path, file.metadata()),
                    () -> Tokenizers.fromGguf(file),
                    TemplateText.of(file));
        } catch (Throwable t) {
            arena.close();
            file.close();
            throw t;
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // file and arena live in the result, which closes them
    private static Checkpoint openFolder(Path folder, Path weights) {
        Path configFile = folder.resolve("config.json");
        if (!Files.exists(configFile)) {
            throw new BadFile(configFile, -1, "missing: a model of safetensors needs it");
        }
        Fields json = Fields.of(configFile);
        HfConfig.kind(json);
        if (weights.equals(folder)
                && !Files.exists(folder.resolve("model.safetensors"))
                && !Files.exists(folder.resolve("model.safetensors.index.json"))) {
            throw new BadFile(folder, -1, "holds neither model.safetensors nor model.safetensors.index.json");
        }
        Safetensors file = Safetensors.open(weights);
        Arena arena = Arena.ofShared();
        try {
            file.checkWhole();
            Set<String> tensors =
                    file.entries().stream().map(TensorEntry::name).collect(Collectors.toCollection(LinkedHashSet::new));
            boolean bothEnds =
                    tensors.containsAll(List.of(Names.HF.embedding() + ".weight", Names.HF.output() + ".weight"));
            Config config = HfConfig.of(json, bothEnds);
            return new Checkpoint(
                    weights,
                    file::close,
                    arena,
                    new Weights(weights, tensors, file::tensor, Names.HF, arena).llama(config),
                    file.entries().stream().mapToLong(TensorEntry::bytes).sum(),
                    json.text("_name_or_path").filter(s -> !s.isBlank()).orElseGet(() -> fileName(folder)),
                    Optional.empty(),
                    GenerationDefaults.of(folder, json),
                    StatedPooling.of(folder),
                    () -> Tokenizers.fromFolder(folder),
                    TemplateText.of(folder));
        } catch (Throwable t) {
            arena.close();
            file.close();
            throw t;
        }
    }

    private static String fileName(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** What was opened. */
    public Path path() {
        return path;
    }

    /** The model. */
    public Llama llama() {
        return llama;
    }

    /** What the model calls itself, else the name of its file or folder. */
    public String name() {
        return name;
    }

    /** The licence, where the file states one. */
    public Optional<String> licence() {
        return licence;
    }

    /** What its makers advise for generation. */
    public GenerationDefaults defaults() {
        return defaults;
    }

    /** How a text becomes one vector, as its makers say; the mean of all states where they do not. */
    public Pooling pooling() {
        return pooling.orElse(Pooling.MEAN);
    }

    /**
     * From text to token ids; absent where the files hold nothing for that. Read when first asked for, since whoever works
     * with ids needs none.
     *
     * @throws BadFile if what they hold cannot be used
     */
    @SuppressWarnings("OptionalAssignedToNull") // null until asked for
    public synchronized Optional<Tokenizer> tokenizer() {
        if (tokenizer == null) {
            tokenizer = readTokenizer.get();
        }
        return tokenizer;
    }

    /**
     * How a conversation looks to the model: what the files say, else the built-in template of the model's version;
     * absent where neither is known.
     *
     * @throws dev.puna.text.TemplateError if what they say is no template
     */
    public synchronized Optional<ChatTemplate> template() {
        if (template.isEmpty()) {
            template = templateText.map(TemplateText::compiled).or(this::builtIn);
        }
        return template;
    }

    private Optional<ChatTemplate> builtIn() {
        return tokenizer()
                .flatMap(known -> BuiltInTemplates.forModel(
                        piece -> known.id(piece).isPresent()
                                && known.isControl(known.id(piece).getAsInt()),
                        name()))
                .map(BuiltInTemplates::template);
    }

    /** Memory that the weights take, shared with everyone who maps the same file. */
    public long weightBytes() {
        return weightBytes;
    }

    /** Unmaps the weights; the Llama is gone. */
    @Override
    public void close() {
        arena.close();
        unmap.run();
    }
}
