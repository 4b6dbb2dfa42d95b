package dev.puna.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Chat templates of our own, for models whose files hold none. A vocabulary says which family's marks a model knows, but
 * a base model has the same vocabulary as the one that learnt to chat, so the name must say that it did.
 *
 * <p>Llama Guard 1 to 4 are out of scope: they classify a conversation by a list of hazards instead of answering it, so
 * none of these templates is theirs. A template in their own files is used like any other's.
 */
public enum BuiltInTemplates {
    LLAMA_2("llama2"),
    CODE_LLAMA_70B("codellama70b"),
    LLAMA_3("llama3"),
    LLAMA_3_1("llama31"),
    LLAMA_3_2("llama32"),
    LLAMA_4("llama4"),
    CHATML("chatml");

    private static final Pattern CHATS = Pattern.compile("instruct|chat|(^|[^a-z])it([^a-z]|$)");
    private static final Pattern LLAMA2 = Pattern.compile("llama[-_ ]?v?2.*chat|code[-_ ]?llama.*instruct");
    private static final Pattern LLAMA32 = Pattern.compile("(^|[^0-9])3[._-]2([^0-9]|$)");

    private final String file;

    BuiltInTemplates(String file) {
        this.file = file;
    }

    /** The template, compiled. */
    public ChatTemplate template() {
        String name = file + ".jinja";
        try (InputStream in = BuiltInTemplates.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the built-in template " + name + " is missing");
            }
            return ChatTemplate.of(new String(in.readAllBytes(), StandardCharsets.UTF_8), "built-in " + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The template for a model whose files hold none; empty where no version is plain from the facts.
     *
     * @param hasControl whether the vocabulary has a control token of this spelling
     * @param modelName what the model calls itself
     */
    public static Optional<BuiltInTemplates> forModel(Predicate<String> hasControl, String modelName) {
        String name = modelName.toLowerCase(Locale.ROOT);
        if (!CHATS.matcher(name).find() || name.contains("guard")) {
            return Optional.empty();
        }
        if (hasControl.test("<|header_start|>") && hasControl.test("<|eot|>")) {
            return Optional.of(LLAMA_4);
        }
        if (hasControl.test("<|im_start|>") && hasControl.test("<|im_end|>")) {
            return Optional.of(CHATML);
        }
        if (hasControl.test("<|start_header_id|>") && hasControl.test("<|eot_id|>")) {
            boolean knowsTools = hasControl.test("<|python_tag|>");
            return Optional.of(!knowsTools ? LLAMA_3 : LLAMA32.matcher(name).find() ? LLAMA_3_2 : LLAMA_3_1);
        }
        if (LLAMA2.matcher(name).find()) {
            return Optional.of(name.contains("code") && name.contains("70b") ? CODE_LLAMA_70B : LLAMA_2);
        }
        return Optional.empty();
    }
}
