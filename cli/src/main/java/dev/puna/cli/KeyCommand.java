package dev.puna.cli;

import dev.puna.server.http.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code puna key}: a new key for the server. */
@Command(
        name = "key",
        header = "Make an API key for 'puna serve --api-keys'.",
        description = {
            "",
            "Prints the new key, once, and adds its hash to the file; the key itself is kept nowhere.",
            ""
        },
        footer = {"  puna key keys.txt alice"})
final class KeyCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "FILE", description = "The file of keys; made where it is missing.")
    private Path file;

    @Parameters(index = "1", paramLabel = "NAME", description = "Whose key it is.")
    private String name;

    KeyCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")) {
            throw new Refused("a name is 1 to 64 letters, digits, '.', '_', '@' and '-'");
        }
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException _) {
            // one more line for it
        }
        String key = Keys.random();
        byte[] before = Files.readAllBytes(file);
        String ended = before.length > 0 && before[before.length - 1] != '\n' ? "\n" : "";
        Files.write(
                file,
                (ended + name + " " + Keys.hashed(key) + "\n").getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.APPEND);
        session.output().line(key);
        return Exit.OK;
    }
}
