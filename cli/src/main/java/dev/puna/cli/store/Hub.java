package dev.puna.cli.store;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.NetworkSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Repositories of the model hub, through the interface that its own tools use. */
final class Hub {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.CASE_INSENSITIVE);

    /** What a folder needs beside its weights to be run. */
    private static final Set<String> COMPANIONS = Set.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "chat_template.json",
            "model.safetensors.index.json");

    private final Web web;
    private final NetworkSettings settings;

    Hub(Web web, NetworkSettings settings) {
        this.web = web;
        this.settings = settings;
    }

    private record Entry(String path, long bytes, Optional<Digest> digest) {}

    Offer offer(Source.Hub source) {
        if (settings.offline()) {
            throw Unavailable.lasting("HF_HUB_OFFLINE is set");
        }
        String revision = source.revision().orElse("main");
        URI page = settings.hub()
                .resolve("api/models/" + source.repository() + "/revision/" + encoded(revision) + "?blobs=true");
        Map<String, Object> about = about(source, page);
        String commit = about.get("sha") instanceof String sha ? sha : revision;
        Map<String, Entry> entries = entries(about);
        Licence licence = licence(about, source);
        Optional<Item> terms = entries.values().stream()
                .filter(e -> e.path().matches("(?i)licen[cs]e(\\.(txt|md))?"))
                .findFirst()
                .map(e -> item(source, commit, e));
        if (source.file().isPresent()) {
            Entry entry = entries.get(source.file().get());
            if (entry == null) {
                throw Unavailable.lasting(source.repository() + " has no file "
                        + source.file().get() + near(entries, source.file().get()));
            }
            List<Entry> parts = parts(entries, entry);
            return new Offer(
                    Offer.name(entry.path()),
                    parts.stream().map(e -> item(source, commit, e)).toList(),
                    Optional.of(last(parts.getFirst().path())),
                    licence,
                    terms);
        }
        return whole(source, commit, entries, licence, terms);
    }

    /** The repository without a file named: its folder of safetensors, or its only GGUF model. */
    private Offer whole(
            Source.Hub source, String commit, Map<String, Entry> entries, Licence licence, Optional<Item> terms) {
        List<Entry> weights = entries.values().stream()
                .filter(e -> e.path().matches("[^/]+\\.safetensors"))
                .toList();
        if (!weights.isEmpty() && entries.containsKey("config.json")) {
            // Some repositories have the same weights twice, in the hub's layout and in their makers'.
            List<Entry> hubs =
                    weights.stream().filter(e -> e.path().startsWith("model")).toList();
            List<Item> items = new ArrayList<>();
            entries.values().stream()
                    .filter(e -> COMPANIONS.contains(e.path()))
                    .forEach(e -> items.add(item(source, commit, e)));
            (hubs.isEmpty() ? weights : hubs).forEach(e -> items.add(item(source, commit, e)));
            return new Offer(Offer.name(source.repository()), List.copyOf(items), Optional.empty(), licence, terms);
        }
        List<Entry> models = models(entries);
        if (models.isEmpty()) {
            throw new Inexact(source.repository() + " has neither safetensors with a config.json nor a GGUF file");
        }
        if (models.size() > 1) {
            throw new Inexact("hf:" + source.repository() + " has " + models.size() + " models; name one of them: "
                    + models.stream()
                            .map(e -> "hf:" + source.repository() + "/" + e.path() + size(entries, e))
                            .collect(Collectors.joining(", ")));
        }
        List<Entry> parts = parts(entries, models.getFirst());
        return new Offer(
                Offer.name(models.getFirst().path()),
                parts.stream().map(e -> item(source, commit, e)).toList(),
                Optional.of(last(parts.getFirst().path())),
                licence,
                terms);
    }

    /** GGUF files that are models of their own: of a split one its first part, and no projectors of pictures. */
    private static List<Entry> models(Map<String, Entry> entries) {
        return entries.values().stream()
                .filter(e -> e.path().toLowerCase(Locale.ROOT).endsWith(".gguf"))
                .filter(e -> !last(e.path()).toLowerCase(Locale.ROOT).startsWith("mmproj"))
                .filter(e -> {
                    Matcher part = PART.matcher(e.path());
                    return !part.matches() || part.group(2).equals("00001");
                })
                .toList();
    }

    private static String size(Map<String, Entry> entries, Entry entry) {
        long bytes = parts(entries, entry).stream().mapToLong(Entry::bytes).sum();
        return bytes > 0 ? " (" + Bytes.text(bytes) + ")" : "";
    }

    /** All parts of a split file; the file alone where it is not split. */
    private static List<Entry> parts(Map<String, Entry> entries, Entry entry) {
        Matcher part = PART.matcher(entry.path());
        if (!part.matches()) {
            return List.of(entry);
        }
        List<Entry> parts = new ArrayList<>();
        int count = Integer.parseInt(part.group(3));
        for (int i = 1; i <= count && i <= entries.size(); i++) {
            String path = "%s-%05d-of-%05d.gguf".formatted(part.group(1), i, count);
            Entry one = entries.get(path);
            if (one == null) {
                throw Unavailable.lasting("the repository lacks " + path + ", a part of " + entry.path());
            }
            parts.add(one);
        }
        return parts;
    }

    private static String near(Map<String, Entry> entries, String file) {
        String wanted = last(file).toLowerCase(Locale.ROOT);
        List<String> models = models(entries).stream().map(Entry::path).toList();
        return models.stream()
                .filter(path -> last(path).toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst()
                .map(path -> "; it has " + path)
                .orElse(models.isEmpty() ? "" : "; it has " + String.join(", ", models));
    }

    private Map<String, Object> about(Source.Hub source, URI page) {
        try (Answer answer = web.ask(page, Map.of("Accept", "application/json"))) {
            switch (answer.status()) {
                case 200 -> {}
                // The hub answers 401 for what does not exist, too, so as not to tell who asks.
                case 401, 404 ->
                    throw Unavailable.lasting(Web.shown(settings.hub()) + source.repository()
                            + source.revision().map(r -> "@" + r).orElse("")
                            + " does not exist or is private (" + answer.status() + ")"
                            + (settings.hubToken() ? "" : "; for a private one set HF_TOKEN"));
                case 403 ->
                    throw Unavailable.lasting(Web.shown(settings.hub()) + source.repository()
                            + " is forbidden (403): the network blocks it, or its terms must be accepted on its page"
                            + (settings.hubToken() ? "" : " and HF_TOKEN set"));
                default -> throw answer.refusal();
            }
            Path shown = Path.of("answer of " + settings.hub().getHost());
            return Json.object(Json.parse(web.text(answer), shown), shown, "the answer");
        } catch (BadFile e) {
            throw Unavailable.lasting(Web.shown(page) + " answers with something that is not the hub's JSON", e);
        }
    }

    private static Map<String, Entry> entries(Map<String, Object> about) {
        Map<String, Entry> entries = new TreeMap<>();
        if (about.get("siblings") instanceof List<?> siblings) {
            for (Object sibling : siblings) {
                if (sibling instanceof Map<?, ?> file && file.get("rfilename") instanceof String path) {
                    long bytes = file.get("size") instanceof Long n ? n : -1;
                    Optional<Digest> digest = Optional.empty();
                    if (file.get("lfs") instanceof Map<?, ?> large) {
                        bytes = large.get("size") instanceof Long n ? n : bytes;
                        Object sha = large.containsKey("sha256") ? large.get("sha256") : large.get("oid");
                        digest = digest(Digest.Kind.SHA_256, sha);
                    } else if (bytes >= 0) {
                        digest = digest(Digest.Kind.GIT_BLOB, file.get("blobId"));
                    }
                    entries.put(path, new Entry(path, bytes, digest));
                }
            }
        }
        return new LinkedHashMap<>(entries);
    }

    private static Optional<Digest> digest(Digest.Kind kind, Object hex) {
        try {
            return hex instanceof String text
                    ? Optional.of(new Digest(kind, text.replaceFirst("^sha256:", "")))
                    : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private Licence licence(Map<String, Object> about, Source.Hub source) {
        String page = Web.shown(settings.hub()) + source.repository();
        if (about.get("cardData") instanceof Map<?, ?> card) {
            Object name = "other".equals(card.get("license")) && card.get("license_name") instanceof String
                    ? card.get("license_name")
                    : card.get("license");
            if (name instanceof String text && !text.isBlank()) {
                String url =
                        card.get("license_link") instanceof String link && link.startsWith("https://") ? link : page;
                return Licence.of(text, url);
            }
        }
        if (about.get("tags") instanceof List<?> tags) {
            for (Object tag : tags) {
                if (tag instanceof String text && text.startsWith("license:")) {
                    return Licence.of(text.substring("license:".length()), page);
                }
            }
        }
        return new Licence("", page);
    }

    private Item item(Source.Hub source, String commit, Entry entry) {
        URI place = settings.hub()
                .resolve(source.repository() + "/resolve/" + encoded(commit) + "/" + encoded(entry.path()));
        return Item.file(last(entry.path()), place, entry.bytes(), entry.digest());
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String encoded(String path) {
        return Arrays.stream(path.split("/", -1))
                .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }
}
