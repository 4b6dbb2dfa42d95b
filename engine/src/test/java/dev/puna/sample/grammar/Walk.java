package dev.puna.sample.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.sample.Constraint;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A model that knows nothing: takes any token that the grammar allows, and likes to come to an end. */
final class Walk {
    private static final String[] PIECES = {
        "{\"", "\":", "\",", "\",\"", "\"},", "\"}", "\":\"", "\":[", "\"]", "]}", "true", "null", "fal", "12", "-1",
        "0.5", "the ", " and", "abc", "name", "type", "id", "http://", "20", "é", "日本", "\\n", "\\u00", ",\"", "[]",
        "{}"
    };
    private static final int PATIENCE = 60; // tokens before it wants to end
    private static final int MOST = 3000;

    private static final byte[][] VOCABULARY = vocabulary();

    private Walk() {}

    private static byte[][] vocabulary() {
        List<byte[]> all = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            all.add(new byte[] {(byte) b});
        }
        for (String piece : PIECES) {
            all.add(piece.getBytes(StandardCharsets.UTF_8));
        }
        return all.toArray(new byte[0][]);
    }

    /** A trie of all bytes and some longer pieces. */
    static TokenTrie trie() {
        return new TokenTrie(VOCABULARY, Limits.DEFAULT);
    }

    /** A text of the grammar; absent if none came to an end. Checks masks and forced runs on the way. */
    static Optional<String> text(Grammar grammar, TokenTrie trie, long seed) {
        var random = new Random(seed);
        Constraint constraint = grammar.constraint(trie);
        var text = new ByteArrayOutputStream();
        long[] mask = new long[(VOCABULARY.length + 63) / 64];
        for (int step = 0; step < MOST; step++) {
            if (constraint.complete() || constraint.mayEnd() && (step > PATIENCE || random.nextInt(4) == 0)) {
                return Optional.of(text.toString(StandardCharsets.UTF_8));
            }
            int[] forced = constraint.forced();
            for (int id : forced) {
                constraint.accept(id);
                text.writeBytes(VOCABULARY[id]);
            }
            if (forced.length > 0) {
                continue;
            }
            constraint.allowed(mask);
            List<Integer> allowed = new ArrayList<>();
            for (int id = 0; id < VOCABULARY.length; id++) {
                boolean set = (mask[id >> 6] >>> id & 1) != 0;
                if (set) {
                    allowed.add(id);
                }
                if (step % 5 == 0) {
                    assertThat(constraint.allows(id))
                            .as("token %s after %s", new String(VOCABULARY[id], StandardCharsets.UTF_8), text)
                            .isEqualTo(set);
                }
            }
            assertThat(allowed).as("what may come after %s", text).isNotEmpty();
            List<Integer> ending = allowed.stream()
                    .filter(id -> id == '"' || id == '}' || id == ']')
                    .toList();
            List<Integer> from = !ending.isEmpty() && (step > PATIENCE || random.nextInt(3) == 0) ? ending : allowed;
            int id = from.get(random.nextInt(from.size()));
            constraint.accept(id);
            text.writeBytes(VOCABULARY[id]);
        }
        return Optional.empty();
    }
}
