package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopTextTest {
    @Test
    void textWithoutStopStringsPassesAtOnce() {
        var text = new StopText(List.of());
        assertThat(text.accept("any")).isEqualTo("any");
        assertThat(text.flush()).isEmpty();
    }

    @Test
    void aStopStringAcrossPiecesNeverShowsAnyPartOfItself() {
        var text = new StopText(List.of("\nUser:"));
        assertThat(text.accept("Hello")).isEqualTo("Hello");
        assertThat(text.accept("\nUs")).isEmpty();
        assertThat(text.accept("er")).isEmpty();
        assertThat(text.accept(": and more")).isEmpty();
        assertThat(text.stopped()).isTrue();
        assertThat(text.accept("more")).isEmpty();
        assertThat(text.flush()).isEmpty();
    }

    @Test
    void whatOnlyLookedLikeAStopStringIsShownAsSoonAsThatIsClear() {
        var text = new StopText(List.of("\nUser:"));
        assertThat(text.accept("a\nUs")).isEqualTo("a");
        assertThat(text.accept("e\n")).isEqualTo("\nUse");
        assertThat(text.accept("U")).isEmpty();
        assertThat(text.flush()).isEqualTo("\nU");
        assertThat(text.stopped()).isFalse();
    }

    @Test
    void theFirstToBeCompletedWins() {
        assertThat(all(List.of("abcd", "bc"), "xabcd")).isEqualTo("xa");
        assertThat(all(List.of("bc", "abc"), "xabcd")).isEqualTo("x");
        assertThat(all(List.of("aab"), "aaab")).isEqualTo("a");
    }

    @Test
    void cutsIntoPiecesDoNotMatter() {
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                stops.add(letters(random, 1 + random.nextInt(4)));
            }
            String source = letters(random, random.nextInt(20));
            String expected = source;
            search:
            for (int end = 1; end <= source.length(); end++) {
                int start = end;
                for (String stop : stops) {
                    if (source.substring(0, end).endsWith(stop)) {
                        start = Math.min(start, end - stop.length());
                    }
                }
                if (start < end) {
                    expected = source.substring(0, start);
                    break search;
                }
            }
            var text = new StopText(stops);
            var shown = new StringBuilder();
            for (int at = 0; at < source.length(); ) {
                int next = Math.min(source.length(), at + 1 + random.nextInt(5));
                shown.append(text.accept(source.substring(at, next)));
                assertThat(expected).as("seed " + seed).startsWith(shown.toString());
                at = next;
            }
            shown.append(text.flush());
            assertThat(shown).as("seed " + seed).hasToString(expected);
        }
    }

    private static String all(List<String> stops, String source) {
        var text = new StopText(stops);
        return text.accept(source) + text.flush();
    }

    private static String letters(Random random, int length) {
        var letters = new StringBuilder();
        for (int i = 0; i < length; i++) {
            letters.append("ab".charAt(random.nextInt(2)));
        }
        return letters.toString();
    }
}
