package dev.puna.cli.net;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * What Maven is set up with: the user's {@code settings.xml} over the machine's.
 *
 * @param repositories where artifacts are looked for, mirrors in place of what they mirror
 * @param proxies the active proxies
 * @param secrets credentials of those repositories
 * @param local the folder of artifacts that are here already
 * @param remarks what could not be used, and why
 */
public record MavenSettings(
        List<URI> repositories,
        List<Proxies.Rule> proxies,
        List<Credentials.Secret> secrets,
        Optional<Path> local,
        List<String> remarks) {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]+)}");
    private static final String CENTRAL = "https://repo.maven.apache.org/maven2/";

    private record Mirror(String id, String url, String of) {}

    /** Fills itself from one file after another, the more particular first: what is set already stays. */
    private static final class Reading {
        final Surroundings surroundings;
        final List<Mirror> mirrors = new ArrayList<>();
        final Map<String, String> repositories = new LinkedHashMap<>();
        final Map<String, Element> servers = new LinkedHashMap<>();
        final List<Proxies.Rule> proxies = new ArrayList<>();
        final List<Credentials.Secret> secrets = new ArrayList<>();
        final List<String> remarks = new ArrayList<>();
        Optional<Path> local = Optional.empty();

        Reading(Surroundings surroundings) {
            this.surroundings = surroundings;
        }

        void file(Path file) {
            try {
                Element settings = xml(file).getDocumentElement();
                if (local.isEmpty()) {
                    local = text(settings, "localRepository").map(surroundings::path);
                }
                for (Element mirror : inside(settings, "mirrors", "mirror")) {
                    mirrors.add(new Mirror(
                            text(mirror, "id").orElse(""),
                            text(mirror, "url").orElse(""),
                            text(mirror, "mirrorOf").orElse("")));
                }
                for (Element proxy : inside(settings, "proxies", "proxy")) {
                    proxy(proxy);
                }
                for (Element server : inside(settings, "servers", "server")) {
                    text(server, "id").ifPresent(id -> servers.putIfAbsent(id, server));
                }
                List<String> active = new ArrayList<>();
                inside(settings, "activeProfiles", "activeProfile")
                        .forEach(e -> active.add(e.getTextContent().strip()));
                for (Element profile : inside(settings, "profiles", "profile")) {
                    boolean on = text(profile, "id").filter(active::contains).isPresent()
                            || inside(profile, "activation", "activeByDefault").stream()
                                    .anyMatch(e -> e.getTextContent().strip().equals("true"));
                    if (on) {
                        for (Element repository : inside(profile, "repositories", "repository")) {
                            repositories.putIfAbsent(
                                    text(repository, "id").orElse(""),
                                    text(repository, "url").orElse(""));
                        }
                    }
                }
            } catch (IOException | SAXException e) {
                remarks.add(file + " cannot be read: " + e.getMessage());
            }
        }

        private void proxy(Element proxy) {
            if (text(proxy, "active").filter("false"::equals).isPresent()
                    || text(proxy, "host").isEmpty()) {
                return;
            }
            String user = text(proxy, "username")
                    .map(name -> encoded(name) + ":"
                            + encoded(text(proxy, "password").orElse("")) + "@")
                    .orElse("");
            String url = "http://" + user + text(proxy, "host").orElseThrow() + ":"
                    + text(proxy, "port").orElse("8080");
            List<String> not = text(proxy, "nonProxyHosts")
                    .map(hosts -> List.of(hosts.split("[|,]")))
                    .orElse(List.of());
            boolean secure = text(proxy, "protocol").filter("https"::equals).isPresent();
            // Maven uses its proxy for http: for https: too unless another is named.
            proxies.add(new Proxies.Rule(
                    secure ? Optional.empty() : Optional.of(url), Optional.of(url), not, "Maven's settings"));
        }

        MavenSettings done() {
            repositories.putIfAbsent("central", CENTRAL);
            Map<String, URI> chosen = new LinkedHashMap<>();
            repositories.forEach((id, url) -> {
                Optional<Mirror> mirror =
                        mirrors.stream().filter(m -> mirrors(m.of(), id, url)).findFirst();
                String address = mirror.map(Mirror::url).orElse(url);
                try {
                    URI uri = URI.create(address.endsWith("/") ? address : address + "/");
                    chosen.putIfAbsent(mirror.map(Mirror::id).orElse(id), uri);
                } catch (IllegalArgumentException _) {
                    remarks.add("the URL of Maven's repository " + id + " is no URL; it is left out");
                }
            });
            chosen.forEach(this::secret);
            return new MavenSettings(
                    List.copyOf(chosen.values()),
                    List.copyOf(proxies),
                    List.copyOf(secrets),
                    local,
                    List.copyOf(remarks));
        }

        private void secret(String id, URI repository) {
            Credentials.inside(repository).ifPresent(secrets::add);
            Element server = servers.get(id);
            if (server == null) {
                return;
            }
            Optional<String> user = text(server, "username");
            Optional<String> password = text(server, "password");
            if (user.isPresent() && password.isPresent()) {
                if (password.get().matches("(?s).*\\{.+}.*")) {
                    remarks.add("the password of Maven's server " + id
                            + " is encrypted, which Puna cannot read; it asks without");
                } else {
                    secrets.add(Credentials.Secret.basic(Credentials.bare(repository), user.get(), password.get()));
                }
            }
            for (Element configuration : children(server, "configuration")) {
                for (Element header : inside(configuration, "httpHeaders", "property")) {
                    Optional<String> name = text(header, "name");
                    Optional<String> value = text(header, "value");
                    if (name.isPresent() && value.isPresent()) {
                        secrets.add(Credentials.Secret.header(Credentials.bare(repository), name.get(), value.get()));
                    }
                }
            }
        }

        private Optional<String> text(Element parent, String name) {
            return children(parent, name).stream()
                    .map(child -> expanded(child.getTextContent().strip()))
                    .filter(value -> !value.isEmpty())
                    .findFirst();
        }

        private String expanded(String value) {
            return VARIABLE.matcher(value).replaceAll(found -> {
                String name = found.group(1);
                Optional<String> known = name.startsWith("env.")
                        ? surroundings.variable(name.substring("env.".length()))
                        : name.equals("user.home") ? surroundings.home().map(Path::toString) : Optional.empty();
                return Matcher.quoteReplacement(known.orElse(found.group()));
            });
        }
    }

    static MavenSettings read(Surroundings surroundings) {
        Reading reading = new Reading(surroundings);
        List<Path> files = new ArrayList<>(surroundings.atHome(".m2/settings.xml"));
        for (String variable : List.of("MAVEN_HOME", "M2_HOME")) {
            surroundings.variable(variable).ifPresent(home -> files.add(Path.of(home, "conf/settings.xml")));
        }
        files.add(surroundings.root().resolve("etc/maven/settings.xml"));
        files.add(surroundings.root().resolve("usr/share/maven/conf/settings.xml"));
        files.stream()
                .map(Path::toAbsolutePath)
                .distinct()
                .filter(Files::isRegularFile)
                .forEach(reading::file);
        if (reading.local.isEmpty()) {
            reading.local = surroundings.atHome(".m2/repository").stream().findFirst();
        }
        return reading.done();
    }

    /** Whether a mirror's pattern covers a repository: ids, {@code *}, {@code external:*}, each to be excluded by a {@code !}. */
    static boolean mirrors(String pattern, String id, String url) {
        boolean covered = false;
        boolean near = url.startsWith("file:") || url.matches("https?://(localhost|127\\.0\\.0\\.1)([:/].*)?");
        for (String part : pattern.split(",")) {
            String word = part.strip();
            if (word.equals("!" + id)) {
                return false;
            }
            covered |= word.equals("*")
                    || word.equals(id)
                    || word.equals("external:*") && !near
                    || word.equals("external:http:*") && !near && url.startsWith("http:");
        }
        return covered;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Document xml(Path file) throws IOException, SAXException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new ErrorHandler() {
                @Override
                public void warning(SAXParseException fault) {
                    // A warning leaves the document whole.
                }

                @Override
                public void error(SAXParseException fault) throws SAXException {
                    throw fault;
                }

                @Override
                public void fatalError(SAXParseException fault) throws SAXException {
                    throw fault;
                }
            });
            return builder.parse(file.toFile());
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("this JDK cannot read XML", e);
        }
    }

    private static List<Element> inside(Element parent, String list, String item) {
        List<Element> found = new ArrayList<>();
        children(parent, list).forEach(child -> found.addAll(children(child, item)));
        return found;
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getNodeName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}
