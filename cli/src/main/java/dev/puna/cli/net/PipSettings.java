package dev.puna.cli.net;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What pip is set up with: its files from the most general to the most particular, then its variables, later ones
 * counting.
 *
 * @param indexes package indexes, the main one first; none where pip is told to use none
 * @param findLinks folders, files and pages that list packages
 * @param proxy the proxy for everything
 * @param certificates a bundle to trust
 * @param trustedHosts hosts that are believed without a certificate
 * @param remarks what could not be used, and why
 */
public record PipSettings(
        List<URI> indexes,
        List<String> findLinks,
        Optional<String> proxy,
        Optional<Path> certificates,
        Set<String> trustedHosts,
        List<String> remarks) {

    private static final URI PYPI = URI.create("https://pypi.org/simple/");

    static PipSettings read(Surroundings surroundings) {
        List<String> remarks = new ArrayList<>();
        Map<String, String> values = new LinkedHashMap<>();
        for (Path file : files(surroundings)) {
            if (Files.isRegularFile(file)) {
                try {
                    Map<String, Map<String, String>> sections = Ini.read(file);
                    for (String section : List.of("global", "install", "download")) {
                        values.putAll(sections.getOrDefault(section, Map.of()));
                    }
                } catch (IOException e) {
                    remarks.add(file + " cannot be read: " + e.getMessage());
                }
            }
        }
        surroundings.variables().forEach((name, value) -> {
            if (name.startsWith("PIP_") && !value.isEmpty()) {
                values.put(Ini.key(name.substring("PIP_".length())), value);
            }
        });
        List<URI> indexes = new ArrayList<>();
        if (!truth(values.getOrDefault("no-index", ""))) {
            List<String> texts = new ArrayList<>();
            texts.add(values.getOrDefault("index-url", values.getOrDefault("pypi-url", PYPI.toString())));
            texts.addAll(words(values.get("extra-index-url")));
            for (String text : texts) {
                try {
                    URI uri = URI.create(text.endsWith("/") ? text : text + "/");
                    if (uri.getHost() == null && !"file".equals(uri.getScheme())) {
                        throw new IllegalArgumentException("no host");
                    }
                    indexes.add(uri);
                } catch (IllegalArgumentException _) {
                    remarks.add("an index-url of pip is no URL with a host; it is left out");
                }
            }
        }
        return new PipSettings(
                List.copyOf(indexes),
                words(values.get("find-links")),
                Optional.ofNullable(values.get("proxy")).filter(text -> !text.isBlank()),
                Optional.ofNullable(values.get("cert"))
                        .filter(text -> !text.isBlank())
                        .map(surroundings::path),
                new LinkedHashSet<>(words(values.get("trusted-host"))),
                List.copyOf(remarks));
    }

    private static List<Path> files(Surroundings surroundings) {
        Optional<String> named = surroundings.variable("PIP_CONFIG_FILE");
        if (named.filter("/dev/null"::equals).isPresent()) {
            return List.of(); // pip's own way to say: no files at all
        }
        Path root = surroundings.root();
        List<Path> files = new ArrayList<>();
        List<String> global = new ArrayList<>(Arrays.asList(
                surroundings.variable("XDG_CONFIG_DIRS").orElse("/etc/xdg").split(":")));
        Collections.reverse(global);
        for (String dir : global) {
            if (!dir.isEmpty()) {
                files.add(root.resolve(relative(dir)).resolve("pip/pip.conf"));
            }
        }
        files.add(root.resolve("Library/Application Support/pip/pip.conf"));
        files.add(root.resolve("etc/pip.conf"));
        if (named.isEmpty()) {
            files.addAll(surroundings.atHome(".pip/pip.conf"));
            files.addAll(surroundings
                    .variable("XDG_CONFIG_HOME")
                    .map(dir -> List.of(Path.of(dir, "pip/pip.conf")))
                    .orElseGet(() -> surroundings.atHome(".config/pip/pip.conf")));
            files.addAll(surroundings.atHome("Library/Application Support/pip/pip.conf"));
        }
        surroundings
                .variable("VIRTUAL_ENV")
                .or(() -> surroundings.variable("CONDA_PREFIX"))
                .ifPresent(prefix -> files.add(Path.of(prefix, "pip.conf")));
        named.map(surroundings::path).ifPresent(files::add);
        return files;
    }

    private static String relative(String dir) {
        return dir.startsWith("/") ? dir.substring(1) : dir;
    }

    private static List<String> words(String text) {
        return text == null || text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private static boolean truth(String text) {
        return List.of("1", "true", "yes", "on", "y", "t").contains(text.strip().toLowerCase(Locale.ROOT));
    }
}
