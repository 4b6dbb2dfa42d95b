package dev.puna.chat;

import dev.puna.sample.BadRequest;
import dev.puna.text.ChatTemplate;
import dev.puna.text.MarkedText;
import dev.puna.text.Message;
import dev.puna.text.TemplateError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A model's chat template, and what it shows of the model: how it was trained to call tools. That is not looked up but
 * asked: the template renders a talk with a call, and the text around the call tells its form.
 */
final class Template {
    /** Llama's built-in tools, which a template may know by name. */
    private static final List<String> BUILT_IN = List.of("brave_search", "wolfram_alpha", "code_interpreter");

    private static final String PROBE = "probe_fn";

    private final ChatTemplate template;
    private final Map<String, String> special;
    private final CallForm form;
    private final boolean severalCalls;
    private final boolean system;
    private final boolean parts;

    /** @param special the spelling of control tokens that the template may name */
    Template(ChatTemplate template, Map<String, String> special) {
        this.template = template;
        this.special = Map.copyOf(special);
        form = probed();
        severalCalls =
                attempt(probe(call("callprob1"), call("callprob2")), List.of()).isPresent();
        system = attempt(List.of(Message.system(PROBE), Message.user("a")), List.of())
                .filter(text -> text.contains(PROBE))
                .isPresent();
        List<Message> talk = List.of(Message.user(PROBE));
        parts = !attempt(talk, List.of()).orElse(PROBE).contains(PROBE)
                && attempt(inParts(talk), List.of()).orElse("").contains(PROBE);
    }

    /** How calls are written. */
    CallForm form() {
        return form;
    }

    /** Whether Llama's built-in tools are declared by their names. */
    private boolean knowsBuiltIn() {
        return template.source().contains("builtin_tools");
    }

    /** The marks of reasoning, if the template knows any. */
    Optional<Thoughts.Marks> thoughts() {
        return Thoughts.Marks.KNOWN.stream()
                .filter(marks -> template.source().contains(marks.close()))
                .findFirst();
    }

    private CallForm probed() {
        var tool = new Tool(
                PROBE, "probe", Map.of("type", "object", "properties", Map.of("p", Map.of("type", "integer"))));
        String declared = attempt(List.of(Message.user("a")), List.of(tool)).orElse("");
        String called = attempt(probe(call("callprob1")), List.of()).orElse("");
        if (!declared.contains(PROBE) || !called.contains(PROBE) || !called.contains("probe_result")) {
            return CallForm.GENERIC;
        }
        if (called.contains("[TOOL_CALLS]")) {
            return CallForm.MISTRAL;
        }
        if (called.contains("<tool_call>")) {
            return called.contains("<parameter=") ? CallForm.PARAMETERS : CallForm.TAGGED;
        }
        if (called.contains("<function=" + PROBE)) {
            return CallForm.FUNCTION;
        }
        return called.contains(PROBE + "(") ? CallForm.PYTHON : CallForm.JSON;
    }

    private static Message.ToolCall call(String id) {
        return new Message.ToolCall(id, PROBE, Map.of("p", 7));
    }

    private static List<Message> probe(Message.ToolCall... calls) {
        List<Message> talk = new ArrayList<>();
        talk.add(Message.user("a"));
        talk.add(Message.calls("", List.of(calls)));
        for (Message.ToolCall call : calls) {
            talk.add(Message.tool(String.valueOf(call.id()), PROBE, "probe_result"));
        }
        return talk;
    }

    /** What the template makes of a talk, if it accepts it. */
    private Optional<String> attempt(List<Message> messages, List<Tool> tools) {
        try {
            return Optional.of(rendered(messages, tools, Map.of(), true).text());
        } catch (TemplateError _) {
            return Optional.empty();
        }
    }

    private MarkedText rendered(List<Message> messages, List<Tool> tools, Map<String, Object> more, boolean answering) {
        Map<String, Object> variables = Message.variables(messages, answering);
        if (!tools.isEmpty()) {
            variables.put("tools", tools.stream().map(Tool::variable).toList());
        }
        variables.putAll(more);
        return template.render(variables, special);
    }

    /** The prompt whose next words are the assistant's. */
    MarkedText render(Question question) {
        return render(question, true);
    }

    /** @param answering whether the text ends where an answer begins */
    MarkedText render(Question question, boolean answering) {
        List<Message> messages = plain(question.messages());
        Tools tools = question.tools();
        List<Tool> declared = tools.callable() ? tools.declared() : List.of();
        Map<String, Object> variables = new LinkedHashMap<>(question.variables());
        if (form == CallForm.GENERIC) {
            messages = new GenericTools(system).talk(messages, tools);
            declared = List.of();
        } else if (form == CallForm.MISTRAL) {
            messages = withShortIds(messages);
        } else if (knowsBuiltIn()) {
            List<String> builtIn =
                    declared.stream().map(Tool::name).filter(BUILT_IN::contains).toList();
            if (!builtIn.isEmpty()) {
                variables.putIfAbsent("builtin_tools", builtIn);
            }
        }
        try {
            messages = severalCalls ? messages : oneByOne(messages);
            return rendered(parts ? inParts(messages) : messages, declared, variables, answering);
        } catch (TemplateError error) {
            throw new BadRequest("messages", "do not suit the model's chat template: " + error.getMessage());
        }
    }

    /** Parts become one text, and no content the empty text: many templates know nothing else. */
    private static List<Message> plain(List<Message> messages) {
        List<Message> plain = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Message m = messages.get(i);
            plain.add(new Message(
                    m.role(), text(m.content(), i), m.toolCalls(), m.toolCallId(), m.name(), m.reasoning()));
        }
        return plain;
    }

    /** Some templates read lists of parts only, and leave out a content that is a text. */
    private static List<Message> inParts(List<Message> messages) {
        return messages.stream()
                .map(m -> new Message(
                        m.role(),
                        List.of(Map.of("type", "text", "text", String.valueOf(m.content()))),
                        m.toolCalls(),
                        m.toolCallId(),
                        m.name(),
                        m.reasoning()))
                .toList();
    }

    private static String text(@Nullable Object content, int message) {
        return switch (content) {
            case null -> "";
            case String text -> text;
            case List<?> parts -> {
                List<String> texts = new ArrayList<>();
                for (Object part : parts) {
                    if (part instanceof Map<?, ?> map && map.get("text") instanceof String text) {
                        texts.add(text);
                    } else {
                        Object type = part instanceof Map<?, ?> map ? map.get("type") : part;
                        throw new BadRequest(
                                "messages", "[" + message + "] has content that this model cannot read: " + type);
                    }
                }
                yield String.join("\n", texts);
            }
            default -> throw new BadRequest("messages", "[" + message + "] has content that is neither text nor parts");
        };
    }

    /** Several calls at once as calls one after the other, each with its result, for templates that refuse the former. */
    private static List<Message> oneByOne(List<Message> messages) {
        List<Message> all = new ArrayList<>();
        List<Message> results = new ArrayList<>(messages);
        while (!results.isEmpty()) {
            Message message = results.removeFirst();
            if (message.toolCalls().size() < 2) {
                all.add(message);
                continue;
            }
            Object content = message.content();
            for (Message.ToolCall call : message.toolCalls()) {
                all.add(Message.calls(String.valueOf(content), List.of(call)));
                content = "";
                results.stream()
                        .takeWhile(m -> m.role().equals("tool"))
                        .filter(m -> Objects.equals(m.toolCallId(), call.id()))
                        .findFirst()
                        .ifPresent(result -> {
                            results.remove(result);
                            all.add(result);
                        });
            }
        }
        return all;
    }

    /** Mistral's templates take ids of nine letters and digits and no others. */
    private static List<Message> withShortIds(List<Message> messages) {
        return messages.stream()
                .map(m -> new Message(
                        m.role(),
                        m.content(),
                        m.toolCalls().stream()
                                .map(c -> new Message.ToolCall(shortId(c.id()), c.name(), c.arguments()))
                                .toList(),
                        m.toolCallId() == null ? null : shortId(m.toolCallId()),
                        m.name(),
                        m.reasoning()))
                .toList();
    }

    /** A new id for a call, in the model's form. */
    String newId() {
        var id = new StringBuilder(form == CallForm.MISTRAL ? "" : "call_");
        for (int left = form == CallForm.MISTRAL ? 9 : 24; left > 0; left--) {
            id.append(Character.forDigit(ThreadLocalRandom.current().nextInt(36), 36));
        }
        return id.toString();
    }

    private static String shortId(@Nullable String id) {
        if (id != null && id.matches("[A-Za-z0-9]{9}")) {
            return id;
        }
        long hash = 0;
        for (char c : String.valueOf(id).toCharArray()) {
            hash = hash * 1_000_003 + c;
        }
        String digits = "00000000" + Long.toUnsignedString(hash, 36);
        return digits.substring(digits.length() - 9);
    }
}
