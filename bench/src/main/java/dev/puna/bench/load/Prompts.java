package dev.puna.bench.load;

import java.util.Random;
import java.util.StringJoiner;

/** Prompts of which no two begin alike, so that no server has computed one of them before. */
final class Prompts {
    private static final String[] WORDS = """
            river stone lantern garden winter teacher market bridge sailor window mountain letter kitchen forest
            morning painter village harbour engine mirror castle doctor shadow island summer basket thunder orchard
            library candle desert student valley feather silver traveller wagon meadow copper neighbour whisper
            ladder cloud farmer violin evening oak ocean baker puzzle tunnel pepper horse compass blanket hunter
            rainbow bottle chapel drummer needle spring tower wolf""".strip().split("\\s+");
    private static final String[] WISH = "Tell me a long story in which each of these is important.".split(" ");

    private Prompts() {}

    /** A prompt of so many words. */
    static String of(Random random, int words) {
        StringJoiner prompt = new StringJoiner(" ");
        int wish = words > 2 * WISH.length ? WISH.length : 0;
        for (int i = wish; i < words; i++) {
            prompt.add(WORDS[random.nextInt(WORDS.length)]);
        }
        return wish == 0 ? prompt.toString() : prompt + ". " + String.join(" ", WISH);
    }
}
