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
            description =
                    "Threads to compute with (default: one for each processor, or as a container's limit allows).")
    private Integer threads;

    @Option(
            names = "--tier",
            paramLabel = "NAME",
            description =
                    "Kernels to compute with: reference, vector, avx2, avx512 or amx (default: what PUNA_TIER names, else"
                            + " the fastest that runs here; 'puna doctor' tells which).")
    private String tier;

    @Option(
            names = "--cache",
            paramLabel = "TYPE",
            defaultValue = "f32",
            description = "How keys and values are kept: f32, f16 (half the memory) or q8_0 (about a quarter);"
                    + " default f32.")
    private Cache cache;

    @Option(
            names = "--speculate",
            paramLabel = "HOW",
            description =
                    "Guess tokens ahead and compute them along, which changes no answer: off, or lookup (in the text"
                            + " itself, where that pays); default lookup, or by the model of --draft.")
    private Speculate speculate;

    @Option(
            names = "--draft",
            paramLabel = "MODEL",
            description = "A smaller model with the same tokens that guesses ahead.")
    private String draft;

    /** How tokens are guessed ahead. */
    enum Speculate {
        OFF,
        LOOKUP;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** For answers to so many at a time, and so many that wait. The draft model is found first, and fetched if need be. */
    Assistant.Options options(Session session, int users, int queue) {
        if (draft != null && speculate != null) {
            throw new Refused("--draft and --speculate " + speculate + " exclude each other");
        }
        VectorModule.require(Optional.ofNullable(tier));
        return options(
                users,
                queue,
                speculate == Speculate.OFF ? 0 : Assistant.Options.DEFAULT.drafts(),
                Optional.ofNullable(draft).map(reference -> find(session, reference)));
    }

    /** For what only reads, where nothing can be guessed. */
    Assistant.Options options() {
        if (draft != null || speculate != null) {
            throw new Refused((draft != null ? "--draft" : "--speculate") + " is for answers, and none is made here");
        }
        return options(1, 1, 0, Optional.empty());
    }

    private Assistant.Options options(int users, int queue, int drafts, Optional<Path> draft) {
        return new Assistant.Options(
                Optional.ofNullable(tier),
                atLeastOne("--threads", threads, 1024),
                atLeastOne("--context", context, 1 << 24),
                cache.type,
                users,
                queue,
                drafts,
                draft);
    }

    /** Opens the model that the reference names, saying so while it lasts. */
    Assistant load(Session session, String reference) {
        Path path = find(session, reference);
        Assistant.Options options = options(session, 1, 1);
        session.output().status("loading " + path.getFileName());
        try {
            Assistant assistant = session.early()
                    .flatMap(early -> early.take(path))
                    .map(opening -> Assistant.load(opening, options))
                    .orElseGet(() -> Assistant.load(path, options));
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
        VectorModule.require(tier);
        if (Tiers.asked(tier).isPresent()) {
            Tiers.choose(tier);
        }
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
