package dev.puna.cli.store;

import java.net.URI;
import java.util.Optional;

/**
 * One file to fetch.
 *
 * @param path its name in the model's folder
 * @param place where it is: a URL, or a {@code file:} URL
 * @param bytes its length, or -1 where nobody says
 * @param digest what it must hash to, where somebody says
 * @param archived whether it is an archive, of which only {@code member} is wanted
 * @param member the path inside the archive; empty where the only model file in it is meant
 */
record Item(String path, URI place, long bytes, Optional<Digest> digest, boolean archived, Optional<String> member) {
    static Item file(String path, URI place, long bytes, Optional<Digest> digest) {
        return new Item(path, place, bytes, digest, false, Optional.empty());
    }

    /** The name of its unfinished copy: the same content from two places goes on where the first broke off. */
    String key() {
        return Digest.ofText(digest.map(d -> d.kind() + ":" + d.hex()).orElseGet(() -> "at:" + place))
                .substring(0, 32);
    }
}
