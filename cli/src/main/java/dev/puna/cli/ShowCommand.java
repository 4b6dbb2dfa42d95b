package dev.puna.cli;

import dev.puna.cli.store.Bytes;
import dev.puna.cli.store.Licence;
import dev.puna.cli.store.StoredModel;
import dev.puna.file.TensorEntry;
import dev.puna.model.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        header = "What a model is: metadata, licence, template, tensors, memory needed; reads no weights.",
        description = {
            "",
            "MODEL is a GGUF file, a safetensors file or index, a folder as Hugging Face lays it out, a name or a source."
                    + " All that loading checks is checked, the tensors' extents included; a file that is not sound is one"
                    + " line on standard error and exit code 2. A sound file that Puna cannot run is shown, and that it"
                    + " cannot is said.",
            ""
        },
        footer = {"  puna show smollm2-135m-instruct", "  puna show model.gguf --json"})
final class ShowCommand implements Callable<Integer> {
    /** Elements of an array, and characters of a text, that a report shows. */
    private static final int FEW = 8;

    private static final int SHORT = 160;

    @Parameters(paramLabel = "MODEL", description = "A path, a name or a source.")
    private String model;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens to reckon the cache's memory for; default: the model's own.")
    private Long context;

    @Option(names = "--json", description = "Print one JSON document, everything whole.")
    private boolean json;

    private final Session session;

    ShowCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (context != null && context < 1) {
            throw new Refused("--context must be at least 1");
        }
        Path path = session.models().resolve(model);
        ModelFacts facts = ModelFacts.of(path);
        Optional<StoredModel> stored = session.models().at(path);
        Licence licence =
                stored.map(StoredModel::licence).filter(Licence::known).orElse(facts.licence());
        if (json) {
            session.output().json(document(path, facts, stored, licence));
        } else {
            print(path, facts, stored, licence);
        }
        return Exit.OK;
    }

    private long tokens(ModelFacts facts) {
        return context != null ? context : facts.config().map(Config::context).orElse(0);
    }

    private Map<String, Object> document(Path path, ModelFacts facts, Optional<StoredModel> stored, Licence licence) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", stored.map(StoredModel::name).orElse(facts.name()));
        document.put("title", facts.name());
        document.put("path", path.toString());
        document.put("files", facts.files().stream().map(Path::toString).toList());
        document.put("format", facts.format());
        document.put("bytes", facts.fileBytes());
        document.put("architecture", facts.architecture().orElse(null));
        document.put("parameters", facts.parameters());
        document.put("context", facts.config().map(Config::context).orElse(null));
        document.put(
                "vocabulary",
                facts.vocabulary().isPresent() ? facts.vocabulary().getAsLong() : null);
        document.put("licence", PullCommand.licence(licence));
        document.put("source", stored.map(StoredModel::source).orElse(null));
        document.put("runs", facts.obstacle().isEmpty());
        document.put("obstacle", facts.obstacle().orElse(null));
        Map<String, Object> memory = new LinkedHashMap<>();
        memory.put("weights", facts.tensorBytes());
        Map<String, Object> cache = new LinkedHashMap<>();
        cache.put("context", tokens(facts));
        cache.putAll(facts.cacheBytes(tokens(facts)));
        memory.put("cache", facts.config().isPresent() ? cache : null);
        document.put("memory", memory);
        Map<String, Object> metadata = new LinkedHashMap<>();
        facts.metadata().forEach((key, value) -> metadata.put(key, whole(value)));
        document.put("metadata", metadata);
        document.put("template", facts.templates().get("default"));
        document.put("templates", facts.templates());
        document.put(
                "tensors", facts.tensors().stream().map(ShowCommand::document).toList());
        return document;
    }

    private static Object whole(Object value) {
        if (value instanceof ModelFacts.Array array) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("kind", array.kind());
            document.put("count", array.count());
            document.put("first", array.first());
            return document;
        }
        return value;
    }

    private static Map<String, Object> document(TensorEntry tensor) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", tensor.name());
        document.put("type", tensor.typeName());
        document.put("shape", tensor.shape());
        document.put("bytes", tensor.bytes());
        document.put("file", String.valueOf(tensor.file().getFileName()));
        document.put("offset", tensor.offset());
        document.put("runs", tensor.type().isPresent());
        return document;
    }

    private void print(Path path, ModelFacts facts, Optional<StoredModel> stored, Licence licence) {
        Output out = session.output();
        StringBuilder text = new StringBuilder();
        text.append(out.styled(out.value(facts.name()), Output.Style.BOLD)).append('\n');
        row(text, "path", path.toString());
        stored.ifPresent(model -> row(text, "in the store as", model.name() + ", from " + model.source()));
        row(
                text,
                "format",
                facts.format()
                        + (facts.files().size() > 1 ? ", " + facts.files().size() + " files" : ""));
        row(text, "size", Bytes.text(facts.fileBytes()));
        facts.architecture().ifPresent(name -> row(text, "architecture", name));
        facts.config().ifPresent(config -> row(text, "shape", shape(config)));
        if (!facts.tensors().isEmpty()) {
            row(
                    text,
                    "parameters",
                    grouped(facts.parameters()) + " in " + facts.tensors().size() + " tensors");
            row(
                    text,
                    "types",
                    facts.types().entrySet().stream()
                            .map(type -> type.getValue()[0] + " × " + type.getKey() + " ("
                                    + Bytes.text(type.getValue()[1]) + ")")
                            .collect(Collectors.joining(", ")));
        }
        facts.config().ifPresent(config -> row(text, "context", grouped(config.context()) + " tokens"));
        facts.vocabulary().ifPresent(count -> row(text, "vocabulary", grouped(count) + " tokens"));
        row(text, "licence", licence.toString());
        row(text, "runs here", facts.obstacle().map(why -> "no: " + why).orElse("yes"));
        memory(text, facts);
        metadata(text, facts);
        facts.templates().forEach((name, source) -> {
            heading(text, name.equals("default") ? "Template" : "Template " + out.value(name));
            source.lines()
                    .forEach(line -> text.append("  ").append(out.value(line)).append('\n'));
        });
        out.print(text.toString());
        if (!facts.tensors().isEmpty()) {
            out.line("\n" + out.styled("Tensors", Output.Style.BOLD));
            Table table = new Table(out, "NAME", "TYPE", "SHAPE", ">BYTES");
            for (TensorEntry tensor : facts.tensors()) {
                table.row(
                        tensor.name(),
                        tensor.typeName() + (tensor.type().isPresent() ? "" : " (not run)"),
                        Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(" × ")),
                        Long.toString(tensor.bytes()));
            }
            table.print();
        }
    }

    private void memory(StringBuilder text, ModelFacts facts) {
        if (facts.tensors().isEmpty()) {
            return;
        }
        heading(text, "Memory needed");
        row(text, "weights", Bytes.text(facts.tensorBytes()) + ", mapped from the file");
        long tokens = tokens(facts);
        facts.cacheBytes(tokens)
                .forEach((type, bytes) ->
                        row(text, "cache in " + type, Bytes.text(bytes) + " for " + grouped(tokens) + " tokens"));
    }

    private void metadata(StringBuilder text, ModelFacts facts) {
        if (facts.metadata().isEmpty()) {
            return;
        }
        Output out = session.output();
        heading(text, "Metadata");
        int width = Math.min(
                44,
                facts.metadata().keySet().stream()
                        .mapToInt(String::length)
                        .max()
                        .orElse(0));
        facts.metadata().forEach((key, value) -> {
            boolean template = key.startsWith("tokenizer.chat_template") && value instanceof String;
            String shown = template ? ((String) value).length() + " characters, see Template" : abbreviated(value);
            text.append("  ")
                    .append(out.value(key))
                    .append(" ".repeat(Math.max(0, width - key.length())))
                    .append("  ")
                    .append(out.value(shown))
                    .append('\n');
        });
    }

    /** A value in one line, with counts in place of what is left out. */
    private static String abbreviated(Object value) {
        return switch (value) {
            case ModelFacts.Array array -> list(array.first(), array.count());
            case List<?> list -> list(list.subList(0, Math.min(FEW, list.size())), list.size());
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + abbreviated(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case String string -> cut(string);
            case null -> "null";
            default -> value.toString();
        };
    }

    private static String list(List<?> first, long count) {
        List<String> parts = new ArrayList<>();
        first.forEach(one -> parts.add(one instanceof String text ? "\"" + cut(text) + "\"" : abbreviated(one)));
        return "[" + String.join(", ", parts) + (count > first.size() ? ", … " + grouped(count) + " in all]" : "]");
    }

    private static String cut(String text) {
        String line = text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t");
        if (line.codePointCount(0, line.length()) <= SHORT) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, SHORT)) + "… (" + text.length() + " characters in all)";
    }

    private static String shape(Config config) {
        Config.Attention attention = config.blocks().getFirst().attention();
        return config.blocks().size() + " layers, width " + config.width() + ", " + attention.heads() + " heads of "
                + attention.headSize() + " (" + attention.kvHeads() + " of keys)";
    }

    private void heading(StringBuilder text, String heading) {
        text.append('\n')
                .append(session.output().styled(heading, Output.Style.BOLD))
                .append('\n');
    }

    private void row(StringBuilder text, String label, String value) {
        text.append("  ")
                .append(label)
                .append(" ".repeat(Math.max(0, 16 - label.length())))
                .append("  ")
                .append(session.output().value(value))
                .append('\n');
    }

    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
