package dev.puna.chat;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.sample.BadRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tools that an answer may call, as a reader of calls asks for them: by names and parameters. */
final class DeclaredTools {
    /** The names of tools that take raw code. */
    static final Set<String> CODE_TOOLS = Set.of("code_interpreter", "ipython", "python");

    private static final Path SHOWN = Path.of("call");

    /** A call that was read as a whole. */
    record Whole(String name, Map<String, @Nullable Object> arguments) {}

    private final Map<String, Tool> tools = new HashMap<>();

    DeclaredTools(List<Tool> tools) {
        tools.forEach(tool -> this.tools.put(tool.name(), tool));
    }

    /** The tool that a call means; a built-in one is written with {@code .call}. */
    Optional<String> named(String called) {
        String bare = called.endsWith(".call") ? called.substring(0, called.length() - ".call".length()) : called;
        String name = tools.containsKey(called) ? called : bare;
        return tools.containsKey(name) ? Optional.of(name) : Optional.empty();
    }

    /** The names of a tool's parameters, in its order. */
    List<String> parameters(String tool) {
        return properties(tool).keySet().stream().map(String::valueOf).toList();
    }

    private Map<?, ?> properties(String tool) {
        return Objects.requireNonNull(tools.get(tool)).schema().get("properties") instanceof Map<?, ?> map
                ? map
                : Map.of();
    }

    /** The tool that takes raw code, if there is one. */
    Optional<String> codeTool() {
        return CODE_TOOLS.stream().filter(tools::containsKey).sorted().findFirst();
    }

    /** Which parameter of such a tool the code is. */
    String codeParameter(String tool) {
        List<String> all = parameters(tool);
        return all.size() == 1 ? all.getFirst() : "code";
    }

    /** A parameter's value that was written without quotes, as JSON: text if the tool wants text, else what it looks like. */
    String value(String tool, String parameter, String written) {
        String text = written.startsWith("\n") ? written.substring(1) : written;
        text = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (!isText(properties(tool).get(parameter))) {
            try {
                return Json.write(Json.parse(text, SHOWN));
            } catch (BadFile noJson) {
                var json = new StringBuilder(); // or as Python writes it
                var literal = new Literal(json);
                var step = Literal.Step.MORE;
                for (int i = 0; i < text.length() && step == Literal.Step.MORE; i++) {
                    step = literal.accept(text.charAt(i));
                    if (step == Literal.Step.DONE && i + 1 == text.length()) {
                        return json.toString();
                    }
                }
                if (step == Literal.Step.MORE && literal.accept(' ') == Literal.Step.DONE_BEFORE) {
                    return json.toString();
                }
            }
        }
        return Json.write(text);
    }

    /** Whether a parameter of such a schema is written without quotes, whatever it looks like. */
    static boolean isText(@Nullable Object schema) {
        return schema instanceof Map<?, ?> map && "string".equals(map.get("type"));
    }

    /** Whether what is written of a parameter is the beginning of a JSON text, array or object and not all of it. */
    boolean isUnfinished(String tool, String parameter, CharSequence written) {
        if (isText(properties(tool).get(parameter))) {
            return false;
        }
        var literal = new Literal(new StringBuilder());
        int at = 0;
        while (at < written.length() && Character.isWhitespace(written.charAt(at))) {
            at++;
        }
        if (at == written.length() || "\"[{".indexOf(written.charAt(at)) < 0) {
            return false;
        }
        var step = Literal.Step.MORE;
        for (; at < written.length() && step == Literal.Step.MORE; at++) {
            step = literal.accept(written.charAt(at));
        }
        return step == Literal.Step.MORE;
    }

    /** Whether a parameter's schema says anything of it. */
    boolean isTyped(String tool, String parameter) {
        return properties(tool).get(parameter) instanceof Map<?, ?> schema && !schema.isEmpty();
    }

    /** The call that a JSON object is, if it is one of these tools. */
    Optional<Whole> call(String json) {
        return call(Json.parse(json, SHOWN));
    }

    private Optional<Whole> call(@Nullable Object call) {
        if (!(call instanceof Map<?, ?> map)) {
            return Optional.empty();
        }
        if (map.get("function") instanceof Map<?, ?> inner) {
            return call(inner);
        }
        Object who = map.containsKey("name") ? map.get("name") : map.get("function");
        Optional<String> name = who instanceof String text ? named(text) : Optional.empty();
        Object given = map.containsKey("parameters") ? map.get("parameters") : map.get("arguments");
        return name.flatMap(tool -> arguments(given).map(arguments -> new Whole(tool, arguments)));
    }

    private static Optional<Map<String, @Nullable Object>> arguments(@Nullable Object given) {
        return switch (given) {
            case null -> Optional.of(Map.of());
            case Map<?, ?> _ -> Optional.of(Json.object(given, SHOWN, "arguments"));
            case String spelt -> {
                try {
                    yield Optional.of(Call.arguments(spelt));
                } catch (BadRequest _) {
                    yield Optional.empty();
                }
            }
            default -> Optional.empty();
        };
    }
}
