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
import org.jspecify.annotations.Nullable;

/** A model's chat template and what can be told from it: how the model was trained to speak and to call tools. */
final class Template {
    private final ChatTemplate template;

    Template(ChatTemplate template) {
        this.template = template;
    }

    /** The prompt whose next words are the assistant's. */
    MarkedText render(Question question, Map<String, String> special) {
        Map<String, Object> variables = Message.variables(plain(question.messages()), true);
        variables.putAll(question.variables());
        if (!question.tools().declared().isEmpty()) {
            variables.put(
                    "tools",
                    question.tools().declared().stream().map(Tool::variable).toList());
        }
        try {
            return template.render(variables, special);
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
}
