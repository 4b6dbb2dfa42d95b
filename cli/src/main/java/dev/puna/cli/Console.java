package dev.puna.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The terminal of a chat: lines with editing, history, paste and completion; Ctrl-C while an answer grows. */
final class Console implements Repl.Lines, AutoCloseable {
    private final Terminal terminal;
    private final LineReader reader;

    Console(Session session) {
        try {
            terminal = TerminalBuilder.builder()
                    .system(true)
                    .dumb(true)
                    .nativeSignals(true)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException("the terminal: " + e.getMessage(), e);
        }
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("puna")
                .parser(new Lines())
                .completer((_, line, candidates) -> complete(line, candidates))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // ! is a letter like any other
                .option(LineReader.Option.AUTO_MENU, false)
                .option(LineReader.Option.HISTORY_IGNORE_SPACE, false)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "… ")
                .variable(LineReader.HISTORY_SIZE, 1000)
                .variable(LineReader.HISTORY_FILE_SIZE, 1000);
        direction("h");
        history(session).ifPresent(path -> builder.variable(LineReader.HISTORY_FILE, path));
        reader = builder.build();
    }

    /**
     * Asks a terminal that knows both directions of writing to find each paragraph's own, so that an Arabic answer begins
     * at the right; to others it means nothing.
     */
    private void direction(String set) {
        if (!terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
            terminal.writer().print("\u001b[?2501" + set);
            terminal.flush();
        }
    }

    /** The history's file, which only its owner may read; none where it cannot be made. */
    private static Optional<Path> history(Session session) {
        Path file = session.settings().state().resolve("history");
        try {
            Files.createDirectories(file.getParent());
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            return Optional.of(file);
        } catch (IOException | UnsupportedOperationException e) {
            session.output().note("puna: no history will be kept: " + e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public String read(String prompt) throws Repl.Interrupted, Repl.Ended {
        try {
            return reader.readLine(prompt);
        } catch (UserInterruptException e) {
            throw new Repl.Interrupted(!e.getPartialLine().isEmpty());
        } catch (EndOfFileException _) {
            throw new Repl.Ended();
        }
    }

    @Override
    public void whileBusy(Runnable onInterrupt, Runnable work) {
        Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, _ -> onInterrupt.run());
        Attributes attributes = terminal.getAttributes();
        Attributes quiet = new Attributes(attributes);
        quiet.setLocalFlag(Attributes.LocalFlag.ECHO, false); // what is typed ahead must not mix with the answer
        terminal.setAttributes(quiet);
        try {
            work.run();
        } finally {
            terminal.setAttributes(attributes);
            terminal.handle(Terminal.Signal.INT, before);
        }
    }

    @Override
    public void close() {
        try {
            direction("l");
            reader.getHistory().save();
            terminal.close();
        } catch (IOException _) {
            // The terminal is gone, or the history's disk is full: neither is worth an error at the end of a chat.
        }
    }

    private static void complete(ParsedLine line, List<Candidate> candidates) {
        if (line.line().startsWith("/") && !line.line().contains(" ")) {
            for (Map.Entry<String, String> command : Repl.COMMANDS.entrySet()) {
                candidates.add(new Candidate(
                        command.getKey().split(" ")[0], command.getKey(), null, command.getValue(), null, null, true));
            }
        }
    }

    /** A line is one word. It goes on after a backslash at its end, and until quotes of three are closed. */
    private static final class Lines implements Parser {
        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && Repl.unfinished(line)) {
                throw new EOFError(-1, -1, "more to come");
            }
            return new Whole(line, cursor);
        }

        @Override
        public boolean isEscapeChar(char c) {
            return false;
        }
    }

    private record Whole(String line, int cursor) implements CompletingParsedLine {
        @Override
        public String word() {
            return line;
        }

        @Override
        public int wordCursor() {
            return cursor;
        }

        @Override
        public int wordIndex() {
            return 0;
        }

        @Override
        public List<String> words() {
            return List.of(line);
        }

        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return cursor;
        }

        @Override
        public int rawWordLength() {
            return line.length();
        }
    }
}
