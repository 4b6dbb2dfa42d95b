package dev.puna.text;

import java.util.Random;

/** Texts that tokenizers trip over: many scripts, all kinds of white space, contractions, marks, signs, odd ends. */
final class Fuzz {
    private static final String[] POOLS = {
        "abcdefghijklmnopqrstuvwxyz",
        "ABCXYZ\u0130\u01C5",
        "0123456789",
        "\u0661\u0662\u0BE7\u00B2\u00B3\u00BD\u2167\u2460\u3220",
        "'\"`\u2019",
        ".,;:!?-_()[]{}<>/\\|@#$%^&*+=~",
        " ",
        " \t\n\r",
        "\n\r",
        "\u000B\f\u001C\u001F\u0085\u00A0\u1680\u2003\u2028\u202F\u205F\u3000\u200B\u200D\uFEFF\u180E",
        "\u00E9\u00FC\u00DF\u00C0\u017F\u212A\u0131",
        "\u0627\u0628\u062A\u062B\u062C\u062D",
        "\u064B\u064C\u0650\u0651\u0652",
        "\u0301\u0308\u0489\u20E3",
        "\u65E5\u672C\u8A9E\u6F22\u304B\u30AB",
        "\uD55C\uAD6D\u3131",
        "\u0928\u092E\u0938\u094D\u0924\u0947",
        "\u0E44\u0E17\u0E22",
        "\uD83D\uDE42\uD83E\uDD99\uD83D\uDC69\u200D\uD83D\uDC67\uFE0F\uD83C\uDDEA\uD83C\uDDEC",
        "\uD835\uDC9C\uD801\uDC00\uD801\uDC28\uD83A\uDD00",
        "\uFB01\uFB06\uFDFA",
        "\uE000\uFFFF\uFFFD\uDBFF\uDFFF",
        "\u00AA\u02B0\u02D0",
        "\u0391\u0392\u03B1\u03C2\u0430\u0411",
        "\u2581\u0120\u010A\u00C3",
        "\u0000\u0001\u007F\u00AD"
    };
    private static final String[] PARTS = {
        "'s",
        "'S",
        "'\u017F",
        "'T",
        "'re",
        "'RE",
        "'Ve",
        "'m",
        "'ll",
        "'lL",
        "'d",
        "''",
        "'x",
        "the",
        " of",
        "don't",
        "  ",
        "    ",
        "12345",
        " \u0643\u062A\u0627\u0628",
        "<|eot_id|>",
        "<s>",
        "</s>",
        "<unk>",
        "<0x41>",
        "<|im_end|>"
    };

    private Fuzz() {}

    /** Sound UTF-16. */
    static String text(Random random) {
        var text = new StringBuilder();
        for (int parts = 1 + random.nextInt(12); parts > 0; parts--) {
            if (random.nextInt(3) == 0) {
                text.append(PARTS[random.nextInt(PARTS.length)]);
            } else if (random.nextInt(12) == 0) {
                int c = random.nextInt(0x20000);
                text.appendCodePoint(Character.isBmpCodePoint(c) && Character.isSurrogate((char) c) ? '?' : c);
            } else {
                int[] pool = POOLS[random.nextInt(POOLS.length)].codePoints().toArray();
                for (int n = 1 + random.nextInt(5); n > 0; n--) {
                    text.appendCodePoint(pool[random.nextInt(pool.length)]);
                }
            }
        }
        return text.toString();
    }
}
