package dev.puna.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a command's text comes from: an argument, a file, a file of token ids, or standard input. One of them. */
final class TextSource {
    private final Session session;
    private final String argument; // null where there is none
    private final String fileText; // null where there is none
    private final Optional<int[]> ids;

    /**
     * Reads the files at once, so that a missing one is known before a model is fetched or loaded. The last three may be
     * null; at most one of them is not.
     */
    TextSource(Session session, String argument, Path file, Path ids) {
        this.session = session;
        this.argument = argument;
        if (Stream.of(argument, file, ids).filter(given -> given != null).count() > 1) {
            throw new Refused("give the text as an argument, with --file or with --ids, only once");
        }
        if (argument == null && file == null && ids == null && session.inputTerminal()) {
            throw new Refused("there is no text: give it as an argument, with --file, or on standard input");
        }
        this.fileText = file == null ? null : Given.text(session, file);
        this.ids = Optional.ofNullable(ids).map(path -> Given.ids(session, path));
    }

    /** Present where the text comes as token ids. */
    Optional<int[]> ids() {
        return ids;
    }

    String text() {
        if (fileText != null) {
            return fileText;
        }
        return argument == null || argument.equals("-") ? Given.standardInput(session) : argument;
    }
}
