package dev.puna.bench.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Requests that no server can answer. */
enum Malformed {
    CUT_JSON,
    NO_JSON,
    NO_MESSAGES,
    MESSAGES_OF_A_WRONG_TYPE,
    NO_SUCH_PATH,
    NO_HTTP,
    BODY_CUT_OFF;

    static Malformed any(Random random) {
        return values()[random.nextInt(values().length)];
    }

    /** Its bytes, made of a request that is well. */
    byte[] bytes(String head, String path, String body) {
        return switch (this) {
            case CUT_JSON -> request(head, path, body.substring(0, body.length() / 2));
            case NO_JSON -> request(head, path, "\0\u0001 this is no JSON {{{");
            case NO_MESSAGES -> request(head, path, "{\"stream\":true}");
            case MESSAGES_OF_A_WRONG_TYPE -> request(head, path, "{\"messages\":7,\"stream\":true}");
            case NO_SUCH_PATH -> request(head, path + "/of/nothing", body);
            case NO_HTTP -> "\u0016\u0003\u0001 hello\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
            case BODY_CUT_OFF -> {
                byte[] whole = request(head, path, body);
                yield Arrays.copyOf(whole, whole.length - body.length() / 2);
            }
        };
    }

    /** A request with that body. */
    static byte[] request(String head, String path, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        byte[] start = ("POST " + path + " HTTP/1.1\r\n" + head + "Content-Length: " + bytes.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(start, start.length + bytes.length);
        System.arraycopy(bytes, 0, all, start.length, bytes.length);
        return all;
    }
}
