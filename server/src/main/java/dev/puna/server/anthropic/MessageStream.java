package dev.puna.server.anthropic;

import dev.puna.chat.Delta;
import dev.puna.server.wire.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Makes the events of a streamed message of an answer's deltas: blocks one after the other, each with its index. */
final class MessageStream {
    private enum Block {
        NONE,
        TEXT,
        THINKING,
        TOOL_USE
    }

    private final BiConsumer<String, Map<String, @Nullable Object>> out;
    private Block open = Block.NONE;
    private int index = -1;

    /** @param out takes the name of each event and its data */
    MessageStream(BiConsumer<String, Map<String, @Nullable Object>> out) {
        this.out = out;
    }

    void start(Map<String, @Nullable Object> message) {
        send("message_start", "message", message);
        send("ping");
    }

    void delta(Delta delta) {
        switch (delta) {
            case Delta.Text piece -> {
                open(Block.TEXT, MessageJson.text(""));
                piece("text_delta", "text", piece.text());
            }
            case Delta.Reasoning piece -> {
                open(Block.THINKING, MessageJson.thinking(""));
                piece("thinking_delta", "thinking", piece.text());
            }
            case Delta.CallStart start -> {
                close();
                open(Block.TOOL_USE, MessageJson.toolUse(start.id(), start.name(), Map.of()));
            }
            case Delta.CallArguments more -> piece("input_json_delta", "partial_json", more.json());
            case Delta.CallEnd _ -> close();
        }
    }

    /** The answer is over. */
    void end(Map<String, @Nullable Object> stop, Map<String, @Nullable Object> usage) {
        close();
        send("message_delta", "delta", stop, "usage", usage);
        send("message_stop");
    }

    private void open(Block block, Map<String, @Nullable Object> empty) {
        if (open != block) {
            close();
            open = block;
            index++;
            send("content_block_start", "index", index, "content_block", empty);
        }
    }

    private void close() {
        if (open != Block.NONE) {
            open = Block.NONE;
            send("content_block_stop", "index", index);
        }
    }

    private void piece(String type, String name, String piece) {
        send("content_block_delta", "index", index, "delta", Json.map("type", type, name, piece));
    }

    private void send(String type, @Nullable Object... pairs) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("type", type);
        data.putAll(Json.map(pairs));
        out.accept(type, data);
    }
}
