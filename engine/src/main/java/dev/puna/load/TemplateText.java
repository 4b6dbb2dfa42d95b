package dev.puna.load;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Json;
import dev.puna.text.ChatTemplate;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A chat template as a model's files hold it. It is compiled when it is first asked for: one that is wrong stands in the
 * way of a chat, not of anything else.
 *
 * @param name what errors call it
 */
public record TemplateText(String source, String name) {
    /**
     * The template of a GGUF file, a model's folder, or a file in such a folder. The weights need not be there, nor be
     * of a kind that Puna runs.
     *
     * @throws BadFile if the files are not as they should be
     */
    public static Optional<TemplateText> open(Path path) {
        if (Files.isDirectory(path)) {
            return of(path);
        }
        String name = String.valueOf(path.getFileName());
        if (name.endsWith(".safetensors") || name.endsWith(".json")) {
            return of(path.resolveSibling("").toAbsolutePath());
        }
        try (Gguf gguf = Gguf.open(path)) {
            return of(gguf);
        }
    }

    static Optional<TemplateText> of(Gguf gguf) {
        return gguf.metadata()
                .string("tokenizer.chat_template")
                .map(source -> new TemplateText(source, gguf.path() + ": tokenizer.chat_template"));
    }

    /** From {@code chat_template.jinja}, else from {@code tokenizer_config.json}, where it may be one of several. */
    static Optional<TemplateText> of(Path folder) {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            return Optional.of(new TemplateText(read(jinja), jinja.toString()));
        }
        Path config = folder.resolve("tokenizer_config.json");
        if (!Files.exists(config)) {
            return Optional.empty();
        }
        Object value = Json.object(Json.parse(config), config, "the file").get("chat_template");
        return Optional.ofNullable(chosen(value, config)).map(source -> new TemplateText(source, config.toString()));
    }

    /** A text; or of a list of named ones the default, else the first. */
    private static @Nullable String chosen(@Nullable Object value, Path config) {
        return switch (value) {
            case null -> null;
            case String source -> source;
            case List<?> named -> {
                String first = null;
                for (Object one : named) {
                    if (!(one instanceof Map<?, ?> entry) || !(entry.get("template") instanceof String source)) {
                        throw new BadFile(config, -1, "\"chat_template\" has an entry without a template");
                    }
                    if ("default".equals(entry.get("name"))) {
                        yield source;
                    }
                    first = first == null ? source : first;
                }
                yield first;
            }
            default -> throw new BadFile(config, -1, "\"chat_template\" is neither a text nor a list");
        };
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (CharacterCodingException _) {
            throw new BadFile(path, -1, "is not UTF-8 text");
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }

    /** @throws dev.puna.text.TemplateError if it is no template */
    public ChatTemplate compiled() {
        return ChatTemplate.of(source, name);
    }
}
