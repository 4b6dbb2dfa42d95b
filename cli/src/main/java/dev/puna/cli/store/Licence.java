package dev.puna.cli.store;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Under which terms a model is given.
 *
 * @param name its SPDX identifier, or the name its makers give it; empty where nobody says
 * @param url where its text is, empty where nobody says
 */
public record Licence(String name, String url) {
    public static final Licence UNKNOWN = new Licence("", "");

    private static final Map<String, String> SPDX = Map.ofEntries(
            Map.entry("apache-2.0", "Apache-2.0"),
            Map.entry("mit", "MIT"),
            Map.entry("bsd-3-clause", "BSD-3-Clause"),
            Map.entry("cc-by-4.0", "CC-BY-4.0"),
            Map.entry("cc-by-sa-4.0", "CC-BY-SA-4.0"),
            Map.entry("cc-by-nc-4.0", "CC-BY-NC-4.0"),
            Map.entry("cc0-1.0", "CC0-1.0"),
            Map.entry("gpl-3.0", "GPL-3.0-only"),
            Map.entry("llama2", "Llama 2 Community License"),
            Map.entry("llama3", "Llama 3 Community License"),
            Map.entry("llama3.1", "Llama 3.1 Community License"),
            Map.entry("llama3.2", "Llama 3.2 Community License"),
            Map.entry("llama3.3", "Llama 3.3 Community License"));

    /** From the short name that hubs and model files use. */
    public static Licence of(String name, String url) {
        return new Licence(SPDX.getOrDefault(name.toLowerCase(Locale.ROOT), name), url);
    }

    public boolean known() {
        return !name.isEmpty();
    }

    /** The same with what is missing here taken from another. */
    Licence or(Licence other) {
        return known() ? this : other;
    }

    /** The licence's text where Puna carries it: that of Apache-2.0, which must go with every copy. */
    Optional<String> text() {
        return name.equals("Apache-2.0") ? Resource.text("Apache-2.0.txt") : Optional.empty();
    }

    @Override
    public String toString() {
        return (known() ? name : "not stated") + (url.isEmpty() ? "" : ", " + url);
    }
}
