package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Opens the tokenizers of models: a GGUF file, a {@code tokenizer.json}, a {@code tokenizer.model} (SentencePiece, or the
 * ranks of Llama 3 and 4), or a folder that holds one. What a file is, its content says, not its name.
 */
public final class Tokenizers {
    /** Bytes of a {@code tokenizer.model}; the largest known has four million. */
    static final int MAX_BYTES = 64 << 20;

    private Tokenizers() {}

    /**
     * Opens the tokenizer that a file or folder holds.
     *
     * @throws BadFile where there is none, or where it is not as it should be
     */
    public static Tokenizer open(Path path) {
        if (Files.isDirectory(path)) {
            return fromFolder(path).orElseThrow(() -> new BadFile(path, -1, "no tokenizer in this folder"));
        }
        byte[] head = read(path, 64);
        if (new String(head, StandardCharsets.ISO_8859_1).startsWith("GGUF")) {
            try (Gguf gguf = Gguf.open(path)) {
                return fromGguf(gguf).orElseThrow(() -> new BadFile(path, -1, "no tokenizer in this file"));
            }
        }
        if (isJson(path, head)) {
            return TokenizerJson.read(path, Optional.empty());
        }
        byte[] bytes = read(path, MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw new BadFile(
                    path, MAX_BYTES, "longer than the limit of %d bytes for a tokenizer".formatted(MAX_BYTES));
        }
        return RankFile.looksLike(head) ? RankFile.read(path, bytes) : SentencePieceFile.read(path, bytes);
    }

    /** The tokenizer of a GGUF file, or empty where it has none. */
    public static Optional<Tokenizer> fromGguf(Gguf gguf) {
        return GgufVocabulary.read(gguf);
    }

    /**
     * The tokenizer of a model's folder, or empty where it has none: {@code tokenizer.json}, else
     * {@code tokenizer.model}, else that of its only GGUF file; with the roles that {@code tokenizer_config.json} names.
     * A GGUF file beside a {@code config.json} or safetensors is another form of the model, not this one's tokenizer.
     */
    public static Optional<Tokenizer> fromFolder(Path folder) {
        Path json = folder.resolve("tokenizer.json");
        if (Files.exists(json)) {
            return Optional.of(TokenizerJson.read(json, Optional.of(folder)));
        }
        Path model = folder.resolve("tokenizer.model");
        if (Files.exists(model)) {
            return Optional.of(open(model));
        }
        List<Path> ggufs = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (name.equals("config.json") || name.endsWith(".safetensors")) {
                    return Optional.empty();
                }
                if (name.endsWith(".gguf")) {
                    ggufs.add(file);
                }
            }
        } catch (IOException e) {
            throw BadFile.unreadable(folder, e);
        } catch (DirectoryIteratorException e) {
            throw BadFile.unreadable(folder, new IOException(e));
        }
        if (ggufs.size() != 1) {
            return Optional.empty();
        }
        try (Gguf gguf = Gguf.open(ggufs.getFirst())) {
            return fromGguf(gguf);
        }
    }

    private static boolean isJson(Path path, byte[] head) {
        String start = new String(head, StandardCharsets.ISO_8859_1).strip();
        return path.toString().endsWith(".json") || start.startsWith("{") || start.startsWith("\u00EF\u00BB\u00BF{");
    }

    private static byte[] read(Path path, int limit) {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(limit);
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }
}
