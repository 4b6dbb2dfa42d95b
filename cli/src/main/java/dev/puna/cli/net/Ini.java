package dev.puna.cli.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Settings in sections, as Python's {@code configparser} reads them: a value goes on over the indented lines below it. */
final class Ini {
    private Ini() {}

    /** Section to key to value; keys in lower case with dashes; lines before any section stand under the empty name. */
    static Map<String, Map<String, String>> read(Path file) throws IOException {
        Map<String, Map<String, String>> sections = new LinkedHashMap<>();
        Map<String, String> section = sections.computeIfAbsent("", _ -> new LinkedHashMap<>());
        String last = null;
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        for (String line : text.split("\\R", -1)) {
            String bare = line.strip();
            if (bare.isEmpty() || bare.startsWith("#") || bare.startsWith(";")) {
                continue;
            }
            if (Character.isWhitespace(line.charAt(0)) && last != null) {
                section.merge(last, bare, (before, more) -> before + "\n" + more);
                continue;
            }
            if (bare.startsWith("[") && bare.contains("]")) {
                String name = bare.substring(1, bare.indexOf(']')).strip().toLowerCase(Locale.ROOT);
                section = sections.computeIfAbsent(name, _ -> new LinkedHashMap<>());
                last = null;
                continue;
            }
            int equals = bare.indexOf('=');
            int colon = bare.indexOf(':');
            int cut = equals < 0 ? colon : colon < 0 ? equals : Math.min(equals, colon);
            last = key(cut < 0 ? bare : bare.substring(0, cut));
            section.put(last, cut < 0 ? "" : bare.substring(cut + 1).strip());
        }
        return sections;
    }

    static String key(String name) {
        String key = name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        return key.startsWith("--") ? key.substring(2) : key;
    }
}
