package dev.puna.cli.store;

import dev.puna.file.BadFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Models on this machine. Files lie by their SHA-256 in {@code blobs/sha256}, once however many models have them; a model
 * is a folder {@code models/NAME} with an entry, the licence, and links that give the files their names. What is still
 * coming lies in {@code partial}. Everything is written elsewhere and renamed into its place under a lock, so a reader
 * never sees half of anything.
 */
public final class Store {
    private static final String ENTRY = "model.json";

    private final Path root;
    private final Space space;

    /** @param root the folder of the store; it is made when the first model comes */
    public Store(Path root, Space space) {
        this.root = root;
        this.space = space;
    }

    /** A store that takes as much as the disk under it. */
    public static Store at(Path root) {
        return new Store(root, folder -> Files.getFileStore(folder).getUsableSpace());
    }

    public Path root() {
        return root;
    }

    Space space() {
        return space;
    }

    /** The folder of what is still coming, made where it is not there yet. */
    Path partial() {
        return made(root.resolve("partial"));
    }

    private static Path made(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (FileAlreadyExistsException _) {
            throw new StoreFault(folder + " is a file where a folder is needed; move it away");
        } catch (AccessDeniedException e) {
            throw StoreFault.of(folder, e);
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new StoreFault(folder + " cannot be made a folder: set XDG_DATA_HOME to a folder of yours");
        } catch (FileSystemException e) {
            if (String.valueOf(e.getReason()).equals("Not a directory")) {
                throw new StoreFault(folder
                        + " cannot be made a folder: a file is in its way; set XDG_DATA_HOME to a folder of yours");
            }
            throw StoreFault.of(folder, e);
        } catch (IOException e) {
            throw StoreFault.of(folder, e);
        }
    }

    Path blob(String sha256) {
        return root.resolve("blobs").resolve("sha256").resolve(sha256);
    }

    private Path folder(String name) {
        return root.resolve("models").resolve(name);
    }

    private Lock locked() {
        made(root);
        return Lock.take(root.resolve("lock"), () -> {});
    }

    /** Whether a text can be the name of a model. */
    public static boolean isName(String text) {
        return text.matches("[a-z0-9][a-z0-9._-]{0,127}");
    }

    /** The model of that name, if it is here. */
    public Optional<StoredModel> model(String name) {
        if (!isName(name)) {
            return Optional.empty();
        }
        Path entry = folder(name).resolve(ENTRY);
        return Files.isRegularFile(entry)
                ? Optional.of(StoredModel.read(entry, folder(name).resolve("files")))
                : Optional.empty();
    }

    /** A model that came from this source. */
    public Optional<StoredModel> from(String source) {
        for (String name : names()) {
            try {
                Optional<StoredModel> model = model(name).filter(m -> m.source().equals(source));
                if (model.isPresent()) {
                    return model;
                }
            } catch (BadFile _) {
                // Another model's entry is no reason not to find this one; `list` tells of it.
            }
        }
        return Optional.empty();
    }

    /** The names of all models here, in order; their entries may still prove bad. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(root.resolve("models"))) {
            for (Path folder : folders) {
                String name = folder.getFileName().toString();
                if (isName(name) && Files.isRegularFile(folder.resolve(ENTRY))) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            return List.of();
        } catch (IOException e) {
            throw StoreFault.of(root.resolve("models"), e);
        }
        names.sort(null);
        return names;
    }

    /**
     * Makes sure that a model's files are what they were when their hashes were checked. That is cheap: length and time of
     * writing are compared, and only where they differ is the file read again.
     *
     * @throws BadFile where a file is gone or has other bytes
     */
    public void verify(StoredModel model) {
        for (StoredFile file : model.files()) {
            Path blob = blob(file.sha256());
            try {
                BasicFileAttributes now = Files.readAttributes(blob, BasicFileAttributes.class);
                boolean same = now.size() == file.bytes()
                        && (now.lastModifiedTime().toMillis() == file.modified()
                                || sha256(blob).equals(file.sha256()));
                if (!same) {
                    throw damaged(model, file, "was changed since it was checked");
                }
                if (!Files.exists(model.folder().resolve(file.path()))) {
                    throw damaged(model, file, "is not in the model's folder");
                }
            } catch (NoSuchFileException _) {
                throw damaged(model, file, "is missing");
            } catch (IOException e) {
                throw StoreFault.of(blob, e);
            }
        }
    }

    private static BadFile damaged(StoredModel model, StoredFile file, String what) {
        return new BadFile(
                model.folder().resolve(file.path()), -1, what + "; 'puna pull " + model.name() + "' fetches it again");
    }

    static String sha256(Path file) throws IOException {
        MessageDigest digest = Digest.Kind.SHA_256.start(0);
        byte[] piece = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n; (n = in.read(piece)) > 0; ) {
                digest.update(piece, 0, n);
            }
        }
        return Digest.hex(digest);
    }

    /** Whether a file of that hash is here and has its length; a damaged one is taken away. */
    boolean has(String sha256, long bytes) {
        Path blob = blob(sha256);
        try {
            if (!Files.isRegularFile(blob)) {
                return false;
            }
            if ((bytes < 0 || Files.size(blob) == bytes) && sha256(blob).equals(sha256)) {
                return true;
            }
            Files.delete(blob);
            return false;
        } catch (IOException e) {
            throw StoreFault.of(blob, e);
        }
    }

    /**
     * A file to be kept.
     *
     * @param path its name in the model's folder
     * @param from where it lies now; it is moved from there. Its blob's place where it is in the store already
     */
    record Kept(String path, Path from, String sha256, String checked) {}

    /** Puts a model in its place: its files, then its entry, all at once for whoever looks. */
    StoredModel keep(
            String name,
            String description,
            String source,
            Licence licence,
            Optional<String> terms,
            String pulled,
            Optional<String> main,
            List<Kept> kept) {
        Path fresh = root.resolve("models").resolve(".new-" + name);
        try (Lock _ = locked()) {
            made(root.resolve("blobs").resolve("sha256"));
            made(root.resolve("models"));
            remove(fresh);
            Path links = made(fresh.resolve("files"));
            List<StoredFile> files = new ArrayList<>();
            for (Kept one : kept) {
                Path blob = blob(one.sha256());
                settle(one.from(), blob);
                link(links.resolve(one.path()), blob);
                files.add(new StoredFile(
                        one.path(),
                        one.sha256(),
                        Files.size(blob),
                        Files.getLastModifiedTime(blob).toMillis(),
                        one.checked()));
            }
            if (terms.isPresent()) {
                Files.writeString(fresh.resolve("LICENSE"), terms.get());
            }
            StoredModel model = new StoredModel(
                    name,
                    description,
                    source,
                    licence,
                    pulled,
                    main,
                    List.copyOf(files),
                    folder(name).resolve("files"));
            Files.writeString(fresh.resolve(ENTRY), model.text());
            sync(fresh.resolve(ENTRY));
            Path old = root.resolve("models").resolve(".old-" + name);
            remove(old);
            if (Files.exists(folder(name))) {
                Files.move(folder(name), old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(fresh, folder(name), StandardCopyOption.ATOMIC_MOVE);
            sync(root.resolve("models"));
            remove(old);
            return model;
        } catch (IOException e) {
            throw StoreFault.of(fresh, e);
        }
    }

    private void settle(Path from, Path blob) throws IOException {
        if (from.equals(blob)) {
            if (!Files.exists(blob)) {
                throw new StoreFault("another puna removed a file that this model shares; run the same command again");
            }
            return;
        }
        if (has(blob.getFileName().toString(), -1)) {
            Files.deleteIfExists(from); // the same bytes came by another way
            return;
        }
        sync(from);
        Files.move(from, blob, StandardCopyOption.ATOMIC_MOVE);
        try {
            Files.setPosixFilePermissions(blob, PosixFilePermissions.fromString("r--r--r--"));
        } catch (UnsupportedOperationException | FileSystemException _) {
            // A disk without permissions; they only guard against slips.
        }
        sync(blob.getParent());
    }

    /** Gives a blob a name: a relative link, so that the store can be moved; where there are none, a second name or a copy. */
    private static void link(Path name, Path blob) throws IOException {
        try {
            Files.createSymbolicLink(name, name.toAbsolutePath().getParent().relativize(blob.toAbsolutePath()));
        } catch (UnsupportedOperationException | FileSystemException _) {
            try {
                Files.createLink(name, blob);
            } catch (UnsupportedOperationException | FileSystemException _) {
                Files.copy(blob, name);
            }
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            if (!Files.isDirectory(path)) { // not every system lets a folder be synced
                throw e;
            }
        }
    }

    /**
     * Removes a model, and the files that no other model has.
     *
     * @return how many bytes that freed
     */
    public long remove(StoredModel model) {
        Path old = root.resolve("models").resolve(".old-" + model.name());
        try (Lock _ = locked()) {
            remove(old);
            Files.move(folder(model.name()), old, StandardCopyOption.ATOMIC_MOVE);
            remove(old);
            Set<String> used = new HashSet<>();
            for (String name : names()) {
                model(name).ifPresent(other -> other.files().forEach(file -> used.add(file.sha256())));
            }
            long freed = 0;
            for (StoredFile file : model.files()) {
                Path blob = blob(file.sha256());
                if (!used.contains(file.sha256()) && Files.deleteIfExists(blob)) {
                    freed += file.bytes();
                }
            }
            return freed;
        } catch (IOException e) {
            throw StoreFault.of(root, e);
        }
    }

    /** How many bytes of unfinished downloads lie here. */
    public long unfinished() {
        return partials(false);
    }

    /** Removes unfinished downloads that nobody is at work on; says how many bytes that freed. */
    public long removeUnfinished() {
        return partials(true);
    }

    private long partials(boolean delete) {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve("partial"))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(".lock")) {
                    continue;
                }
                long size = Files.size(file);
                if (delete) {
                    Path lock = file.resolveSibling(name.substring(0, name.indexOf('.')) + ".lock");
                    if (Files.exists(lock) && Lock.held(lock)) {
                        continue;
                    }
                    Files.delete(file);
                }
                bytes += size;
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            return bytes;
        } catch (IOException e) {
            throw StoreFault.of(root.resolve("partial"), e);
        }
        return bytes;
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes about) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
