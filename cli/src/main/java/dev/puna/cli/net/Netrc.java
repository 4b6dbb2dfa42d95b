package dev.puna.cli.net;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The credentials that curl, git and pip read from {@code ~/.netrc}; they are shown over https only. */
final class Netrc {
    private Netrc() {}

    static List<Credentials.Secret> read(Surroundings surroundings) {
        List<Credentials.Secret> secrets = new ArrayList<>();
        List<Path> files = surroundings
                .variable("NETRC")
                .map(surroundings::path)
                .map(List::of)
                .orElseGet(() -> surroundings.atHome(".netrc"));
        for (Path file : files) {
            if (!Files.isReadable(file)) {
                continue;
            }
            try {
                String[] words = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                        .replaceAll("(?m)^\\s*#.*$", "")
                        .strip()
                        .split("\\s+");
                String machine = null;
                String login = null;
                for (int i = 0; i + 1 < words.length; i++) {
                    switch (words[i]) {
                        case "machine" -> {
                            machine = words[++i];
                            login = null;
                        }
                        case "login" -> login = words[++i];
                        case "password" -> {
                            i++;
                            if (machine != null && login != null) {
                                secrets.add(
                                        Credentials.Secret.basic(URI.create("https://" + machine), login, words[i]));
                            }
                        }
                        case "default" -> machine = null; // for any host at all: more than we would tell anyone
                        default -> {
                            // account, macdef: nothing for us
                        }
                    }
                }
            } catch (IOException | IllegalArgumentException _) {
                // A file that cannot be read, or a host that cannot stand in a URL, holds no secret for us.
            }
        }
        return secrets;
    }
}
