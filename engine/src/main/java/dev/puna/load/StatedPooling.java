package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Metadata;
import dev.puna.model.Pooling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a model's files say of how a text becomes one vector; absent where they say nothing. */
final class StatedPooling {
    private StatedPooling() {}

    /** GGUF's {@code pooling_type}. */
    static Optional<Pooling> of(Path path, Metadata metadata) {
        String key = metadata.string("general.architecture").orElse("") + ".pooling_type";
        if (!metadata.has(key)) {
            return Optional.empty();
        }
        long type = metadata.u32(key).orElse(0);
        return switch ((int) type) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(Pooling.MEAN);
            case 2 -> Optional.of(Pooling.FIRST);
            case 3 -> Optional.of(Pooling.LAST);
            default -> throw BadFile.unsupported(path, -1, "the pooling type " + type + " is not supported");
        };
    }

    /** The pooling module of sentence-transformers. */
    static Optional<Pooling> of(Path folder) {
        Path file = folder.resolve("1_Pooling").resolve("config.json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Fields json = Fields.of(file);
        Optional<Pooling> found = Optional.empty();
        for (String name : json.names()) {
            if (name.startsWith("pooling_mode_") && !json.isZero(name)) {
                if (found.isPresent()) {
                    throw json.unsupported(name, "is one of several, which is not supported");
                }
                found = Optional.of(
                        switch (name) {
                            case "pooling_mode_mean_tokens" -> Pooling.MEAN;
                            case "pooling_mode_cls_token" -> Pooling.FIRST;
                            case "pooling_mode_lasttoken" -> Pooling.LAST;
                            default -> throw json.unsupported(name, "is not supported");
                        });
            }
        }
        return found;
    }
}
