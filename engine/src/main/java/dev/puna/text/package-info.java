/**
 * Text in and out of a model: token ids, and what a conversation looks like to a model.
 *
 * <p>{@link dev.puna.text.Tokenizer} is the way between text and ids, opened from any kind of file by
 * {@link dev.puna.text.Tokenizers}; {@link dev.puna.text.StreamDecoder} shows tokens as they come. Chat templates turn
 * messages into a {@link dev.puna.text.MarkedText}, which remembers what came from the caller, so that no user can type
 * a control token.
 *
 * <p>Read {@link dev.puna.text.Tokenizer} first, its four parts in the order of its page, then {@code ChatTemplate}.
 * The kinds of vocabulary are {@code SentencePiece} and {@code ByteLevel}; the readers of files are
 * {@code GgufVocabulary}, {@code SentencePieceFile}, {@code RankFile} and {@code TokenizerJson}.
 *
 * <p>Nothing here knows of weights, of a model's shape, or of how tokens are chosen.
 */
@NullMarked
package dev.puna.text;

import org.jspecify.annotations.NullMarked;
