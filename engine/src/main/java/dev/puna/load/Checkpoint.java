package dev.puna.load;

import dev.puna.model.Llama;
import java.nio.file.Path;

/**
 * A model as it lies on disk, opened: the Llama and what came with it. Its weights are mapped, so it must stay open as
 * long as the Llama is used.
 */
public final class Checkpoint implements AutoCloseable {
    private final Llama llama;
    private final String name;

    private Checkpoint(Llama llama, String name) {
        this.llama = llama;
        this.name = name;
    }

    /**
     * Opens a GGUF file (the first of a split one too), a Hugging Face folder, or a safetensors file with its {@code
     * config.json} beside it.
     *
     * @throws dev.puna.file.BadFile if it cannot be used, with the reason
     */
    public static Checkpoint open(Path path) {
        throw new UnsupportedOperationException("not yet: " + path);
    }

    public Llama llama() {
        return llama;
    }

    /** What the model calls itself, else the name of its file or folder. */
    public String name() {
        return name;
    }

    @Override
    public void close() {}
}
