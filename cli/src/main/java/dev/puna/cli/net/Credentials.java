package dev.puna.cli.net;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whom to show which secret. A secret belongs to an origin (scheme, host and port) and is never shown to another, so a
 * redirect cannot carry it away. The texts here are secrets: nothing prints them.
 */
public final class Credentials {
    /** A header for one origin; where several fit, the one whose path is the longest beginning of what is asked. */
    public static final class Secret {
        private final URI place;
        private final String header;
        private final String value;

        private Secret(URI place, String header, String value) {
            this.place = place;
            this.header = header;
            this.value = value;
        }

        public static Secret bearer(URI place, String token) {
            return new Secret(place, "Authorization", "Bearer " + token);
        }

        public static Secret basic(URI place, String user, String password) {
            return new Secret(place, "Authorization", basic(user, password));
        }

        public static Secret header(URI place, String name, String value) {
            return new Secret(place, name, value);
        }

        static String basic(String user, String password) {
            byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }

        @Override
        public String toString() {
            return "a secret for " + Web.shown(place);
        }
    }

    private final List<Secret> secrets;

    public Credentials(List<Secret> secrets) {
        this.secrets = List.copyOf(secrets);
    }

    /** The header to send with this question, if any. */
    Optional<Map.Entry<String, String>> of(URI uri) {
        Secret best = null;
        int longest = -1;
        for (Secret secret : secrets) {
            if (!sameOrigin(secret.place, uri)) {
                continue;
            }
            String path = Objects.requireNonNullElse(secret.place.getPath(), "");
            int fit = Objects.requireNonNullElse(uri.getPath(), "").startsWith(path) ? path.length() : 0;
            if (fit > longest) {
                longest = fit;
                best = secret;
            }
        }
        return Optional.ofNullable(best).map(secret -> Map.entry(secret.header, secret.value));
    }

    static boolean sameOrigin(URI one, URI other) {
        return one.getHost() != null
                && one.getHost().equalsIgnoreCase(other.getHost())
                && scheme(one).equals(scheme(other))
                && port(one) == port(other);
    }

    private static String scheme(URI uri) {
        return Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
    }

    static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : scheme(uri).equals("https") ? 443 : 80;
    }

    /** The secret written into a URL as {@code user:password@}, if there is one. */
    public static Optional<Secret> inside(URI uri) {
        String pair = uri.getRawUserInfo();
        if (pair == null || pair.isEmpty()) {
            return Optional.empty();
        }
        int colon = pair.indexOf(':');
        String user = decoded(colon < 0 ? pair : pair.substring(0, colon));
        String password = colon < 0 ? "" : decoded(pair.substring(colon + 1));
        return Optional.of(Secret.basic(bare(uri), user, password));
    }

    static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text; // a lone percent sign: the user meant it as it stands
        }
    }

    /** The URL without {@code user:password@}. */
    public static URI bare(URI uri) {
        String text = uri.toString();
        String pair = uri.getRawUserInfo();
        return pair == null ? uri : URI.create(text.replaceFirst(Pattern.quote(pair + "@"), ""));
    }
}
