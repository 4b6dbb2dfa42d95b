package dev.puna.server.core;

import dev.puna.server.wire.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A library with adapters (LoRA): each is a model by an id of its own, which runs on the weights of another. */
public final class AdaptedLibrary implements Library {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._:-]{0,127}";

    /**
     * An adapter.
     *
     * @param id what clients call it
     * @param base the id of the model that it adapts; absent: the only one that there is
     * @param path a PEFT folder, its safetensors file, or a GGUF file
     */
    public record Adapter(String id, Optional<String> base, Path path) {}

    private record Known(String base, Path path) {}

    private final Library models;
    private final Map<String, Known> adapters = new LinkedHashMap<>();

    /** @throws IllegalArgumentException if an adapter has no file, no model, or an id that is no name or another's */
    public AdaptedLibrary(Library models, List<Adapter> adapters) {
        this.models = models;
        List<String> ids = models.entries().stream().map(Entry::id).toList();
        for (Adapter adapter : adapters) {
            String id = adapter.id();
            if (!id.matches(NAME)) {
                throw new IllegalArgumentException("'" + id + "' cannot be the name of an adapter");
            }
            if (!Files.exists(adapter.path())) {
                throw new IllegalArgumentException("there is no adapter at " + adapter.path());
            }
            if (adapter.base().isEmpty() && ids.size() != 1) {
                throw new IllegalArgumentException(
                        "which of the " + ids.size() + " models does the adapter " + id + " adapt?");
            }
            String base = adapter.base().orElseGet(ids::getFirst);
            if (!ids.contains(base)) {
                throw new IllegalArgumentException("the adapter " + id + " adapts no model of this server: " + base);
            }
            if (ids.contains(id) || this.adapters.put(id, new Known(base, adapter.path())) != null) {
                throw new IllegalArgumentException("two models are called " + id);
            }
        }
    }

    @Override
    public List<Entry> entries() {
        List<Entry> all = new ArrayList<>(models.entries());
        List<String> ids = all.stream().map(Entry::id).toList();
        adapters.forEach((id, adapter) -> {
            if (ids.contains(adapter.base())) {
                Entry own = Library.entry(id, adapter.path());
                all.add(new Entry(
                        id,
                        own.bytes(),
                        own.modified(),
                        Optional.empty(),
                        "an adapter of " + adapter.base(),
                        Optional.empty(),
                        Optional.of(adapter.base())));
            }
        });
        return all;
    }

    @Override
    public Path path(String id) throws IOException {
        Known adapter = adapters.get(id);
        return models.path(adapter == null ? id : adapter.base());
    }

    @Override
    public Optional<Path> adapter(String id) {
        return Optional.ofNullable(adapters.get(id)).map(Known::path);
    }

    @Override
    public Entry pull(String reference, Progress progress) {
        return models.pull(reference, progress);
    }

    @Override
    public void delete(String id) {
        refuse(id);
        models.delete(id);
    }

    @Override
    public void copy(String from, String to) {
        refuse(from);
        if (adapters.containsKey(to)) {
            throw Failure.invalid("destination", "is the name of another model");
        }
        models.copy(from, to);
    }

    private void refuse(String id) {
        if (adapters.containsKey(Objects.requireNonNull(id))) {
            throw Failure.of(Failure.Kind.FORBIDDEN, "adapters stay as the server was started with them");
        }
    }
}
