package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.MODEL;
import static dev.puna.server.openai.TextShapes.*;

import dev.puna.chat.Assistant;
import dev.puna.server.core.Library;
import dev.puna.server.core.Models;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** From text to token ids and back, and what the chat template makes of a conversation. */
final class Tokens {
    private final Models models;

    Tokens(Models models) {
        this.models = models;
    }

    private String model(Values values) {
        List<Library.Entry> all = models.entries();
        return values.get(ONE_MODEL).orElseGet(() -> {
            if (all.size() != 1) {
                throw Failure.invalid("model", "is missing, and the server has " + all.size() + " models");
            }
            return all.getFirst().id();
        });
    }

    private static Tokenizer tokenizer(Assistant assistant) {
        return assistant
                .tokenizer()
                .orElseThrow(() -> Failure.invalid("model", "has no tokenizer: it knows token ids only"));
    }

    void tokenize(Exchange exchange) {
        Values values = exchange.values();
        try (Models.Lease lease = models.lease(model(values))) {
            Tokenizer tokenizer = tokenizer(lease.assistant());
            String text = values.need(TOKENIZED);
            int[] ids = values.get(PARSE_SPECIAL, false) ? tokenizer.encodeSpecial(text) : tokenizer.encode(text);
            OptionalInt bos = tokenizer.bos();
            if (values.get(ADD_SPECIAL, false) && tokenizer.addBos() && bos.isPresent()) {
                ids = IntStream.concat(bos.stream(), IntStream.of(ids)).toArray();
            }
            List<Object> tokens = new ArrayList<>();
            for (int id : ids) {
                tokens.add(values.get(WITH_PIECES, false) ? piece(tokenizer, id) : id);
            }
            exchange.json(Json.map("tokens", tokens, "count", ids.length));
        }
    }

    private static Map<String, @Nullable Object> piece(Tokenizer tokenizer, int id) {
        byte[] bytes = tokenizer.bytes(id);
        String text = new String(bytes, StandardCharsets.UTF_8);
        List<Integer> numbers = new ArrayList<>();
        for (byte one : bytes) {
            numbers.add(one & 0xff);
        }
        return Json.map("id", id, "piece", text.indexOf('\uFFFD') < 0 ? text : numbers);
    }

    void detokenize(Exchange exchange) {
        Values values = exchange.values();
        try (Models.Lease lease = models.lease(model(values))) {
            Tokenizer tokenizer = tokenizer(lease.assistant());
            int[] ids = values.need(TOKENS);
            for (int id : ids) {
                if (id >= tokenizer.vocabSize()) {
                    throw Failure.invalid(
                            "tokens", "holds " + id + "; ids go from 0 to " + (tokenizer.vocabSize() - 1));
                }
            }
            exchange.json(Json.map("content", tokenizer.decodeSpecial(ids)));
        }
    }

    void template(Exchange exchange) {
        Values values = exchange.values();
        try (Models.Lease lease = models.lease(values.need(MODEL))) {
            exchange.json(Json.map(
                    "prompt",
                    lease.assistant()
                            .rendered(ChatReader.prompt(values, lease.assistant()))
                            .text()));
        }
    }
}
