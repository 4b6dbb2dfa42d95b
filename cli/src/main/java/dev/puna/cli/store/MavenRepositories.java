package dev.puna.cli.store;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.Credentials;
import dev.puna.cli.net.MavenSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Artifacts from the repositories that Maven is set up with, or from its folder of those that are here already. */
final class MavenRepositories {
    private final Web web;
    private final MavenSettings maven;

    MavenRepositories(Web web, MavenSettings maven) {
        this.web = web;
        this.maven = maven;
    }

    Offer offer(Source.Jar source) {
        String file = source.artifact() + "-" + source.version() + ".jar";
        String path = source.group().replace('.', '/') + "/" + source.artifact() + "/" + source.version() + "/" + file;
        Optional<Path> here = maven.local().map(dir -> dir.resolve(path)).filter(Files::isRegularFile);
        if (here.isPresent()) {
            try {
                return offer(source, file, here.get().toUri(), Files.size(here.get()), Optional.empty());
            } catch (IOException e) {
                throw Unavailable.lasting(here.get() + " cannot be read", e);
            }
        }
        List<String> reasons = new ArrayList<>(maven.remarks());
        for (URI repository : maven.repositories()) {
            try {
                URI place = Credentials.bare(repository).resolve(path);
                if ("file".equals(place.getScheme())) {
                    if (Files.isRegularFile(Path.of(place))) {
                        return offer(source, file, place, Files.size(Path.of(place)), Optional.empty());
                    }
                    reasons.add(place.getPath() + " does not exist");
                    continue;
                }
                return offer(source, file, place, -1, digest(place));
            } catch (Unavailable e) {
                reasons.add(e.getMessage());
            } catch (IOException e) {
                reasons.add(repository.getPath() + " cannot be read");
            }
        }
        throw Unavailable.lasting(String.join("; ", reasons));
    }

    private static Offer offer(Source.Jar source, String file, URI place, long bytes, Optional<Digest> digest) {
        Item item = new Item(file, place, bytes, digest, true, source.member());
        String name = source.member().map(Offer::name).orElseGet(() -> Offer.name(source.artifact()));
        return new Offer(name, List.of(item), Optional.of(""), Licence.UNKNOWN, Optional.empty());
    }

    /** The hash that lies beside an artifact, the strongest there is; none of them means that the artifact is not there either. */
    private Optional<Digest> digest(URI place) {
        Unavailable missing = null;
        for (Digest.Kind kind : List.of(Digest.Kind.SHA_256, Digest.Kind.SHA_512, Digest.Kind.SHA_1)) {
            String ending = kind.toString().replace("-", "").toLowerCase(Locale.ROOT);
            try (Answer answer = web.ask(URI.create(place + "." + ending), Map.of())) {
                if (answer.found()) {
                    String text = web.text(answer).strip();
                    return Optional.of(new Digest(kind, text.isEmpty() ? "" : text.split("\\s+")[0]));
                }
                if (answer.status() != 404) {
                    throw answer.refusal();
                }
                missing = answer.refusal();
            } catch (IllegalArgumentException _) {
                // Not a hash, such as a page that says where to log in: the next kind may be there.
            }
        }
        if (missing != null) {
            // A repository without any hashes is rare, one without the artifact is not.
            try (Answer answer = web.ask(place, Map.of("Range", "bytes=0-0"))) {
                if (!answer.found()) {
                    throw answer.refusal();
                }
            }
        }
        return Optional.empty();
    }
}
