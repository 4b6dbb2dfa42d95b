package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.kernel.Tiers;
import dev.puna.tensor.DType;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** How a model runs; the same for every command that runs one. */
final class ModelOptions {
    /** How keys and values are kept. */
    enum Cache {
        F32(DType.F32),
        F16(DType.F16),
        Q8_0(DType.Q8_0);

        final DType type;

        Cache(DType type) {
            this.type = type;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--context",
            paramLabel = "TOKENS",
            description = "Most tokens of prompt and answer together (default: the model's own).")
    private Integer context;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to compute with (default: one for each processor).")
    private Integer threads;

    @Option(
            names = "--tier",
            paramLabel = "NAME",
            description = "Kernels to compute with: reference, vector, avx2, avx512 or amx (default: the fastest that runs"
                    + " here; 'puna doctor' tells which).")
    private String tier;

    @Option(
            names = "--cache",
            paramLabel = "TYPE",
            defaultValue = "f32",
            description = "How keys and values are kept: f32, f16 (half the memory) or q8_0 (about a quarter);"
                    + " default f32.")
    private Cache cache;

    Assistant.Options options() {
        return options(1, 1);
    }

    /** For so many at a time, and so many that wait. */
    Assistant.Options options(int users, int queue) {
        return new Assistant.Options(
                Optional.ofNullable(tier),
                atLeastOne("--threads", threads, 1024),
                atLeastOne("--context", context, 1 << 24),
                cache.type,
                users,
                queue);
    }

    /** Opens the model that the reference names, saying so while it lasts. */
    Assistant load(Session session, String reference) {
        Assistant.Options options = options();
        Path path = find(session, reference);
        session.output().status("loading " + path.getFileName());
        try {
            Assistant assistant = Assistant.load(path, options);
            beyond(session, assistant.context(), assistant.ownContext());
            return assistant;
        } finally {
            session.output().status("");
        }
    }

    /** The model's file or folder, fetched first if need be, but not for a tier that is not to be had. */
    Path find(Session session, String reference) {
        return find(session, Optional.ofNullable(tier), reference);
    }

    static Path find(Session session, Optional<String> tier, String reference) {
        tier.ifPresent(name -> Tiers.choose(Optional.of(name)));
        return session.models().resolve(reference);
    }

    /** Says so where more is asked of a model than it was made for. */
    static void beyond(Session session, int context, int own) {
        if (context > own) {
            session.output().note("puna: the model was made for " + own + " tokens; beyond these --context is a guess");
        }
    }

    private static OptionalInt atLeastOne(String option, Integer value, int most) {
        if (value == null) {
            return OptionalInt.empty();
        }
        if (value < 1 || value > most) {
            throw new Refused(option + " must be 1 to " + most + ", not " + value);
        }
        return OptionalInt.of(value);
    }
}
