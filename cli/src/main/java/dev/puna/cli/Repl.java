package dev.puna.cli;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Reply;
import dev.puna.chat.Talk;
import dev.puna.cli.Output.Style;
import dev.puna.engine.EngineFault;
import dev.puna.file.BadFile;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.text.TemplateError;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A chat: reads a line, obeys a command or answers, until the user leaves. */
final class Repl {
    /** Ctrl-C at the prompt. */
    static final class Interrupted extends Exception {
        private static final long serialVersionUID = 1L;
        final boolean typed;

        /** @param typed whether there was something in the line */
        Interrupted(boolean typed) {
            this.typed = typed;
        }
    }

    /** Ctrl-D at the prompt. */
    static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** The terminal, or a test. */
    interface Lines {
        String read(String prompt) throws Interrupted, Ended;

        /** Does some work, during which Ctrl-C runs {@code onInterrupt} and nothing else. */
        void whileBusy(Runnable onInterrupt, Runnable work);
    }

    static final Map<String, String> COMMANDS = commands();

    private final Output output;
    private final Lines lines;
    private final Assistant assistant;
    private final Talk talk;
    private final Sampling sampling;
    private final boolean stats;

    Repl(Output output, Lines lines, Assistant assistant, Sampling sampling, boolean stats) {
        this.output = output;
        this.lines = lines;
        this.assistant = assistant;
        this.sampling = sampling;
        this.stats = stats;
        talk = assistant.talk();
    }

    private static Map<String, String> commands() {
        Map<String, String> commands = new LinkedHashMap<>();
        commands.put("/system [TEXT]", "what the model is told before the conversation; without TEXT, show it");
        commands.put("/clear", "begin a new conversation; the system's message stays");
        commands.put("/save FILE", "write the conversation to a file");
        commands.put("/load FILE", "go on with a conversation from a file");
        commands.put("/help", "show this");
        commands.put("/exit", "leave; so does Ctrl-D");
        return commands;
    }

    void system(String text) {
        talk.system(text);
    }

    int run() {
        output.line(output.styled(output.value(assistant.name()), Style.BOLD)
                + output.styled(", tier " + assistant.tier() + ", " + assistant.context() + " tokens", Style.DIM));
        output.line(output.styled("/help lists the commands, Ctrl-D leaves.", Style.DIM));
        boolean leaving = false;
        while (true) {
            try {
                String line = lines.read("> ");
                leaving = false;
                if (!accept(message(line))) {
                    return Exit.OK;
                }
            } catch (Interrupted e) {
                if (leaving && !e.typed) {
                    return Exit.OK;
                }
                leaving = !e.typed;
                if (leaving) {
                    output.line(output.styled("Ctrl-C again, Ctrl-D or /exit leaves.", Style.DIM));
                }
            } catch (Ended _) {
                return Exit.OK;
            }
        }
    }

    /** Whether a line goes on: after a backslash at its end, or until its opening quotes of three are closed. */
    static boolean unfinished(String line) {
        String text = line.stripLeading();
        if (text.startsWith("\"\"\"")) {
            String rest = text.stripTrailing();
            return rest.length() < 6 || !rest.endsWith("\"\"\"");
        }
        return line.endsWith("\\") && !line.endsWith("\\\\");
    }

    /** The line without the signs that held its parts together. */
    static String message(String line) {
        String text = line.strip();
        if (text.length() >= 6 && text.startsWith("\"\"\"") && text.endsWith("\"\"\"")) {
            return text.substring(3, text.length() - 3).strip();
        }
        return line.replace("\\\n", "\n").stripTrailing();
    }

    /** Obeys or answers; false if the user leaves. */
    boolean accept(String message) {
        if (message.isBlank()) {
            return true;
        }
        try {
            return message.startsWith("/") ? obey(message) : answer(message.strip());
        } catch (BadRequest refused) {
            output.error("the " + refused.getMessage() + "; /clear begins a new conversation");
        } catch (EngineFault | TemplateError | Refused | Failed | BadFile failed) {
            output.error(failed.getMessage());
        } catch (InvalidPathException failed) {
            output.error(failed.getInput() + ": cannot be a path: " + failed.getReason());
        } catch (UncheckedIOException failed) {
            if (String.valueOf(failed.getMessage()).startsWith("standard output")) {
                throw failed;
            }
            output.error(failed.getMessage());
        }
        return true;
    }

    private boolean obey(String line) {
        String[] parts = line.split("\\s+", 2);
        String rest = parts.length > 1 ? parts[1].strip() : "";
        switch (parts[0]) {
            case "/exit", "/quit", "/bye" -> {
                return false;
            }
            case "/help", "/?" -> help();
            case "/clear" -> {
                talk.clear();
                remark("A new conversation.");
            }
            case "/system" -> {
                if (rest.isEmpty()) {
                    output.line(talk.system().map(output::value).orElse("(the model's own)"));
                } else {
                    talk.system(rest.equals("\"\"") ? "" : rest);
                    remark("Said to the model from now on.");
                }
            }
            case "/save" -> {
                Path file = path(parts[0], rest);
                SavedTalk.write(file, assistant.name(), talk.messages());
                remark(talk.messages().size() + " messages saved.");
            }
            case "/load" -> {
                Path file = path(parts[0], rest);
                talk.resume(SavedTalk.read(file));
                remark(talk.messages().size() + " messages loaded.");
            }
            default ->
                output.error("there is no command " + parts[0]
                        + Nearest.of(
                                        parts[0],
                                        COMMANDS.keySet().stream()
                                                .map(c -> c.split(" ")[0])
                                                .toList())
                                .map(near -> " (did you mean " + near + "?)")
                                .orElse("")
                        + "; begin a message with a blank if it should begin with /");
        }
        return true;
    }

    private static Path path(String command, String rest) {
        if (rest.isEmpty()) {
            throw new Refused(command + " needs the name of a file");
        }
        return Path.of(rest);
    }

    private void help() {
        COMMANDS.forEach((command, what) -> output.line("  %-16s %s".formatted(command, what)));
        output.line("");
        output.line("  A line that ends with \\ goes on in the next; so does a text between \"\"\" and \"\"\".");
        output.line("  Text that is pasted may have many lines. Ctrl-C stops the answer.");
    }

    private boolean answer(String message) {
        var growing = new AtomicReference<Answer>();
        var stopped = new AtomicBoolean();
        lines.whileBusy(
                () -> {
                    stopped.set(true);
                    Answer answer = growing.get();
                    if (answer != null) {
                        answer.cancel();
                    }
                },
                () -> {
                    output.status("…");
                    try (Answer answer = talk.say(message, sampling)) {
                        growing.set(answer);
                        if (stopped.get()) { // while the prompt was made ready
                            answer.cancel();
                        }
                        Reply reply = answer.await(output::shown);
                        output.status("");
                        output.endLine();
                        remarks(reply);
                    } finally {
                        output.status("");
                    }
                });
        return true;
    }

    private void remarks(Reply reply) {
        switch (reply.finish()) {
            case CANCELLED -> remark("(stopped)");
            case LENGTH -> {
                int used = reply.usage().promptTokens() + reply.usage().newTokens();
                remark(
                        used >= assistant.context()
                                ? "(the context of " + assistant.context()
                                        + " tokens is full; /clear begins a new conversation)"
                                : "(ended by --max-tokens)");
            }
            case LOOP -> remark("(ended: it repeated itself)");
            case STOP, CALLS -> {}
        }
        if (stats) {
            remark(Stats.line(reply.usage()));
        }
        output.line("");
    }

    private void remark(String text) {
        output.note(output.errColour() ? "\u001b[2m" + text + "\u001b[0m" : text);
    }
}
