package dev.puna.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a command's text comes from: an argument, a file, a file of token ids, or standard input. One of them. */
final class TextSource {
    private final Session session;
    private final String argument;
    private final Path file;
    private final Path ids;

    /** The last three may be null; at most one of them is not. */
    TextSource(Session session, String argument, Path file, Path ids) {
        this.session = session;
        this.argument = argument;
        this.file = file;
        this.ids = ids;
        if (Stream.of(argument, file, ids).filter(given -> given != null).count() > 1) {
            throw new Refused("give the text as an argument, with --file or with --ids, only once");
        }
        if (argument == null && file == null && ids == null && session.inputTerminal()) {
            throw new Refused("there is no text: give it as an argument, with --file, or on standard input");
        }
    }

    /** Present where the text comes as token ids. */
    Optional<int[]> ids() {
        return Optional.ofNullable(ids).map(path -> Given.ids(session, path));
    }

    String text() {
        if (file != null) {
            return Given.text(session, file);
        }
        return argument == null || argument.equals("-") ? Given.standardInput(session) : argument;
    }
}
