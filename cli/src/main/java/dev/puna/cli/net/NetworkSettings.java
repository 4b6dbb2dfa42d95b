package dev.puna.cli.net;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How to reach the network on this machine, gathered from what is set up already.
 *
 * @param proxies the environment's, then pip's, npm's, Maven's and the JVM's
 * @param trust the JDK's certificates, those that the tools are pointed to, the system's
 * @param credentials of indexes, repositories, the hub and {@code ~/.netrc}
 * @param pip where Python packages are
 * @param maven where Maven artifacts are
 * @param hub the address of the model hub: {@code HF_ENDPOINT}, else Hugging Face
 * @param hubToken whether there is a token for the hub; the token itself is among the credentials
 * @param offline whether the user told the hub's tools to stay off the network
 */
public record NetworkSettings(
        Proxies proxies,
        Trust trust,
        Credentials credentials,
        PipSettings pip,
        MavenSettings maven,
        URI hub,
        boolean hubToken,
        boolean offline) {

    /** Reads the settings; files that are not there or not readable say nothing. */
    public static NetworkSettings read(Surroundings around) {
        PipSettings pip = PipSettings.read(around);
        NpmSettings npm = NpmSettings.read(around);
        MavenSettings maven = MavenSettings.read(around);

        List<String> not = around.either("no_proxy")
                .map(text -> List.of(text.split("[,\\s]+")))
                .orElse(List.of());
        Optional<String> all = around.either("all_proxy");
        List<Proxies.Rule> rules = new ArrayList<>();
        rules.add(new Proxies.Rule(
                around.either("http_proxy").or(() -> all),
                around.either("https_proxy").or(() -> all),
                not,
                "HTTPS_PROXY or HTTP_PROXY"));
        rules.add(new Proxies.Rule(pip.proxy(), pip.proxy(), not, "pip's settings"));
        rules.add(npm.proxies());
        rules.addAll(maven.proxies());

        Set<Path> bundles = new LinkedHashSet<>();
        pip.certificates().ifPresent(bundles::add);
        npm.certificates().ifPresent(bundles::add);
        for (String name : List.of(
                "PIP_CERT",
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
                "CURL_CA_BUNDLE",
                "NODE_EXTRA_CA_CERTS",
                "SSL_CERT_DIR")) {
            around.variable(name).ifPresent(value -> {
                for (String part : name.endsWith("_DIR") ? value.split(":") : new String[] {value}) {
                    if (!part.isEmpty()) {
                        bundles.add(around.path(part));
                    }
                }
            });
        }

        URI hub = hub(around);
        Optional<String> token = token(around);
        List<Credentials.Secret> secrets = new ArrayList<>();
        token.ifPresent(value -> secrets.add(Credentials.Secret.bearer(Credentials.bare(hub), value)));
        pip.indexes().forEach(index -> Credentials.inside(index).ifPresent(secrets::add));
        for (String link : pip.findLinks()) {
            if (link.matches("https?://.*")) {
                Credentials.inside(URI.create(link)).ifPresent(secrets::add);
            }
        }
        secrets.addAll(maven.secrets());
        secrets.addAll(Netrc.read(around));

        return new NetworkSettings(
                new Proxies(rules, Optional.ofNullable(ProxySelector.getDefault())),
                new Trust(List.copyOf(bundles), pip.trustedHosts()),
                new Credentials(secrets),
                pip,
                maven,
                hub,
                token.isPresent(),
                around.variable("HF_HUB_OFFLINE")
                        .filter(v -> !v.equals("0") && !v.equalsIgnoreCase("false"))
                        .isPresent());
    }

    private static URI hub(Surroundings around) {
        String text = around.variable("HF_ENDPOINT").orElse("https://huggingface.co");
        try {
            URI hub = URI.create(text.endsWith("/") ? text : text + "/");
            if (hub.getHost() != null) {
                return hub;
            }
        } catch (IllegalArgumentException _) {
            // falls through to the same words
        }
        throw Unavailable.lasting("HF_ENDPOINT is no URL with a host: " + text.replaceAll("//[^/@]*@", "//"));
    }

    /** The token that the hub's own tools use: a variable, or the file that signing in leaves. */
    private static Optional<String> token(Surroundings around) {
        return around.variable("HF_TOKEN")
                .or(() -> around.variable("HUGGING_FACE_HUB_TOKEN"))
                .or(() -> {
                    Optional<Path> file = around.variable("HF_TOKEN_PATH")
                            .map(around::path)
                            .or(() -> around.variable("HF_HOME")
                                    .map(dir -> around.path(dir).resolve("token")))
                            .or(() -> around.atHome(".cache/huggingface/token").stream()
                                    .findFirst());
                    try {
                        return file.isPresent() && Files.isReadable(file.get())
                                ? Optional.of(Files.readString(file.get()).strip())
                                        .filter(text -> !text.isEmpty())
                                : Optional.empty();
                    } catch (IOException _) {
                        return Optional.empty();
                    }
                });
    }
}
