package dev.puna.cli.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Through which proxy to reach whom: the first of the user's settings that has one for the kind of URL. */
public final class Proxies extends ProxySelector {
    /**
     * What one tool says.
     *
     * @param http the proxy for {@code http:} URLs, as the user wrote it
     * @param https the proxy for {@code https:} URLs
     * @param not hosts that are reached without it, in the notation of {@code NO_PROXY}
     * @param where the setting, to be named when it does not work
     */
    public record Rule(Optional<String> http, Optional<String> https, List<String> not, String where) {
        Optional<String> proxy(String scheme) {
            return scheme.equals("http") ? http : https;
        }
    }

    private final List<Rule> rules;
    private final Optional<ProxySelector> otherwise;

    /**
     * @param rules the first that has a proxy for a URL's scheme decides
     * @param otherwise who decides where none does
     */
    public Proxies(List<Rule> rules, Optional<ProxySelector> otherwise) {
        this.rules = List.copyOf(rules);
        this.otherwise = otherwise;
    }

    /** The proxy's own URL with its credentials, where a rule names one for this URL. */
    Optional<URI> proxy(URI uri) {
        String scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
        for (Rule rule : rules) {
            Optional<String> text = rule.proxy(scheme);
            if (text.isPresent()) {
                return bypassed(uri, rule.not()) ? Optional.empty() : Optional.of(parsed(text.get(), rule.where()));
            }
        }
        return Optional.empty();
    }

    private boolean ruled(URI uri) {
        String scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
        return rules.stream().anyMatch(rule -> rule.proxy(scheme).isPresent());
    }

    private static URI parsed(String text, String where) {
        try {
            URI proxy = URI.create(text.contains("://") ? text : "http://" + text);
            String scheme = proxy.getScheme().toLowerCase(Locale.ROOT);
            if (!scheme.equals("http")) {
                throw Unavailable.lasting("the proxy in " + where + " is a " + scheme
                        + ": proxy; Puna speaks to http: proxies only (they carry https: too)");
            }
            if (proxy.getHost() == null) {
                throw Unavailable.lasting("the proxy in " + where + " is no URL with a host");
            }
            return proxy;
        } catch (IllegalArgumentException _) {
            // The text may hold a password: it is not repeated.
            throw Unavailable.lasting(
                    "the proxy in " + where + " is no URL: write special characters of a password as %XX");
        }
    }

    /** The proxy for this URL, fit to be shown. */
    public Optional<String> shown(URI uri) {
        return proxy(uri).map(Web::shown);
    }

    /** Credentials for the proxy of this URL, as a header's value. */
    Optional<String> authorization(URI uri) {
        return proxy(uri)
                .map(URI::getRawUserInfo)
                .filter(pair -> !pair.isEmpty())
                .map(pair -> {
                    int colon = pair.indexOf(':');
                    String user = Credentials.decoded(colon < 0 ? pair : pair.substring(0, colon));
                    return Credentials.Secret.basic(
                            user, colon < 0 ? "" : Credentials.decoded(pair.substring(colon + 1)));
                });
    }

    @Override
    public List<Proxy> select(URI uri) {
        if (!ruled(uri)) {
            return otherwise.map(selector -> selector.select(uri)).orElse(List.of(Proxy.NO_PROXY));
        }
        return proxy(uri)
                .map(proxy -> List.of(new Proxy(
                        Proxy.Type.HTTP,
                        new InetSocketAddress(proxy.getHost(), proxy.getPort() >= 0 ? proxy.getPort() : 80))))
                .orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The failure reaches whoever asked; there is no second proxy to try.
    }

    /** Whether a host is on the list of those that are reached directly: names and their sub-domains, addresses, networks. */
    static boolean bypassed(URI uri, List<String> not) {
        String host = Objects.requireNonNullElse(uri.getHost(), "").toLowerCase(Locale.ROOT);
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        for (String entry : not) {
            String pattern = entry.strip().toLowerCase(Locale.ROOT);
            if (pattern.equals("*")) {
                return true;
            }
            if (pattern.isEmpty()) {
                continue;
            }
            if (pattern.contains("/")) {
                if (inNetwork(bare, pattern)) {
                    return true;
                }
                continue;
            }
            int colon = pattern.lastIndexOf(':');
            boolean ipv6 = pattern.indexOf(':') != colon && !pattern.startsWith("[");
            if (colon > 0 && !ipv6 && !pattern.endsWith("]")) {
                if (!pattern.substring(colon + 1).equals(Integer.toString(Credentials.port(uri)))) {
                    continue;
                }
                pattern = pattern.substring(0, colon);
            }
            if (pattern.startsWith("[") && pattern.endsWith("]")) {
                pattern = pattern.substring(1, pattern.length() - 1);
            }
            pattern = pattern.startsWith("*.") ? pattern.substring(2) : pattern;
            pattern = pattern.startsWith(".") ? pattern.substring(1) : pattern;
            if (pattern.contains("*") ? globs(pattern, bare) : bare.equals(pattern) || bare.endsWith("." + pattern)) {
                return true;
            }
        }
        return false;
    }

    private static boolean globs(String pattern, String host) {
        return host.matches(
                Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
    }

    private static boolean address(String host) {
        return host.matches("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*");
    }

    private static boolean inNetwork(String host, String network) {
        String[] parts = network.split("/", 2);
        if (!address(host) || !address(parts[0])) {
            return false; // a name: looking it up to decide about a proxy would defeat the proxy
        }
        try {
            byte[] address = InetAddress.getByName(host).getAddress();
            byte[] prefix = InetAddress.getByName(parts[0]).getAddress();
            int bits = Integer.parseInt(parts[1]);
            if (address.length != prefix.length || bits < 0 || bits > 8 * prefix.length) {
                return false;
            }
            int whole = bits / 8;
            int rest = bits % 8;
            int mask = rest == 0 ? 0 : 0xFF << (8 - rest) & 0xFF;
            return Arrays.equals(address, 0, whole, prefix, 0, whole)
                    && (rest == 0 || (address[whole] & mask) == (prefix[whole] & mask));
        } catch (UnknownHostException | NumberFormatException _) {
            return false;
        }
    }
}
