package dev.puna.cli.store;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model in the store.
 *
 * @param name what a person types
 * @param description one line, may be empty
 * @param source where it came from, as a person would write it
 * @param licence under which terms
 * @param pulled when it came, as an ISO-8601 instant
 * @param main the file to open; empty where it is the folder
 * @param files all its files
 * @param folder where its files are to be found by their names
 */
public record StoredModel(
        String name,
        String description,
        String source,
        Licence licence,
        String pulled,
        Optional<String> main,
        List<StoredFile> files,
        Path folder) {

    /** What to open: the model's file, or its folder. */
    public Path path() {
        return main.map(folder::resolve).orElse(folder);
    }

    public long bytes() {
        return files.stream().mapToLong(StoredFile::bytes).sum();
    }

    String text() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("version", 1);
        document.put("name", name);
        document.put("description", description);
        document.put("source", source);
        document.put("licence", Map.of("name", licence.name(), "url", licence.url()));
        document.put("pulled", pulled);
        document.put("main", main.orElse(null));
        List<Object> list = new ArrayList<>();
        for (StoredFile file : files) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("path", file.path());
            one.put("sha256", file.sha256());
            one.put("bytes", file.bytes());
            one.put("modified", file.modified());
            one.put("checked", file.checked());
            list.add(one);
        }
        document.put("files", list);
        return Json.write(document);
    }

    /** Reads what {@link #text()} wrote; a {@code BadFile} tells what is wrong with it. */
    static StoredModel read(Path file, Path folder) {
        Map<String, Object> document = Json.object(Json.parse(file), file, "the model's entry");
        try {
            Map<String, Object> licence = Json.object(document.get("licence"), file, "the licence");
            List<StoredFile> files = new ArrayList<>();
            for (Object item : (List<?>) document.get("files")) {
                Map<String, Object> one = Json.object(item, file, "a file");
                files.add(new StoredFile(
                        (String) one.get("path"),
                        Digest.sha256((String) one.get("sha256")).hex(),
                        (Long) one.get("bytes"),
                        (Long) one.get("modified"),
                        (String) one.get("checked")));
            }
            return new StoredModel(
                    (String) document.get("name"),
                    (String) document.get("description"),
                    (String) document.get("source"),
                    new Licence((String) licence.get("name"), (String) licence.get("url")),
                    (String) document.get("pulled"),
                    Optional.ofNullable((String) document.get("main")),
                    List.copyOf(files),
                    folder);
        } catch (ClassCastException | NullPointerException | IllegalArgumentException e) {
            throw new BadFile(file, -1, "is not the entry of a model; remove the folder and pull the model again");
        }
    }
}
