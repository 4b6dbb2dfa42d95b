package dev.puna.text;

import dev.puna.text.AddedTokens.Allowed;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids and back. One object serves any number of threads.
 *
 * <p>A text takes this way: {@link AddedTokens} that stand in it are taken out whole; a {@link Normalizer} changes what
 * is between them; a {@link PreTokenizer} cuts that into pieces; {@link Bpe} turns each piece into ids.
 *
 * <p><b>Text is plain.</b> {@link #encode(String)} gives a control token for no text whatever: {@code "<|eot_id|>"} typed
 * by a user is letters and signs. Control tokens come of {@link #encodeSpecial}, of the unmarked characters of a
 * {@link MarkedText}, or of their ids. None of the three puts {@link #bos} before a text; {@link #addBos} says whether
 * the model wants it there. A surrogate without its partner is read as U+FFFD.
 */
public final class Tokenizer {
    private final Vocabulary vocabulary;
    private final AddedTokens added;
    private final Normalizer normalizer;
    private final AddedTokens addedNormalized;
    private final PreTokenizer preTokenizer;
    private final boolean spelt;
    private final Bpe bpe;
    private final Decoding decoding;
    private final SpecialTokens specials;
    private final Map<String, Integer> literals = new HashMap<>();

    /**
     * All that a tokenizer is made of.
     *
     * @param added tokens found in the text as it is
     * @param addedNormalized tokens found in the normalized text
     * @param spelt whether normalized and cut text is written in the byte alphabet
     */
    record Parts(
            Vocabulary vocabulary,
            AddedTokens added,
            Normalizer normalizer,
            AddedTokens addedNormalized,
            PreTokenizer preTokenizer,
            boolean spelt,
            Bpe bpe,
            Decoding decoding,
            SpecialTokens specials) {}

    Tokenizer(Parts parts) {
        vocabulary = parts.vocabulary();
        added = parts.added();
        normalizer = parts.normalizer();
        addedNormalized = parts.addedNormalized();
        preTokenizer = parts.preTokenizer();
        spelt = parts.spelt();
        bpe = parts.bpe();
        decoding = parts.decoding();
        specials = parts.specials();
        for (int id = vocabulary.size() - 1; id >= 0; id--) {
            if (vocabulary.isLiteral(id)) {
                literals.put(spelling(id), id);
            }
        }
    }

    /** How many ids there are: from 0 up to one less than this. */
    public int vocabSize() {
        return vocabulary.size();
    }

    /** Plain text: control tokens are spelt out, tokens that the model's maker added are not. */
    public int[] encode(String text) {
        return encode(text, null, Allowed.NEVER).output();
    }

    /** Text in which the spelling of a control token is that token. Never for what a user wrote. */
    public int[] encodeSpecial(String text) {
        return encode(text, null, Allowed.ALWAYS).output();
    }

    /**
     * What a chat template made: the spelling of a control token is that token where none of its characters came from
     * the caller. Apart from that the text is one: marks cut nothing.
     */
    public int[] encode(MarkedText text) {
        BitSet marks = text.fromInput();
        if (marks.isEmpty()) {
            return encodeSpecial(text.text());
        }
        return encode(text.text(), marks, Allowed.outside(marks)).output();
    }

    /** How many steps merging takes for this text; for tests of its growth. */
    long mergeSteps(String text) {
        return encode(text, null, Allowed.NEVER).steps();
    }

    private Symbols encode(String given, @Nullable BitSet marks, Allowed allowed) {
        String text = Utf8.sound(given);
        var symbols = new Symbols();
        PreTokenizer.Sink sink = preTokenizer.into((piece, from, to, first) -> {
            if (from < to) {
                bpe.encode(symbols, spelt ? unspelt(piece, from, to, symbols) : utf8(piece, from, to, symbols));
            }
        });
        added.find(text, allowed, new AddedTokens.Found() {
            @Override
            public void text(int from, int to) {
                BitSet part = marks == null ? null : marks.get(from, to);
                encodeBetween(text.substring(from, to), part, from == 0, allowed, symbols, sink);
            }

            @Override
            public void token(int id) {
                symbols.emit(id);
            }
        });
        return symbols;
    }

    private void encodeBetween(
            String raw,
            @Nullable BitSet marks,
            boolean first,
            Allowed allowed,
            Symbols symbols,
            PreTokenizer.Sink sink) {
        Normalizer.Edits normalized = normalizer.apply(raw, marks);
        String text = normalized.text();
        Allowed here = normalized.marks() == null ? allowed : Allowed.outside(normalized.marks());
        addedNormalized.find(text, here, new AddedTokens.Found() {
            @Override
            public void text(int from, int to) {
                sink.accept(text, from, to, first && from == 0);
            }

            @Override
            public void token(int id) {
                symbols.emit(id);
            }
        });
    }

    private static int utf8(String piece, int from, int to, Symbols symbols) {
        return Utf8.encode(piece, from, to, symbols.room(3 * (to - from)), 0);
    }

    private static int unspelt(String piece, int from, int to, Symbols symbols) {
        byte[] bytes = symbols.room(3 * (to - from));
        int length = 0;
        for (int i = from; i < to; i++) {
            int b = ByteAlphabet.byteOf(piece.charAt(i));
            if (b >= 0) {
                bytes[length++] = (byte) b;
            } else {
                length += Utf8.encode(piece, i, i + 1, bytes, length);
            }
        }
        return length;
    }

    /** The text of these tokens. Control tokens are not part of it; bytes that are not UTF-8 become U+FFFD. */
    public String decode(int... ids) {
        return decode(new StreamDecoder(this), ids);
    }

    /** The text of these tokens, with control tokens spelt out. */
    public String decodeSpecial(int... ids) {
        return decode(StreamDecoder.withSpecials(this), ids);
    }

    private static String decode(StreamDecoder decoder, int[] ids) {
        var text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.accept(id));
        }
        return text.append(decoder.finish()).toString();
    }

    /**
     * The bytes that a token adds to a text; those of a control token are its spelling.
     *
     * @throws IndexOutOfBoundsException where there is no such id
     */
    public byte[] bytes(int id) {
        byte[] piece = vocabulary.bytes(Objects.checkIndex(id, vocabSize()));
        return switch (vocabulary.kind(id)) {
            case BYTE -> new byte[] {(byte) Integer.parseInt(Utf8.decode(piece, 3, 5), 16)};
            case UNKNOWN -> vocabulary.isLiteral(id) ? Utf8.encode(" \u2047 ") : decoding.bytes(piece);
            case CONTROL -> piece;
            case NORMAL, USER_DEFINED, UNUSED ->
                vocabulary.isLiteral(id) && decoding.byteLevel() ? piece : decoding.bytes(piece);
        };
    }

    /** The token as the vocabulary writes it: {@code Ġthe}, {@code ▁the}, {@code <0x0A>}, {@code <|eot_id|>}. */
    public String piece(int id) {
        Objects.checkIndex(id, vocabSize());
        return spelling(id);
    }

    private String spelling(int id) {
        byte[] piece = vocabulary.bytes(id);
        return decoding.byteLevel() && !vocabulary.isLiteral(id)
                ? ByteAlphabet.spell(piece, 0, piece.length)
                : Utf8.decode(piece, 0, piece.length);
    }

    /** The id of a token as the vocabulary writes it. */
    public OptionalInt id(String piece) {
        Integer literal = literals.get(piece);
        if (literal != null) {
            return OptionalInt.of(literal);
        }
        byte[] bytes = decoding.byteLevel() ? ByteAlphabet.bytes(piece) : Utf8.encode(piece);
        int id = bytes == null ? -1 : vocabulary.find(bytes, 0, bytes.length);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Whether this token steers the model and is no text. */
    public boolean isControl(int id) {
        return kind(id) == Kind.CONTROL;
    }

    /** What this token is for. */
    public Kind kind(int id) {
        return vocabulary.kind(Objects.checkIndex(id, vocabSize()));
    }

    /** Begins a text. */
    public OptionalInt bos() {
        return specials.bos();
    }

    /** Ends a text. */
    public OptionalInt eos() {
        return specials.eos();
    }

    /** Ends a turn of a conversation, where that is not {@link #eos}. */
    public OptionalInt eot() {
        return specials.eot();
    }

    /** Ends a message that calls a tool and awaits its answer. */
    public OptionalInt eom() {
        return specials.eom();
    }

    /** Stands for what the vocabulary cannot say. */
    public OptionalInt unknown() {
        return specials.unknown();
    }

    /** Fills up a batch. */
    public OptionalInt pad() {
        return specials.pad();
    }

    /** The tokens after which a model has said what it had to say, in order. */
    public SortedSet<Integer> endOfGeneration() {
        return specials.endOfGeneration();
    }

    /** Whether the model wants {@link #bos} before a text; no method here puts it there. */
    public boolean addBos() {
        return specials.addBos();
    }

    /** Whether the model was made to see {@link #eos} after a text. */
    public boolean addEos() {
        return specials.addEos();
    }

    Decoding.Leading leading() {
        return decoding.leading();
    }
}
