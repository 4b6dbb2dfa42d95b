package dev.puna.cli;

import dev.puna.file.Json;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Standard output and standard error, kept apart: the first carries the result and nothing else, the second the rest.
 * Text leaves as UTF-8 whatever the locale, so that no script is lost, and in the order it was written: nothing here
 * turns, cuts or pads inside a line of Arabic. Safe for many threads.
 */
public final class Output {
    /** When colours are used. */
    public enum Colour {
        /** Where the stream is a terminal and {@code NO_COLOR} is unset. */
        AUTO,
        ALWAYS,
        NEVER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a piece of text looks where colours are on. */
    public enum Style {
        BOLD("1"),
        DIM("2"),
        RED("31"),
        GREEN("32"),
        YELLOW("33"),
        BLUE("34"),
        CYAN("36");

        private final String code;

        Style(String code) {
            this.code = code;
        }
    }

    private final OutputStream out;
    private final OutputStream err;
    private final boolean outTerminal;
    private final boolean errTerminal;
    private final boolean plain;
    private volatile Colour colour = Colour.AUTO;
    private String status = "";
    private volatile String kept = "";
    private boolean midLine;

    /**
     * @param out where the result goes
     * @param outTerminal whether a person reads {@code out} on a terminal
     * @param err where remarks, progress and errors go
     * @param errTerminal whether a person reads {@code err} on a terminal
     * @param plain whether {@link Colour#AUTO} means no colours even there
     */
    public Output(OutputStream out, boolean outTerminal, OutputStream err, boolean errTerminal, boolean plain) {
        this.out = out;
        this.outTerminal = outTerminal;
        this.err = err;
        this.errTerminal = errTerminal;
        this.plain = plain;
    }

    /** The streams of this process. */
    public static Output ofProcess(Settings settings) {
        return new Output(
                new FileOutputStream(FileDescriptor.out),
                Settings.terminal(1),
                new FileOutputStream(FileDescriptor.err),
                Settings.terminal(2),
                settings.plain());
    }

    /** Writes to standard output at once, as it is. */
    public synchronized void print(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes a piece of text that a model made. On a terminal, control characters are spelt out: they could drive it.
     */
    public void shown(String text) {
        print(outTerminal ? printable(text) : text);
    }

    /** Ends the line on standard output, if one is begun. */
    public synchronized void endLine() {
        if (midLine) {
            print("\n");
        }
    }

    /** Writes a line to standard output. */
    public void line(String text) {
        print(text + "\n");
    }

    /** Writes bytes to standard output as they are. */
    public synchronized void write(byte[] bytes) {
        clearStatus();
        try {
            out.write(bytes);
            out.flush();
            midLine = bytes.length == 0 ? midLine : bytes[bytes.length - 1] != '\n';
        } catch (IOException e) {
            throw new UncheckedIOException("standard output: " + e.getMessage(), e);
        }
    }

    /** Writes the one JSON document that a command with {@code --json} leaves on standard output. */
    public void json(Object document) {
        line(Json.write(document));
    }

    /** Writes a line to standard error: a remark for the person at the terminal. */
    public synchronized void note(String text) {
        clearStatus();
        if (midLine && outTerminal && errTerminal) {
            endLine(); // both are read on the same screen
        }
        toErr(text + "\n");
    }

    /** Writes the one line that says why the command did not do what was asked. */
    public void error(String text) {
        note(styled("puna:", errColour(), Style.RED, Style.BOLD) + " " + oneLine(text));
    }

    /**
     * Shows a line that the next one replaces, such as a progress bar; only where standard error is a terminal. An empty
     * text takes it away.
     */
    public synchronized void status(String text) {
        if (!errTerminal) {
            return;
        }
        clearStatus();
        if (!text.isEmpty()) {
            toErr(text);
            status = text;
        }
    }

    /** What is to be said beside "interrupted" if Ctrl-C comes now: what is kept, and how to go on. Empty for nothing. */
    public void ifInterrupted(String text) {
        kept = text;
    }

    /** Says that Ctrl-C ended the command. */
    void interrupted() {
        note("puna: interrupted" + (kept.isEmpty() ? "" : "; " + kept));
    }

    private void clearStatus() {
        if (!status.isEmpty()) {
            status = "";
            toErr("\r\u001b[K");
        }
    }

    private void toErr(String text) {
        try {
            err.write(text.getBytes(StandardCharsets.UTF_8));
            err.flush();
        } catch (IOException _) {
            // Nobody listens on standard error any more; there is nowhere left to say so.
        }
    }

    public void colour(Colour choice) {
        this.colour = choice;
    }

    /** Whether a person reads standard output on a terminal. */
    public boolean outTerminal() {
        return outTerminal;
    }

    /** Whether a person reads standard error on a terminal. */
    public boolean errTerminal() {
        return errTerminal;
    }

    /** Whether standard output has colours. */
    public boolean outColour() {
        return coloured(outTerminal);
    }

    /** Whether standard error has colours. */
    public boolean errColour() {
        return coloured(errTerminal);
    }

    private boolean coloured(boolean terminal) {
        return switch (colour) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO -> terminal && !plain;
        };
    }

    /** The text in these styles where standard output has colours, else the text. */
    public String styled(String text, Style... styles) {
        return styled(text, outColour(), styles);
    }

    private static String styled(String text, boolean on, Style... styles) {
        if (!on || text.isEmpty()) {
            return text;
        }
        StringBuilder codes = new StringBuilder();
        for (Style style : styles) {
            codes.append(codes.isEmpty() ? "" : ";").append(style.code);
        }
        return "\u001b[" + codes + "m" + text + "\u001b[0m";
    }

    /**
     * A value from a file or the network, fit to stand in a line of a report: control characters are spelt out so that
     * they cannot drive the terminal. On a terminal, text with right-to-left letters is isolated, so that it keeps its
     * own order and the label and the numbers beside it keep theirs.
     */
    public String value(String text) {
        String safe = printable(text);
        return outTerminal && rightToLeft(safe) ? "\u2068" + safe + "\u2069" : safe;
    }

    private static boolean rightToLeft(String text) {
        return text.codePoints().anyMatch(c -> switch (Character.getDirectionality(c)) {
            case Character.DIRECTIONALITY_RIGHT_TO_LEFT,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_EMBEDDING,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_OVERRIDE,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ISOLATE -> true;
            default -> false;
        });
    }

    /** The text with control characters but line feed and tab spelt out: they could drive the terminal. */
    static String printable(String text) {
        if (text.codePoints().noneMatch(Output::drivesTerminal)) {
            return text;
        }
        StringBuilder spelt = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (drivesTerminal(c)) {
                spelt.append("\\u%04x".formatted(c));
            } else {
                spelt.appendCodePoint(c);
            }
        });
        return spelt.toString();
    }

    private static boolean drivesTerminal(int c) {
        return Character.getType(c) == Character.CONTROL && c != '\n' && c != '\t';
    }

    /** The text in one line, control characters spelt out. */
    static String oneLine(String text) {
        return printable(text.strip().replaceAll("\\s*\\R\\s*", "; ").replace('\t', ' '));
    }
}
