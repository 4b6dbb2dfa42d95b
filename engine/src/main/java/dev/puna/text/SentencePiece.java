package dev.puna.text;

import dev.puna.text.AddedTokens.Added;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer of Llama 1 and 2, Mistral and Phi-3: no words are cut out beforehand, a space is the character ▁, and
 * of all neighbours that are a piece together those with the best score merge first.
 */
final class SentencePiece {
    private SentencePiece() {}

    /**
     * How it treats a text.
     *
     * @param prefix whether a space goes before it
     * @param collapse whether spaces at its ends go, and of several only one stays
     * @param escape whether a space becomes ▁
     * @param byteFallback whether characters without a piece become bytes
     * @param oneText whether user-defined tokens leave the text around them one text, as in SentencePiece itself; else
     *     what follows one is a text of its own, with a space before it
     * @param rightStrip whether control tokens take the white space after them along, as Phi-3's do
     */
    record Settings(
            boolean prefix,
            boolean collapse,
            boolean escape,
            boolean byteFallback,
            boolean oneText,
            boolean rightStrip) {}

    /** The control tokens of Phi-3 that leave the white space after them alone. */
    private static final Set<String> NEVER_STRIPPING = Set.of("<unk>", "<s>", "<|endoftext|>");

    static Tokenizer tokenizer(Pieces pieces, float[] scores, Settings settings, SpecialTokens.Given given) {
        Vocabulary vocabulary = pieces.vocabulary(false);
        var unknowns = new Unknowns(
                settings.byteFallback() ? allByteTokens(pieces, vocabulary) : null,
                given.unknown.orElse(-1),
                true,
                false);
        List<Added> normalized = new ArrayList<>();
        if (settings.oneText()) {
            for (int id = 0; id < pieces.size(); id++) {
                if (pieces.kind(id) == Kind.USER_DEFINED) {
                    normalized.add(new Added(id, pieces.spelling(id), false, false, false, false));
                }
            }
        }
        return new Tokenizer(new Tokenizer.Parts(
                vocabulary,
                new AddedTokens(pieces.added(
                        !settings.oneText(), spelling -> settings.rightStrip() && !NEVER_STRIPPING.contains(spelling))),
                new Normalizer(
                        List.of(Normalizer.sentencePiece(settings.prefix(), settings.collapse(), settings.escape()))),
                new AddedTokens(normalized),
                PreTokenizer.NONE,
                false,
                new Bpe(vocabulary, Merges.ofPieces(vocabulary, ranks(scores, pieces.size())), null, unknowns, false),
                Decoding.sentencePiece(settings.prefix() || settings.collapse()),
                given.complete(pieces.named())));
    }

    private static int @Nullable [] allByteTokens(Pieces pieces, Vocabulary vocabulary) {
        int[] tokens = Pieces.byteTokens(vocabulary);
        for (int b = 0; b < 256; b++) {
            if (tokens == null || tokens[b] < 0 || pieces.kind(tokens[b]) != Kind.BYTE) {
                throw pieces.bad("the byte token %s is missing".formatted(Pieces.byteName(b)));
            }
        }
        return tokens;
    }

    /** The place of each score among all scores, the best first; equal scores have equal ranks. */
    private static int[] ranks(float[] scores, int size) {
        float[] distinct = new float[size];
        for (int id = 0; id < size; id++) {
            distinct[id] = scores[id] + 0.0f; // there is but one zero
        }
        Arrays.sort(distinct);
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (i == 0 || distinct[i] != distinct[count - 1]) {
                distinct[count++] = distinct[i];
            }
        }
        int[] ranks = new int[size];
        for (int id = 0; id < size; id++) {
            ranks[id] = count - 1 - Arrays.binarySearch(distinct, 0, count, scores[id] + 0.0f);
        }
        return ranks;
    }
}
