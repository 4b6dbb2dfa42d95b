package dev.puna.text;

import dev.puna.file.GgufWriter;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small valid tokenizers in every kind of file, and a reader that uses what it opens. */
public final class TokenizersForFuzzing {
    private static final String TEXT = "  Hello the 1234 é世界\n\n<|eot|> \t'll </s>x";

    private TokenizersForFuzzing() {}

    /** Opens a tokenizer and puts a text and every id through it. */
    public static void read(Path file) {
        Tokenizer tokenizer = Tokenizers.open(file);
        tokenizer.decode(tokenizer.encode(TEXT));
        tokenizer.decode(tokenizer.encodeSpecial(TEXT));
        int every = Math.max(1, tokenizer.vocabSize() / 1000);
        var stream = new StreamDecoder(tokenizer);
        for (int id = 0; id < tokenizer.vocabSize(); id += every) {
            tokenizer.bytes(id);
            tokenizer.id(tokenizer.piece(id));
            stream.accept(id);
        }
        stream.finish();
        tokenizer.bos();
        tokenizer.endOfGeneration();
    }

    /** Files {@code tokenizer.json}: a byte-level one and one as of SentencePiece. */
    public static List<byte[]> json() {
        Map<String, Integer> bytes = new LinkedHashMap<>();
        for (char c = '!'; c <= '~'; c++) {
            bytes.put(String.valueOf(c), bytes.size());
        }
        for (String piece : List.of("\u0120", "\u010A", "\u00C3", "\u00A9", "he", "the", "\u0120the")) {
            bytes.put(piece, bytes.size());
        }
        String byteLevel = """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
                {"id":200,"content":"<|eot|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                {"id":201,"content":"</s>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false}],
                "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]},
                "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
                {"type":"Split","pattern":{"String":"\\n"},"behavior":"Isolated","invert":false},
                {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
                "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|eot|>","type_id":0}},
                {"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<|eot|>":{"id":"<|eot|>","ids":[200],"tokens":["<|eot|>"]}}},
                "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
                "model":{"type":"BPE","dropout":null,"unk_token":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":true,
                "vocab":%s,"merges":["h e",["t","he"],"\u0120 the"]}}
                """.formatted(Json.write(bytes));
        Map<String, Integer> pieces = new LinkedHashMap<>();
        for (String piece : sentencePieces()) {
            pieces.put(piece, pieces.size());
        }
        String sentencePiece = """
                {"added_tokens":[{"id":0,"content":"<unk>","special":true,"normalized":false},
                {"id":2,"content":"</s>","special":true,"normalized":false}],
                "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u2581"},
                {"type":"Replace","pattern":{"String":" "},"content":"\u2581"}]},
                "pre_tokenizer":null,"post_processor":null,
                "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},
                {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
                "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":%s,
                "merges":["t h","th e","\u2581 the"]}}
                """.formatted(Json.write(pieces));
        return List.of(byteLevel.getBytes(StandardCharsets.UTF_8), sentencePiece.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> sentencePieces() {
        List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int b = 0; b < 256; b++) {
            pieces.add("<0x%02X>".formatted(b));
        }
        Collections.addAll(pieces, "\u2581", "t", "h", "e", "l", "o", "th", "the", "\u2581the", "\u00e9");
        return pieces;
    }

    /** Files {@code tokenizer.model}: SentencePiece, and ranks. */
    public static List<byte[]> model() {
        var pieces = new ByteArrayOutputStream();
        List<String> names = sentencePieces();
        for (int id = 0; id < names.size(); id++) {
            var piece = new ByteArrayOutputStream();
            field(piece, 1, names.get(id).getBytes(StandardCharsets.UTF_8));
            piece.write(2 << 3 | 5);
            ByteBuffer score =
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, -id);
            piece.writeBytes(score.array());
            piece.write(3 << 3);
            piece.write(id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
            field(pieces, 1, piece.toByteArray());
        }
        field(pieces, 2, new byte[] {3 << 3, 2, (byte) 0x98, 2, 1}); // BPE, byte fallback
        field(pieces, 3, new byte[] {3 << 3, 1, 4 << 3, 0, 5 << 3, 1});
        var ranks = new StringBuilder();
        for (int rank = 0; rank < 258; rank++) {
            byte[] piece = rank < 256
                    ? new byte[] {(byte) rank}
                    : rank == 256 ? new byte[] {'t', 'h'} : "the".getBytes(StandardCharsets.UTF_8);
            ranks.append(Base64.getEncoder().encodeToString(piece))
                    .append(' ')
                    .append(rank)
                    .append('\n');
        }
        return List.of(pieces.toByteArray(), ranks.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void field(ByteArrayOutputStream out, int number, byte[] message) {
        out.write(number << 3 | 2);
        int length = message.length;
        while (length > 127) {
            out.write(length & 127 | 128);
            length >>>= 7;
        }
        out.write(length);
        out.writeBytes(message);
    }

    /** Vocabulary-only GGUF files of both kinds. */
    public static List<byte[]> gguf(Path folder) throws IOException {
        List<String> names = sentencePieces();
        float[] scores = new float[names.size()];
        int[] types = new int[names.size()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -id;
            types[id] = id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1;
        }
        Path file = folder.resolve("vocabulary.gguf");
        GgufWriter.write(
                file,
                Metadata.builder()
                        .string("tokenizer.ggml.model", "llama")
                        .strings("tokenizer.ggml.tokens", names)
                        .floats("tokenizer.ggml.scores", scores)
                        .ints("tokenizer.ggml.token_type", types)
                        .u32("tokenizer.ggml.bos_token_id", 1)
                        .u32("tokenizer.ggml.eos_token_id", 2)
                        .bool("tokenizer.ggml.add_space_prefix", true)
                        .build(),
                Map.of());
        byte[] sentencePiece = Files.readAllBytes(file);
        List<String> pieces = List.of("t", "h", "e", "\u0120", "1", "th", "the", "\u0120the", "<|eot|>", "<x>");
        GgufWriter.write(
                file,
                Metadata.builder()
                        .string("tokenizer.ggml.model", "gpt2")
                        .string("tokenizer.ggml.pre", "llama-bpe")
                        .strings("tokenizer.ggml.tokens", pieces)
                        .ints("tokenizer.ggml.token_type", 1, 1, 1, 1, 1, 1, 1, 1, 3, 4)
                        .strings("tokenizer.ggml.merges", List.of("t h", "th e", "\u0120 the"))
                        .u32("tokenizer.ggml.eos_token_id", 8)
                        .build(),
                Map.of());
        return List.of(sentencePiece, Files.readAllBytes(file));
    }
}
