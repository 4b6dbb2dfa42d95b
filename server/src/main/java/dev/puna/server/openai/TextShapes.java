package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;

import dev.puna.server.core.Completions;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import java.util.List;

/** The fields of requests about plain text: completions, tokens, embeddings, moderations. */
final class TextShapes {
    private static final Kind<int[]> IDS = Kind.list(Kind.integer(0, Integer.MAX_VALUE), 1 << 22)
            .as(ids -> ids.stream().mapToInt(Integer::intValue).toArray());

    /** Each is a text or token ids. */
    private static final Kind<List<Object>> INPUTS = Kind.either(
            Kind.text().as(one -> List.<Object>of(one)),
            IDS.as(one -> List.<Object>of(one)),
            Kind.list(Kind.<Object>either(Kind.text(), IDS), 2048));

    // Completions
    static final Field<List<Object>> PROMPT_FIELD = Field.needed(
            "prompt",
            INPUTS,
            "A text, or token ids, or a list of either; each is continued. Text is text: no spelling of"
                    + " a control token means that token.");
    static final Field<String> SUFFIX = Field.of(
            "suffix", Kind.text(), "What follows the text that is wanted; for models that were trained to fill in.");
    static final Field<Boolean> ECHO =
            Field.of("echo", Kind.bool(), "Begin the text with the prompt, and its logprobs with those of the prompt.");
    static final Field<Integer> MOST_TOKENS = Field.of(
            "max_tokens", Kind.integer(0, Integer.MAX_VALUE), "The most new tokens; 0: the prompt is only read.");
    static final Field<Integer> BEST_OF = Field.of(
            "best_of",
            Kind.integer(1, Completions.MOST_ANSWERS),
            "Make so many and give the likeliest n of them; not in a stream.");
    static final Field<Integer> SOME_LOGPROBS =
            Field.of("logprobs", Kind.integer(0, 20), "Report each token's log-probability and its likeliest rivals.");

    static final Shape COMPLETION = Shape.of(MODEL, PROMPT_FIELD, SUFFIX, ECHO, BEST_OF, SOME_LOGPROBS)
            .and(SamplingFields.ALL)
            .and(MOST_TOKENS, N, GRAMMAR, STREAM, STREAM_OPTIONS, SERVICE_TIER, CACHE_SALT, USER);

    // Tokens
    static final Field<String> ONE_MODEL =
            Field.of("model", Kind.text(1, 512), "Needed where the server has several models.");
    static final Field<String> TOKENIZED = Field.needed("content", Kind.text(), "The text.");
    static final Field<Boolean> ADD_SPECIAL =
            Field.of("add_special", Kind.bool(), "Put BOS in front where the model wants it.");
    static final Field<Boolean> PARSE_SPECIAL =
            Field.of("parse_special", Kind.bool(), "The spelling of a control token means that token.");
    static final Field<Boolean> WITH_PIECES =
            Field.of("with_pieces", Kind.bool(), "Give each token's text too, or its bytes where they are none.");
    static final Field<int[]> TOKENS = Field.needed("tokens", IDS, "Token ids.");

    static final Shape TOKENIZE = Shape.of(ONE_MODEL, TOKENIZED, ADD_SPECIAL, PARSE_SPECIAL, WITH_PIECES);
    static final Shape DETOKENIZE = Shape.of(ONE_MODEL, TOKENS);

    // Embeddings
    static final Field<List<Object>> INPUT =
            Field.needed("input", INPUTS, "A text, or token ids, or a list of either.");
    static final Field<String> ENCODING = Field.of(
            "encoding_format",
            Kind.oneOf("float", "base64"),
            "Numbers, or their 32-bit floats in little-endian order as base64.");
    static final Field<Integer> DIMENSIONS = Field.of(
            "dimensions",
            Kind.integer(1, 1 << 20),
            "Keep only so many of the first numbers, brought to length 1 again.");
    static final Shape EMBEDDING = Shape.of(MODEL, INPUT, ENCODING, DIMENSIONS, USER);

    // Moderations
    static final Field<String> GUARD = Field.of("model", Kind.text(1, 512), "The guard model's name, or nothing.");
    /** A text, texts, or the parts of one. */
    static final Field<List<String>> JUDGED = Field.needed(
            "input",
            Kind.either(Kind.list(Kind.text(), 2048), SEEN.as(one -> List.of(one))),
            "What to judge: a text, texts, or the parts of one.");

    static final Shape MODERATION = Shape.of(GUARD, JUDGED);

    private TextShapes() {}
}
