package dev.puna.cli.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What npm is set up with, as far as it concerns reaching the network.
 *
 * @param proxies its proxies and the hosts reached without
 * @param certificates a bundle to trust
 */
record NpmSettings(Proxies.Rule proxies, Optional<Path> certificates) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]+)}");

    static NpmSettings read(Surroundings surroundings) {
        Map<String, String> values = new LinkedHashMap<>();
        List<Path> files = new ArrayList<>();
        files.add(surroundings.root().resolve("etc/npmrc"));
        files.add(surroundings.root().resolve("usr/etc/npmrc"));
        files.add(surroundings.root().resolve("usr/local/etc/npmrc"));
        surroundings.either("npm_config_globalconfig").map(surroundings::path).ifPresent(files::add);
        files.addAll(surroundings
                .either("npm_config_userconfig")
                .map(surroundings::path)
                .map(List::of)
                .orElseGet(() -> surroundings.atHome(".npmrc")));
        for (Path file : files) {
            if (Files.isRegularFile(file)) {
                try {
                    Ini.read(file)
                            .getOrDefault("", Map.of())
                            .forEach((key, value) -> values.put(key, expanded(unquoted(value), surroundings)));
                } catch (IOException _) {
                    // npm's settings are one of several places to look; one that cannot be read says nothing.
                }
            }
        }
        for (String key : List.of("proxy", "https-proxy", "noproxy", "cafile")) {
            surroundings.either("npm_config_" + key.replace('-', '_')).ifPresent(value -> values.put(key, value));
        }
        Optional<String> http = set(values.get("proxy"));
        return new NpmSettings(
                new Proxies.Rule(
                        http,
                        set(values.get("https-proxy")).or(() -> http),
                        set(values.get("noproxy"))
                                .map(text -> List.of(text.split("[,\\s]+")))
                                .orElse(List.of()),
                        "npm's settings"),
                set(values.get("cafile")).map(surroundings::path));
    }

    private static Optional<String> set(String value) {
        return Optional.ofNullable(value)
                .filter(text -> !text.isBlank() && !text.equals("null") && !text.equals("false"));
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    private static String expanded(String value, Surroundings surroundings) {
        return VARIABLE.matcher(value)
                .replaceAll(found -> Matcher.quoteReplacement(
                        surroundings.variable(found.group(1)).orElse("")));
    }
}
