package dev.puna.chat;

import dev.puna.file.Json;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.grammar.FreeText;
import dev.puna.sample.grammar.Grammar;
import dev.puna.sample.grammar.GrammarRefused;
import dev.puna.sample.grammar.Part;
import dev.puna.sample.grammar.TokenTrie;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What calls look like, as a grammar, in the form that a model was trained on. Where calls are demanded the answer is
 * calls and nothing else. Where they are up to the model the answer is any text, but a call that has begun is held to
 * its end: its arguments follow the tool's schema, written as the model likes. A schema that cannot be enforced is refused where it must be (a call
 * is demanded, or the tool is strict); else any object will do.
 *
 * @param demanded the whole answer, as calls
 * @param words that begin a call within a text, and how it goes on; empty where there are none to look for
 */
record CallGrammar(Part demanded, Map<String, Part> words) {
    /** The most calls that a grammar lets one answer make. */
    static final int MOST_CALLS = 32;

    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private static final Pattern TAG = Pattern.compile("[^<>\\s]{1,64}");

    /** Keys of a schema beside which parameters can be looked at one by one. */
    private static final Set<String> PLAIN = Set.of(
            "type",
            "properties",
            "required",
            "items",
            "additionalProperties",
            "description",
            "title",
            "$schema",
            "$id",
            "$defs",
            "definitions",
            "$comment",
            "examples",
            "default");

    /**
     * What there is to hold an answer to: all of it, where calls are demanded, or what a text may turn to.
     *
     * @throws BadRequest if a schema must be enforced and cannot be
     */
    static CallGrammar of(Tools tools, CallForm form) {
        List<Tool> allowed = tools.allowed();
        int most = tools.parallel() ? MOST_CALLS : 1;
        boolean python = form == CallForm.PYTHON && allowed.stream().allMatch(tool -> isPlain(tool, IDENTIFIER));
        Map<String, Part> heads = new LinkedHashMap<>();
        Map<String, Part> words = new LinkedHashMap<>();
        for (Tool tool : allowed) {
            boolean must = tool.strict() || tools.forced();
            String name = Json.write(tool.name());
            switch (form) {
                case JSON -> {
                    Part rest = Part.sequence(arguments(tool, must), Part.literal("}"));
                    heads.put("{\"name\": " + name + ", \"parameters\": ", rest);
                    words.put("{\"name\": " + name + ", \"parameters\": ", rest);
                    words.put("{\"name\":" + name + ",\"parameters\":", rest);
                    words.put("{\"type\": \"function\", \"name\": " + name + ", \"parameters\": ", rest);
                    words.put("{\"type\":\"function\",\"name\":" + name + ",\"parameters\":", rest);
                }
                case PYTHON -> {
                    if (python) {
                        heads.put(tool.name() + "(", parameters(tool, must));
                    } else {
                        heads.put(
                                "{\"name\": " + name + ", \"parameters\": ",
                                Part.sequence(arguments(tool, must), Part.literal("}")));
                    }
                }
                case FUNCTION -> {
                    Part rest = Part.sequence(arguments(tool, must), Part.literal("</function>"));
                    heads.put("<function=" + tool.name() + ">", rest);
                    words.put("<function=" + tool.name() + ">", rest);
                }
                case PARAMETERS -> {
                    String head = "<function=" + tool.name() + ">";
                    Part rest = isPlain(tool, TAG)
                            ? tagged(tool, must)
                            : Part.sequence(Part.literal("\n"), arguments(tool, must), Part.literal("\n</function>"));
                    heads.put(head, rest);
                    words.put(head, rest);
                }
                case TAGGED, MISTRAL, GENERIC ->
                    heads.put(
                            "{\"name\": " + name + ", \"arguments\": ",
                            Part.sequence(arguments(tool, must), Part.literal("}")));
            }
        }
        List<Part> calls = new ArrayList<>();
        heads.forEach((head, rest) -> calls.add(Part.sequence(Part.literal(head), rest)));
        Part call = Part.either(calls);
        Part demanded = switch (form) {
            case JSON -> Part.several(call, "; ", most);
            case FUNCTION -> Part.several(call, "\n", most);
            case PYTHON, MISTRAL -> Part.sequence(Part.literal("["), Part.several(call, ", ", most), Part.literal("]"));
            case TAGGED, PARAMETERS ->
                Part.several(
                        Part.sequence(Part.literal("<tool_call>\n"), call, Part.literal("\n</tool_call>")), "\n", most);
            case GENERIC -> {
                Part list = Part.sequence(
                        Part.literal("["), Part.several(call, ", ", most), Part.literal("]" + GenericTools.CLOSE));
                words.put(GenericTools.OPEN, list);
                yield Part.sequence(Part.literal(GenericTools.OPEN), list);
            }
        };
        if (form == CallForm.TAGGED) {
            Part space = Part.either(List.of(Part.literal(""), Part.literal("\n")));
            words.put("<tool_call>", Part.sequence(space, call, space, Part.literal("</tool_call>")));
        } else if (python) {
            Part more = Part.either(List.of(
                    Part.literal("]"),
                    Part.sequence(Part.literal(", "), Part.several(call, ", ", most), Part.literal("]"))));
            Part end = tools.parallel() ? more : Part.literal("]");
            heads.forEach((head, rest) -> words.put("[" + head, Part.sequence(rest, end)));
        }
        return new CallGrammar(demanded, words);
    }

    /**
     * Holds the calls within a text to the grammar; nothing where there is nothing to look for.
     *
     * @param once whether the text is over after the first
     */
    Optional<Constraint> within(TokenTrie trie, boolean once) {
        return words.isEmpty() ? Optional.empty() : Optional.of(new FreeText(trie, words, once));
    }

    private static Part arguments(Tool tool, boolean must) {
        return value(closed(tool.schema()), tool, must, Map.of("type", "object"));
    }

    /**
     * The schema without properties that nobody declared, in objects that declare some and say nothing of others. JSON
     * Schema lets them be anything; whoever declares a function does not mean that, and small models make them up.
     */
    private static Map<String, Object> closed(Map<?, ?> schema) {
        Map<String, Object> closed = new LinkedHashMap<>();
        schema.forEach((key, value) -> closed.put(String.valueOf(key), value));
        if (!PLAIN.containsAll(closed.keySet())) {
            return closed;
        }
        if (closed.get("properties") instanceof Map<?, ?> properties) {
            Map<String, Object> all = new LinkedHashMap<>();
            properties.forEach((name, value) ->
                    all.put(String.valueOf(name), value instanceof Map<?, ?> inner ? closed(inner) : value));
            closed.put("properties", all);
            closed.putIfAbsent("additionalProperties", false);
        }
        if (closed.get("items") instanceof Map<?, ?> items) {
            closed.put("items", closed(items));
        }
        return closed;
    }

    private static Part value(Map<String, ?> schema, Tool tool, boolean must, Map<String, ?> otherwise) {
        try {
            Grammar grammar = Grammar.jsonSchema(schema);
            if (!grammar.isEmpty()) {
                return Part.value(grammar, must);
            }
            if (must) {
                throw new BadRequest("tools", "declares " + tool.name() + " with parameters that nothing fulfils");
            }
        } catch (GrammarRefused refused) {
            if (must) {
                throw refused(tool, refused);
            }
        }
        return Part.value(Grammar.jsonSchema(otherwise), false);
    }

    private static BadRequest refused(Tool tool, GrammarRefused refused) {
        return new BadRequest(
                "tools",
                "declares " + tool.name() + " with parameters that cannot be enforced: " + refused.getMessage());
    }

    // Parameters one by one, in the schema's order.

    private static boolean isPlain(Tool tool, Pattern names) {
        return PLAIN.containsAll(tool.schema().keySet())
                && properties(tool).keySet().stream()
                        .allMatch(name -> names.matcher(name).matches())
                && properties(tool).keySet().containsAll(required(tool));
    }

    private static Map<String, @Nullable Object> properties(Tool tool) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        if (tool.schema().get("properties") instanceof Map<?, ?> map) {
            map.forEach((name, schema) -> all.put(String.valueOf(name), schema));
        }
        return all;
    }

    private static List<String> required(Tool tool) {
        return tool.schema().get("required") instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    private static Part parameters(Tool tool, boolean must) {
        List<String> names = List.copyOf(properties(tool).keySet());
        List<String> required = required(tool);
        Part first = Part.literal(")"); // what may follow where no parameter has been given yet
        Part later = Part.literal(")");
        for (int i = names.size() - 1; i >= 0; i--) {
            String name = names.get(i);
            Part given = Part.sequence(Part.literal(name + "="), parameter(tool, name, must), later);
            Part next = Part.sequence(Part.literal(", "), given);
            boolean needed = required.contains(name);
            first = needed ? given : Part.either(List.of(given, first));
            later = needed ? next : Part.either(List.of(next, later));
        }
        return first;
    }

    /** Between tags: texts without quotes, other values as JSON. */
    private static Part tagged(Tool tool, boolean must) {
        Part rest = Part.literal("</function>");
        for (String name : List.copyOf(properties(tool).keySet()).reversed()) {
            Part given = Part.sequence(
                    Part.literal("<parameter=" + name + ">\n"),
                    DeclaredTools.isText(properties(tool).get(name))
                            ? text(tool, name, must)
                            : Part.sequence(
                                    parameter(tool, name, must), Part.literal("\n" + ToolCalls.PARAMETER_CLOSE)),
                    Part.literal("\n"),
                    rest);
            rest = required(tool).contains(name) ? given : Part.either(List.of(given, rest));
        }
        return Part.sequence(Part.literal("\n"), rest);
    }

    private static Part text(Tool tool, String name, boolean must) {
        try {
            return Part.text(Grammar.jsonSchema(alone(tool, name)), ToolCalls.PARAMETER_CLOSE);
        } catch (GrammarRefused refused) {
            if (must) {
                throw refused(tool, refused);
            }
            return Part.text(Grammar.jsonSchema(Map.of("type", "string")), ToolCalls.PARAMETER_CLOSE);
        }
    }

    private static Part parameter(Tool tool, String name, boolean must) {
        return value(alone(tool, name), tool, must, Map.of());
    }

    /** The schema of one parameter, with what it may refer to. */
    private static Map<String, @Nullable Object> alone(Tool tool, String name) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        tool.schema().forEach((key, value) -> {
            if (key.equals("$defs") || key.equals("definitions")) {
                schema.put(key, value);
            }
        });
        Object own = properties(tool).get(name);
        schema.put("allOf", List.of(own instanceof Map<?, ?> map ? closed(map) : own == null ? Map.of() : own));
        return schema;
    }
}
