package dev.puna.text;

import dev.puna.text.PreTokenizer.Cut;
import dev.puna.text.PreTokenizer.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A pre-tokenizer that GGUF files know by name. The name stands for the whole set-up of a model's tokenizer.
 *
 * @param wholePieces whether a word that is in the vocabulary is taken as it is
 * @param addBos whether a text starts with the BOS token unless the file says otherwise
 * @param steps how words are cut out
 */
record NamedPreTokenizer(boolean wholePieces, boolean addBos, List<Step> steps) {
    private static final String CJK = "[\\u0800-\\u9FA5\\uAC00-\\uD7FF]+";

    /** The letters of scripts that have case, as DeepSeek lists them. */
    private static final String CASED =
            "[A-Za-z\\u00B5\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u01BA\\u01BC-\\u01BF\\u01C4-\\u0293"
                    + "\\u0295-\\u02AF\\u0370-\\u0373\\u0376-\\u0377\\u037B-\\u037D\\u037F\\u0386\\u0388-\\u038A\\u038C"
                    + "\\u038E-\\u03A1\\u03A3-\\u03F5\\u03F7-\\u0481\\u048A-\\u052F\\u0531-\\u0556\\u10A0-\\u10C5"
                    + "\\u13A0-\\u13F5\\u13F8-\\u13FD\\u1C90-\\u1CBA\\u1CBD-\\u1CBF\\u1D00-\\u1D2B\\u1D6B-\\u1D77"
                    + "\\u1D79-\\u1D9A\\u1E00-\\u1F15\\u1F18-\\u1F1D\\u1F20-\\u1F45\\u1F48-\\u1F4D\\u1F50-\\u1F57"
                    + "\\u1F59\\u1F5B\\u1F5D\\u1F5F-\\u1F7D\\u1F80-\\u1FB4\\u1FB6-\\u1FBC\\u1FBE\\u1FC2-\\u1FC4"
                    + "\\u1FC6-\\u1FCC\\u1FD0-\\u1FD3\\u1FD6-\\u1FDB\\u1FE0-\\u1FEC\\u1FF2-\\u1FF4\\u1FF6-\\u1FFC"
                    + "\\u2102\\u2107\\u210A-\\u2113\\u2115\\u2119-\\u211D\\u2124\\u2126\\u2128\\u212A-\\u212D"
                    + "\\u212F-\\u2134\\u2139\\u213C-\\u213F\\u2145-\\u2149\\u214E\\u2183-\\u2184\\u2C00-\\u2C7B"
                    + "\\u2C7E-\\u2CE4\\u2CEB-\\u2CEE\\u2CF2-\\u2CF3\\uA640-\\uA66D\\uA680-\\uA69B\\uA722-\\uA76F"
                    + "\\uA771-\\uA787\\uA78B-\\uA78E\\uAB70-\\uABBF\\uFB00-\\uFB06\\uFB13-\\uFB17\\uFF21-\\uFF3A"
                    + "\\uFF41-\\uFF5A\\x{10400}-\\x{1044F}\\x{104B0}-\\x{104D3}\\x{104D8}-\\x{104FB}"
                    + "\\x{10C80}-\\x{10CB2}\\x{10CC0}-\\x{10CF2}\\x{118A0}-\\x{118DF}\\x{1E900}-\\x{1E943}]+";

    static Optional<NamedPreTokenizer> of(String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2" ->
                        new NamedPreTokenizer(true, true, List.of(words(Words.LLAMA3)));
                    case "llama4", "gpt-4o" -> new NamedPreTokenizer(true, false, List.of(words(Words.LLAMA4)));
                    case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe" -> plain(words(Words.LLAMA3));
                    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2" ->
                        plain(words(Words.QWEN2));
                    case "gpt-2", "gpt2", "mpt", "olmo", "jais", "trillion", "granite-docling", "phi-2", "exaone4" ->
                        plain(words(Words.GPT2));
                    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b" ->
                        plain(
                                PreTokenizer.cut(TextPattern.kind(CharKind.NUMBER, false), Cut.ISOLATED, false),
                                words(Words.GPT2));
                    case "falcon" ->
                        plain(
                                PreTokenizer.cut(TextPattern.punctuation(), Cut.CONTIGUOUS, false),
                                words(Words.GPT2),
                                regex("[0-9][0-9][0-9]"));
                    case "deepseek-llm" ->
                        plain(
                                regex("[\r\n]"),
                                regex("\\s?" + CASED),
                                regex("\\s?[!-/:-~\\uFF01-\\uFF0F\\uFF1A-\\uFF5E\\u2018-\\u201F\\u3000-\\u3002]+"),
                                regex("\\s+$"),
                                regex(CJK),
                                regex("\\p{N}+"));
                    case "deepseek-coder" ->
                        plain(regex("[\r\n]"), regex("\\s?\\p{L}+"), regex("\\s?\\p{P}+"), regex(CJK), regex("\\p{N}"));
                    default -> null;
                });
    }

    private static NamedPreTokenizer plain(Step... steps) {
        return new NamedPreTokenizer(false, false, List.of(steps));
    }

    private static Step words(Words words) {
        return PreTokenizer.cut(words, Cut.ISOLATED, false);
    }

    private static Step regex(String regex) {
        return PreTokenizer.cut(SplitRegex.of(regex), Cut.ISOLATED, false);
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
