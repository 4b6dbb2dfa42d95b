package dev.puna.clients;

import dev.puna.ChainModel;
import dev.puna.server.PunaServer;
import dev.puna.server.core.Library;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A server for the clients, with one model. */
final class Served implements AutoCloseable {
    /** All that the toy model says of itself. */
    static final String ANSWER = "Puna, öst.19";

    /** The schema of a city, of which there is one. */
    static final Map<String, Object> CITY = Map.of("type", "string", "enum", List.of("Hilo"));

    private static final ChainModel.Script SCRIPT =
            new ChainModel.Script(List.of("Puna", ", ", "öst", ".19"), false, 4096, ChainModel.TEMPLATE);

    private final Path folder;
    private final String model;
    private final PunaServer server;

    private Served(Path folder, Path model) {
        this.folder = folder;
        this.model = String.valueOf(model.getFileName());
        try {
            server = PunaServer.start(Library.of(model), PunaServer.Options.DEFAULT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A model of a few hundred numbers, which answers everything alike. */
    static Served toy() {
        try {
            Path folder = Files.createTempDirectory("puna-clients");
            return new Served(folder, ChainModel.write(folder.resolve("toy"), SCRIPT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A model from a file, which stays where it is. */
    static Served model(Path file) {
        return new Served(null, file);
    }

    String url() {
        return server.uri().toString();
    }

    String model() {
        return model;
    }

    static double length(List<Float> vector) {
        return Math.sqrt(vector.stream().mapToDouble(x -> x * x).sum());
    }

    @Override
    public void close() {
        server.close();
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
