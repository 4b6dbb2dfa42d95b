package dev.puna.cli.store;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a source has, exactly.
 *
 * @param name a name for the model, where the person gives none
 * @param items its files
 * @param main which of them to open; empty where it is their folder
 * @param licence under which terms, as far as the source says
 * @param terms the file that holds the licence's text, where the source has one
 */
record Offer(String name, List<Item> items, Optional<String> main, Licence licence, Optional<Item> terms) {
    /** A name from a file's or repository's: lower case, nothing a shell or a file system minds. */
    static String name(String text) {
        String last = text.substring(text.lastIndexOf('/') + 1);
        String stem =
                last.replaceFirst("(?i)\\.(gguf|safetensors|model|bin)$", "").replaceFirst("(?i)-00001-of-\\d{5}$", "");
        String name =
                stem.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]+", "-").replaceAll("^[._-]+|[._-]+$", "");
        return name.isEmpty() ? "model" : name;
    }
}
