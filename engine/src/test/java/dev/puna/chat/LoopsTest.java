package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopsTest {
    @ParameterizedTest
    @CsvSource({"1, 512", "2, 512", "30, 512", "128, 512", "129, 516", "512, 2048"})
    void theSameAgainAndAgainIsSeen(int length, int tokens) {
        assertThat(seen(i -> i % length, 10_000)).isEqualTo(tokens);
    }

    @Test
    void whatCameBeforeTheRepetitionDoesNotCount() {
        assertThat(seen(i -> i < 1000 ? 5000 + i : i % 3, 10_000)).isEqualTo(1000 + 512);
    }

    @Test
    void lengthyTextsThatDifferNowAndThenAreNone() {
        assertThat(seen(i -> i % 513, 10_000)).isZero(); // too long a round
        assertThat(seen(i -> i % 500 == 499 ? i : 7, 10_000)).isZero(); // a long row with a number at each end
        assertThat(seen(i -> i % 20 == 0 ? i : i % 20, 10_000)).isZero(); // a numbered list
        var random = new Random(1);
        assertThat(seen(i -> random.nextInt(3), 10_000)).isZero();
    }

    /** After how many tokens it is seen; 0 if never. */
    private static int seen(IntUnaryOperator token, int tokens) {
        var loops = new Loops();
        for (int i = 0; i < tokens; i++) {
            if (loops.accept(token.applyAsInt(i))) {
                return i + 1;
            }
        }
        return 0;
    }
}
