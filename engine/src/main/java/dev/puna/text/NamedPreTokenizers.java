package dev.puna.text;

import dev.puna.text.PreTokenizer.Cut;
import dev.puna.text.PreTokenizer.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The pre-tokenizers that GGUF files name. A name stands for a whole set-up, so it also says whether words of the
 * vocabulary are taken whole and whether a text starts with the BOS token.
 */
enum NamedPreTokenizers {
    LLAMA3(
            true,
            true,
            Words.LLAMA3,
            "llama3",
            "llama-v3",
            "llama-bpe",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2"),
    LLAMA3_PLAIN(false, false, Words.LLAMA3, "dbrx", "smaug-bpe", "glm4", "chatglm-bpe"),
    LLAMA4(true, false, Words.LLAMA4, "llama4", "gpt-4o"),
    QWEN2(
            false,
            false,
            Words.QWEN2,
            "qwen2",
            "deepseek-r1-qwen",
            "stablelm2",
            "megrez",
            "hunyuan",
            "solar-open",
            "grok-2"),
    GPT2(
            false,
            false,
            Words.GPT2,
            "gpt-2",
            "gpt2",
            "mpt",
            "olmo",
            "jais",
            "trillion",
            "granite-docling",
            "phi-2",
            "exaone4"),
    DIGITS(
            false,
            false,
            List.of(PreTokenizer.cut(TextPattern.kind(CharKind.NUMBER, false), Cut.ISOLATED, false), words(Words.GPT2)),
            "smollm",
            "starcoder",
            "refact",
            "command-r",
            "codeshell",
            "exaone",
            "minerva-7b");

    private final boolean wholePieces;
    private final boolean addBos;
    private final List<Step> steps;
    private final List<String> names;

    NamedPreTokenizers(boolean wholePieces, boolean addBos, Words words, String... names) {
        this(wholePieces, addBos, List.of(words(words)), names);
    }

    NamedPreTokenizers(boolean wholePieces, boolean addBos, List<Step> steps, String... names) {
        this.wholePieces = wholePieces;
        this.addBos = addBos;
        this.steps = steps;
        this.names = List.of(names);
    }

    private static Step words(Words words) {
        return PreTokenizer.cut(words, Cut.ISOLATED, false);
    }

    static Optional<NamedPreTokenizers> find(String name) {
        return Arrays.stream(values())
                .filter(known -> known.names.contains(name))
                .findFirst();
    }

    boolean wholePieces() {
        return wholePieces;
    }

    boolean addBos() {
        return addBos;
    }

    /** @param prefix whether a space goes before a text that has none */
    PreTokenizer preTokenizer(boolean prefix) {
        List<Step> all = new ArrayList<>();
        if (prefix) {
            all.add(PreTokenizer.byteLevel(true, false, false));
        }
        all.addAll(steps);
        return new PreTokenizer(all, false);
    }
}
