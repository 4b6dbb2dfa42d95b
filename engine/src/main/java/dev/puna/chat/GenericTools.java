package dev.puna.chat;

import dev.puna.file.Json;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Tools for a model whose chat template knows none: declarations stand in the system's turn, calls are the assistant's
 * plain text, and results are turns of the user, several in a row one turn. The marks are those that several families
 * were trained on, SmolLM2's larger members among them.
 */
final class GenericTools {
    static final String OPEN = "<tool_call>";
    static final String CLOSE = "</tool_call>";

    private final boolean system;

    /** @param system whether the template has a turn for the system; else declarations stand before the user's words */
    GenericTools(boolean system) {
        this.system = system;
    }

    List<Message> talk(List<Message> messages, Tools tools) {
        List<Message> talk = new ArrayList<>();
        List<String> results = new ArrayList<>();
        for (Message message : messages) {
            if (isResult(message)) {
                results.add(result(message));
                continue;
            }
            if (!results.isEmpty()
                    && message.role().equals("user")) { // one turn: some templates want turns to alternate
                results.add(String.valueOf(message.content()));
                flush(results, talk);
                continue;
            }
            flush(results, talk);
            talk.add(message.toolCalls().isEmpty() ? message : Message.assistant(calls(message)));
        }
        flush(results, talk);
        if (tools.callable()) {
            declare(declarations(tools), talk);
        }
        return talk;
    }

    private static boolean isResult(Message message) {
        return switch (message.role()) {
            case "tool", "ipython", "function" -> true;
            default -> false;
        };
    }

    private static String result(Message message) {
        return "<tool_response>\n" + message.content() + "\n</tool_response>";
    }

    private static void flush(List<String> results, List<Message> talk) {
        if (!results.isEmpty()) {
            talk.add(Message.user(String.join("\n", results)));
            results.clear();
        }
    }

    private static String calls(Message message) {
        List<Object> calls = new ArrayList<>();
        for (Message.ToolCall call : message.toolCalls()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", call.name());
            one.put("arguments", call.arguments());
            calls.add(one);
        }
        String text = String.valueOf(message.content());
        return text + (text.isEmpty() ? "" : "\n") + OPEN + Json.write(calls) + CLOSE;
    }

    private static String declarations(Tools tools) {
        var text = new StringJoiner("\n");
        text.add("You can call these functions:");
        text.add("<tools>");
        for (Tool tool : tools.allowed()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", tool.name());
            if (!tool.description().isEmpty()) {
                one.put("description", tool.description());
            }
            one.put("parameters", tool.schema());
            text.add(Json.write(one));
        }
        text.add("</tools>");
        String more = tools.parallel() ? ", {\"name\": \"...\", \"arguments\": {...}}" : "";
        text.add(tools.forced() ? "Answer with calls, written like this:" : "To call, answer with calls like this:");
        text.add(OPEN + "[{\"name\": \"...\", \"arguments\": {...}}" + more + "]" + CLOSE);
        if (!tools.forced()) {
            text.add("If no function helps, answer with words.");
        }
        return text.toString();
    }

    private void declare(String declarations, List<Message> talk) {
        int first = talk.isEmpty() ? -1 : talk.getFirst().role().equals("system") ? 0 : -1;
        if (first == 0) {
            Message message = talk.removeFirst();
            String text = String.valueOf(message.content());
            talk.addFirst(Message.system(text.isEmpty() ? declarations : text + "\n\n" + declarations));
        } else if (system) {
            talk.addFirst(Message.system(declarations));
        } else if (!talk.isEmpty() && talk.getFirst().role().equals("user")) {
            Message message = talk.removeFirst();
            talk.addFirst(Message.user(declarations + "\n\n" + message.content()));
        } else {
            talk.addFirst(Message.user(declarations));
        }
    }
}
