package dev.puna.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** {@code bench/make-model SHAPE FORMAT OUT}: a model with random weights. */
public final class MakeModel {
    private static final String USAGE = """
            bench/make-model SHAPE FORMAT OUT

            Writes a GGUF file with random weights.
              SHAPE   %s; sizes may be changed: llama32-1b,layers=4,vocab=32000
              FORMAT  %s
              OUT     the file, or a folder: SHAPE-FORMAT.gguf in it""";

    private MakeModel() {}

    /** Exit code 2 where the arguments make no sense, 1 where the disk refuses. */
    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println(USAGE.formatted(String.join(", ", Shape.names()), Mixture.names()));
            System.exit(2);
        }
        try {
            Shape shape = Shape.of(args[0]);
            Mixture mixture = Mixture.of(args[1]);
            Path given = Path.of(args[2]);
            Path path = Files.isDirectory(given) ? given.resolve(shape.name() + "-" + mixture + ".gguf") : given;
            long start = System.nanoTime();
            ModelFile.write(path, shape, mixture);
            System.out.println(String.format(
                    Locale.ROOT,
                    "%s: %d MB in %.1f s",
                    path,
                    Files.size(path) / 1_000_000,
                    (System.nanoTime() - start) / 1e9));
        } catch (Refused refused) {
            System.err.println("make-model: " + refused.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("make-model: cannot write: " + e.getMessage());
            System.exit(1);
        }
    }
}
