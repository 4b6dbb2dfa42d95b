package dev.puna.cli.store;

import dev.puna.file.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that Puna knows by name. Each is one file with a known hash, so it does not matter who hands it over. */
public final class Catalogue {
    /**
     * A model with a name.
     *
     * @param name what a person types
     * @param description one line
     * @param file the name of its file
     * @param sha256 the hash of its file
     * @param bytes the length of its file
     * @param context the most tokens it was trained for
     * @param licence under which terms it is given
     * @param sources where it is to be had, in the order to try
     */
    public record Entry(
            String name,
            String description,
            String file,
            String sha256,
            long bytes,
            long context,
            Licence licence,
            List<Source> sources) {}

    private final List<Entry> entries;

    Catalogue(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** The catalogue that is built in. */
    public static Catalogue builtIn() {
        return parse(Resource.text("catalogue.json").orElseThrow());
    }

    static Catalogue parse(String text) {
        Path shown = Path.of("catalogue.json");
        List<Entry> entries = new ArrayList<>();
        for (Object item : (List<?>)
                Json.object(Json.parse(text, shown), shown, "the catalogue").get("models")) {
            Map<String, Object> model = Json.object(item, shown, "a model");
            Map<String, Object> licence = Json.object(model.get("licence"), shown, "a licence");
            List<Source> sources = new ArrayList<>();
            for (Object source : (List<?>) model.get("sources")) {
                sources.add(Source.parse((String) source));
            }
            entries.add(new Entry(
                    (String) model.get("name"),
                    (String) model.get("description"),
                    (String) model.get("file"),
                    Digest.sha256((String) model.get("sha256")).hex(),
                    (Long) model.get("bytes"),
                    (Long) model.get("context"),
                    new Licence((String) licence.get("name"), (String) licence.get("url")),
                    List.copyOf(sources)));
        }
        return new Catalogue(entries);
    }

    public List<Entry> entries() {
        return entries;
    }

    public Optional<Entry> entry(String name) {
        return entries.stream()
                .filter(entry -> entry.name().equalsIgnoreCase(name))
                .findFirst();
    }
}
