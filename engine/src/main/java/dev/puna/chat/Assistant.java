package dev.puna.chat;

import dev.puna.engine.Engine;
import dev.puna.engine.Limits;
import dev.puna.engine.Machine;
import dev.puna.engine.Request;
import dev.puna.engine.Statistics;
import dev.puna.file.BadFile;
import dev.puna.load.AdapterFile;
import dev.puna.load.Checkpoint;
import dev.puna.load.GenerationDefaults;
import dev.puna.model.Llama;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.sample.grammar.Grammar;
import dev.puna.sample.grammar.Grammars;
import dev.puna.sample.grammar.TokenTrie;
import dev.puna.tensor.DType;
import dev.puna.text.ChatTemplate;
import dev.puna.text.MarkedText;
import dev.puna.text.Message;
import dev.puna.text.StreamDecoder;
import dev.puna.text.Tokenizer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model that answers. Loading it and a streamed answer:
 *
 * <pre>{@code
 * try (var llama = Assistant.load(Path.of("SmolLM2-135M-Instruct.Q4_1.gguf"))) {
 *     llama.chat("What is the capital of Japan?", System.out::print);
 * }
 * }</pre>
 *
 * <p>Many threads may use one assistant at the same time; their answers are computed together and each is what it would
 * be alone. A call that returns a {@link Reply} waits for the whole answer, one that returns an {@link Answer} does not.
 *
 * <p>Runs on the class path without any JVM flags. Where the processor is no x86-64 or the system forbids executable
 * memory, {@code --add-modules jdk.incubator.vector} makes it faster; the log {@code dev.puna.kernel} says so in one line.
 *
 * <p>Calls throw {@link BadRequest} if what is asked cannot be done, {@link dev.puna.engine.Overloaded} if too many wait
 * already, and {@link dev.puna.engine.EngineFault} if the engine failed; the assistant can be used on after any of them.
 */
public final class Assistant implements AutoCloseable {
    /**
     * How a model runs.
     *
     * @param tier of kernels, by name; absent: what the system property {@code puna.tier} or the environment's {@code
     *     PUNA_TIER} says, else the fastest that is right here
     * @param threads absent: as many as there are processors, or as a container's limit allows
     * @param context the most tokens of one conversation, prompt and answer; absent: the model's own
     * @param cache how keys and values are kept: F32 (exact), F16 (half the memory) or Q8_0 (about a quarter)
     * @param users how many are served at the same time; they share a cache that holds one full context
     * @param queue how many may wait beyond these
     * @param drafts the most tokens guessed ahead for one answer in one step, where that pays; 0: none
     * @param draft a smaller model with the same tokens that guesses them; absent: they are looked up in the text
     */
    public record Options(
            Optional<String> tier,
            OptionalInt threads,
            OptionalInt context,
            DType cache,
            int users,
            int queue,
            int drafts,
            Optional<Path> draft) {
        public static final Options DEFAULT =
                new Options(Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), DType.F32, 8, 128);

        /** Options that guess ahead by looking up in the text. */
        public Options(
                Optional<String> tier, OptionalInt threads, OptionalInt context, DType cache, int users, int queue) {
            this(tier, threads, context, cache, users, queue, 8, Optional.empty());
        }
    }

    /** The most memory of the cache that is kept filled for questions to come. */
    private static final long KEPT_BYTES = 1L << 30;

    private static final Logger LOG = System.getLogger(Assistant.class.getName());

    private final Checkpoint checkpoint;
    private final Optional<Checkpoint> draft;
    private final Optional<Tokenizer> tokenizer;
    private final Machine machine;
    private final Engine engine;
    private final Sampling defaults;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Set<Integer> ends = new HashSet<>();
    private volatile @Nullable Template template;
    private volatile @Nullable TokenTrie vocabulary;
    private final Grammars forms = new Grammars();
    private volatile @Nullable CallGrammars callGrammars;

    private Assistant(
            Checkpoint checkpoint,
            Optional<Checkpoint> draft,
            Optional<Tokenizer> tokenizer,
            Machine machine,
            Sampling defaults,
            Engine engine) {
        this.checkpoint = checkpoint;
        this.draft = draft;
        this.tokenizer = tokenizer;
        this.machine = machine;
        this.engine = engine;
        this.defaults = defaults;
        ends.addAll(checkpoint.defaults().endIds());
        tokenizer.ifPresent(known -> ends.addAll(known.endOfGeneration()));
    }

    /**
     * Opens a model: a GGUF file, a Hugging Face folder, or a safetensors file with its {@code config.json} beside it.
     *
     * @throws dev.puna.file.BadFile if it cannot be used, with the reason
     */
    public static Assistant load(Path model) {
        return load(model, Options.DEFAULT);
    }

    /**
     * Opens a model.
     *
     * @throws dev.puna.file.BadFile if it cannot be used, with the reason
     * @throws dev.puna.kernel.TierRefused if the tier does not exist or cannot run here
     */
    public static Assistant load(Path model, Options options) {
        return load(open(model), options);
    }

    /** A model's file that is open, and whose vocabulary is being read on a thread of its own. */
    public record Opening(Checkpoint checkpoint, CompletableFuture<Optional<Tokenizer>> tokenizer) {}

    /**
     * Opens a model's file and begins to read its vocabulary, for whoever has something else to do meanwhile.
     *
     * @throws dev.puna.file.BadFile if it cannot be used, with the reason
     */
    public static Opening open(Path model) {
        Checkpoint checkpoint = Checkpoint.open(model);
        return new Opening(
                checkpoint,
                CompletableFuture.supplyAsync(
                        () -> usable(checkpoint), Thread.ofPlatform().daemon().name("puna-tokenizer")::start));
    }

    /**
     * Goes on with a model that is open. Reading a vocabulary and assembling kernels take about as long: each has a core.
     *
     * @throws dev.puna.file.BadFile if it cannot be used, with the reason
     * @throws dev.puna.kernel.TierRefused if the tier does not exist or cannot run here
     */
    public static Assistant load(Opening opening, Options options) {
        try (var opened = new Opened()) {
            Checkpoint checkpoint = opened.add(opening.checkpoint());
            Machine machine = opened.add(new Machine(options.tier(), options.threads()));
            Optional<Checkpoint> draft = options.draft().map(Checkpoint::open).map(opened::add);
            Llama llama = checkpoint.llama();
            int context = options.context().orElse(llama.config().context());
            Limits limits = Limits.of(context, options.users(), options.queue()).drafts(options.drafts());
            long blockBytes = limits.blockTokens() * llama.config().cacheBytesPerToken(options.cache());
            limits = limits.keptBlocks((int) Math.min(limits.cacheBlocks(), KEPT_BYTES / blockBytes));
            Sampling defaults = advised(checkpoint);
            Optional<Tokenizer> tokenizer = read(opening.tokenizer());
            draft.ifPresent(other -> sameTokens(tokenizer, other));
            Engine engine = draft.isPresent()
                    ? new Engine(llama, draft.get().llama(), machine.kernels(), options.cache(), limits)
                    : new Engine(llama, machine.kernels(), options.cache(), limits);
            opened.keep();
            return new Assistant(checkpoint, draft, tokenizer, machine, defaults, engine);
        }
    }

    private static Optional<Tokenizer> read(CompletableFuture<Optional<Tokenizer>> reading) {
        try {
            return reading.join();
        } catch (CompletionException failed) {
            switch (failed.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw failed;
            }
        }
    }

    /** What was opened, closed again in the opposite order unless it is kept. */
    private static final class Opened implements AutoCloseable {
        private final Deque<Runnable> closing = new ArrayDeque<>();

        Machine add(Machine machine) {
            closing.push(machine::close);
            return machine;
        }

        Checkpoint add(Checkpoint checkpoint) {
            closing.push(checkpoint::close);
            return checkpoint;
        }

        void keep() {
            closing.clear();
        }

        @Override
        public void close() {
            closing.forEach(Runnable::run);
        }
    }

    /** What guesses for a model must read the same tokens. */
    private static void sameTokens(Optional<Tokenizer> own, Checkpoint draft) {
        Optional<Tokenizer> other = usable(draft);
        if (own.isEmpty() || other.isEmpty()) {
            return;
        }
        for (int id = 0; id < Math.min(own.get().vocabSize(), other.get().vocabSize()); id++) {
            if (!own.get().piece(id).equals(other.get().piece(id))) {
                throw new BadRequest("draft", "reads other tokens than the model: they must be the same");
            }
        }
    }

    /** What the model calls itself, else the name of its file or folder. */
    public String name() {
        return checkpoint.name();
    }

    /** The tier it runs on. */
    public String tier() {
        return machine.tier();
    }

    /** The most tokens of one conversation, prompt and answer. */
    public int context() {
        return engine.limits().context();
    }

    /** The most tokens that the model was made for. */
    public int ownContext() {
        return checkpoint.llama().config().context();
    }

    /** Absent where the model's files hold none that can be used; then only token ids can be continued. */
    public Optional<Tokenizer> tokenizer() {
        return tokenizer;
    }

    /** A model whose tokenizer Puna cannot use can still continue token ids; whoever brings text is told the reason. */
    private static Optional<Tokenizer> usable(Checkpoint checkpoint) {
        try {
            return checkpoint.tokenizer();
        } catch (BadFile fault) {
            LOG.log(Level.INFO, "only token ids can be continued: {0}", fault.getMessage());
            return Optional.empty();
        }
    }

    /**
     * What holds one answer to a grammar: for {@link Question#form} and {@link #complete(int[], Sampling, Optional,
     * Caller)}.
     *
     * @throws dev.puna.sample.grammar.GrammarRefused if no text is in the grammar's language
     */
    public Constraint form(Grammar grammar) {
        return grammar.constraint(vocabulary());
    }

    /** The compiled grammars that its callers ask for. */
    public Grammars grammars() {
        return forms;
    }

    /** What its engine does and has done. */
    public Statistics statistics() {
        return engine.statistics();
    }

    /** Whether the model's chat template looks at a variable of that name. */
    public boolean templateReads(String variable) {
        return checkpoint
                .template()
                .map(template -> template.source().contains(variable))
                .orElse(false);
    }

    /** Whether the model thinks before it answers, as its chat template has it. */
    public boolean thinks() {
        return template().thoughts().isPresent();
    }

    /** What the model's makers advise for its answers; greedy where they do not say. */
    public Sampling defaults() {
        return defaults;
    }

    /** Advice out of range is left out, with a line in the log: the model works without. */
    private static Sampling advised(Checkpoint checkpoint) {
        GenerationDefaults advice = checkpoint.defaults();
        List<Consumer<Sampling.Draft>> each = List.of(
                s -> s.temperature = advice.sample() ? 1 : 0,
                s -> s.temperature = advice.sample() ? advice.temperature().orElse(s.temperature) : 0,
                s -> s.topK = advice.topK().orElse(s.topK),
                s -> s.topP = advice.topP().orElse(s.topP),
                s -> s.minP = advice.minP().orElse(s.minP),
                s -> s.typical = advice.typicalP().orElse(s.typical),
                s -> s.repeatPenalty = advice.repetitionPenalty().orElse(s.repeatPenalty));
        Sampling advised = Sampling.GREEDY;
        for (Consumer<Sampling.Draft> one : each) {
            try {
                advised = advised.with(one);
            } catch (BadRequest bad) {
                LOG.log(
                        Level.WARNING,
                        "{0}: advice for generation is ignored: {1}",
                        checkpoint.path(),
                        bad.getMessage());
            }
        }
        return advised;
    }

    /** Answers one message, handing on each piece of text as it comes. */
    public Reply chat(String message, Consumer<? super String> onText) {
        return chat(List.of(Message.user(message)), defaults(), onText);
    }

    /** Answers the last of these messages, handing on each piece of text as it comes. */
    public Reply chat(List<Message> messages, Sampling sampling, Consumer<? super String> onText) {
        try (Answer answer = answer(messages, sampling)) {
            return answer.await(onText);
        }
    }

    /** Answers the last of these messages. The answer can be read as it grows, and cancelled. */
    public Answer answer(List<Message> messages, Sampling sampling) {
        return answer(new Question(messages, sampling));
    }

    /** Answers a question. The answer can be read as it grows, and cancelled. */
    public Answer answer(Question question) {
        return answer(question, _ -> {});
    }

    /** A talk of several turns, which computes each turn's tokens once. */
    public Talk talk() {
        return new Talk(this);
    }

    /** Continues these tokens, as they are. The text begins with a space where one belongs between it and the prompt's. */
    public Answer complete(int[] prompt, Sampling sampling) {
        return complete(prompt, sampling, Optional.empty(), Caller.ANYONE);
    }

    /**
     * Continues these tokens for somebody.
     *
     * @param form what the text must look like; it serves this answer alone
     */
    public Answer complete(int[] prompt, Sampling sampling, Optional<Constraint> form, Caller caller) {
        return start(
                prompt,
                sampling,
                form,
                caller,
                new Answer.Way(tokenizer, StreamDecoder::continuing, Reading::plain, sampling.stop(), false, _ -> {}));
    }

    /**
     * The token ids of a raw text, with the BOS token in front where the model was trained with one.
     *
     * @param special whether the spelling of a control token in it means that token; else it is text like any other
     */
    public int[] tokens(String text, boolean special) {
        Tokenizer tokenizer = needTokenizer();
        return withBos(tokenizer, special ? tokenizer.encodeSpecial(text) : tokenizer.encode(text));
    }

    /** The token ids of a conversation whose next words are the assistant's, by the model's chat template. */
    public int[] prompt(List<Message> messages) {
        return prompt(new Question(messages, Sampling.GREEDY));
    }

    /** The token ids of a question, by the model's chat template. Their number is the {@code usage} of its answer. */
    public int[] prompt(Question question) {
        Tokenizer tokenizer = needTokenizer();
        return withBos(tokenizer, tokenizer.encode(rendered(question)));
    }

    /** The text that the model's chat template makes of a question. */
    public MarkedText rendered(Question question) {
        return template().render(question);
    }

    private Template template() {
        Tokenizer tokenizer = needTokenizer();
        Template known = template;
        if (known == null) {
            ChatTemplate source = checkpoint
                    .template()
                    .orElseThrow(
                            () -> new BadRequest("model", "has no chat template: it can only continue a raw text"));
            Map<String, String> special = new LinkedHashMap<>();
            tokenizer.bos().ifPresent(id -> special.put("bos_token", tokenizer.piece(id)));
            tokenizer.eos().ifPresent(id -> special.put("eos_token", tokenizer.piece(id)));
            known = new Template(source, special);
            template = known; // several threads may do this; any of theirs will do
        }
        return known;
    }

    /** An answer to a question. */
    Answer answer(Question question, Consumer<Reply> whenOver) {
        Sampling sampling = question.sampling();
        Tokenizer tokenizer = needTokenizer();
        MarkedText rendered = rendered(question);
        Optional<Thoughts.Marks> thoughts =
                question.splitReasoning() ? template().thoughts() : Optional.empty();
        boolean thinking = thoughts.isPresent()
                && rendered.text().stripTrailing().endsWith(thoughts.get().open());
        Optional<Constraint> held = question.tools().callable()
                ? callGrammars().constraint(question.tools(), question.form())
                : question.form();
        Optional<Constraint> constraint = held.map(rest -> thinking
                ? new ThoughtConstraint(tokenizer, thoughts.orElseThrow().close(), rest)
                : rest);
        return start(
                withBos(tokenizer, tokenizer.encode(rendered)),
                sampling,
                constraint,
                question.caller(),
                new Answer.Way(
                        this.tokenizer,
                        StreamDecoder::new,
                        out -> {
                            Reading reading = reading(question.tools(), held.isPresent(), out);
                            return thoughts.isEmpty() ? reading : new Thoughts(thoughts.get(), thinking, reading, out);
                        },
                        sampling.stop(),
                        sampling.maxTokens().isEmpty(),
                        whenOver));
    }

    private Reading reading(Tools tools, boolean held, Consumer<Delta> out) {
        Template template = template();
        return tools.callable()
                ? new ToolCalls(tools.declared(), template.form(), tools.parallel(), held, template::newId, out)
                : Reading.plain(out);
    }

    private CallGrammars callGrammars() {
        CallGrammars known = callGrammars;
        if (known == null) {
            known = new CallGrammars(template().form(), needTokenizer(), vocabulary());
            callGrammars = known; // as the template
        }
        return known;
    }

    /** The tokens that are text, for grammars. */
    private TokenTrie vocabulary() {
        TokenTrie known = vocabulary;
        if (known == null) {
            known = new TokenTrie(needTokenizer());
            vocabulary = known; // as the template
        }
        return known;
    }

    private Answer start(
            int[] prompt, Sampling sampling, Optional<Constraint> constraint, Caller caller, Answer.Way way) {
        if (tokenizer.isEmpty() && !sampling.stop().isEmpty()) {
            throw new BadRequest("stop", "cannot be found without a tokenizer, and the model has none");
        }
        var request = new Request(
                prompt,
                sampling,
                ends,
                caller.account(),
                caller.scope(),
                caller.priority(),
                caller.adapter(),
                constraint,
                sampling.prediction().isEmpty() ? new int[0] : needTokenizer().encode(sampling.prediction()));
        return new Answer(engine.submit(request), way);
    }

    /**
     * The direction of a text in the space of the model's thoughts: as many numbers as the model is wide, of length one
     * together. Waits for it.
     *
     * @param text token ids, as {@link #tokens} gives them
     */
    public float[] embed(int[] text, Caller caller) throws InterruptedException {
        var request = new Request(
                text,
                Sampling.GREEDY,
                Set.of(),
                caller.account(),
                caller.scope(),
                caller.priority(),
                caller.adapter(),
                Optional.empty(),
                new int[0]);
        return engine.embed(request, checkpoint.pooling());
    }

    /** How many numbers an embedding has. */
    public int width() {
        return checkpoint.llama().config().width();
    }

    /**
     * Opens an adapter for this model: a PEFT folder, its safetensors file, or a GGUF file. It is used by answers whose
     * caller names it, and must stay open as long as they last.
     *
     * @throws dev.puna.file.BadFile if it cannot be used with this model, with the reason
     */
    public AdapterFile adapter(Path path) {
        return AdapterFile.open(path, checkpoint.llama().config());
    }

    private Tokenizer needTokenizer() {
        return checkpoint
                .tokenizer()
                .orElseThrow(() -> new BadRequest("model", "has no tokenizer: it can only continue token ids"));
    }

    /** A template may write the BOS token itself; it is never doubled. */
    private static int[] withBos(Tokenizer tokenizer, int[] ids) {
        OptionalInt bos = tokenizer.bos();
        if (!tokenizer.addBos() || bos.isEmpty() || (ids.length > 0 && ids[0] == bos.getAsInt())) {
            return ids;
        }
        return IntStream.concat(IntStream.of(bos.getAsInt()), IntStream.of(ids)).toArray();
    }

    /** Fails the answers that still grow and frees everything. The second time it does nothing. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        engine.close();
        machine.close();
        draft.ifPresent(Checkpoint::close);
        checkpoint.close();
    }
}
