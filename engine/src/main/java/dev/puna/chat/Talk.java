package dev.puna.chat;

import dev.puna.sample.Sampling;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A talk of several turns with an {@link Assistant}: keeps the messages. What the engine computed for one turn it finds
 * again at the next. One thread uses it at a time; only {@link Answer#cancel} may come from another.
 */
public final class Talk {
    private final Assistant assistant;
    private final List<Message> messages = new ArrayList<>();

    Talk(Assistant assistant) {
        this.assistant = assistant;
    }

    /** All messages so far, the system's first if there is one. */
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    /** The system's message, if there is one. */
    public Optional<String> system() {
        return messages.isEmpty() || !messages.getFirst().role().equals("system")
                ? Optional.empty()
                : Optional.of(String.valueOf(messages.getFirst().content()));
    }

    /** Sets the system's message, or takes it away if {@code text} is empty. The other messages stay. */
    public void system(String text) {
        if (system().isPresent()) {
            messages.removeFirst();
        }
        if (!text.isEmpty()) {
            messages.addFirst(Message.system(text));
        }
    }

    /** Forgets every message but the system's. */
    public void clear() {
        messages.removeIf(message -> !message.role().equals("system"));
    }

    /** Goes on from these messages instead. */
    public void resume(List<Message> from) {
        messages.clear();
        messages.addAll(from);
    }

    /**
     * Answers a message. Once the answer is read to its end, both belong to the talk, also if it was cancelled after its
     * first words; a message without any answer does not.
     */
    public Answer say(String message, Sampling sampling) {
        List<Message> all = new ArrayList<>(messages);
        all.add(Message.user(message));
        return assistant.answer(new Question(all, sampling), reply -> {
            if (!reply.text().isEmpty()) {
                messages.add(Message.user(message));
                messages.add(Message.assistant(reply.text()));
            }
        });
    }
}
