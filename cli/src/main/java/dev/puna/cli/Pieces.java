package dev.puna.cli;

import dev.puna.file.Json;
import dev.puna.text.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The text of single tokens. Some are no whole characters: those are shown as bytes and never guessed at. */
final class Pieces {
    private Pieces() {}

    /** The token's text, a control token's name; absent where its bytes are no UTF-8 by themselves; empty beyond the vocabulary. */
    static Optional<String> text(Tokenizer tokenizer, int id) {
        if (id >= tokenizer.vocabSize()) {
            return Optional.of("");
        }
        if (tokenizer.isControl(id)) {
            return Optional.of(tokenizer.piece(id));
        }
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(tokenizer.bytes(id)))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /** For JSON: a string, or an array of byte values. */
    static Object value(Tokenizer tokenizer, int id) {
        return text(tokenizer, id).<Object>map(text -> text).orElseGet(() -> {
            List<Integer> values = new ArrayList<>();
            for (byte b : tokenizer.bytes(id)) {
                values.add(b & 0xFF);
            }
            return values;
        });
    }

    /** For people: a JSON string, or bytes as {@code <e2 80>}. */
    static String quoted(Tokenizer tokenizer, int id) {
        return text(tokenizer, id).map(Json::write).orElseGet(() -> hex(tokenizer.bytes(id)));
    }

    static String hex(byte[] bytes) {
        return "<" + HexFormat.ofDelimiter(" ").formatHex(bytes) + ">";
    }
}
