package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WordsTest {
    @ParameterizedTest
    @EnumSource
    void splittersWrittenByHandCutAsTheirExpressionDoes(Words words) {
        TextPattern engine = SplitRegex.engine(words.regex());
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            String text = Fuzz.text(random);
            assertThat(spans(words, text)).as("text %d", i).isEqualTo(spans(engine, text));
        }
    }

    /** Java's engine, told to take Unicode at its word, is a third opinion on texts of ordinary length. */
    @ParameterizedTest
    @EnumSource
    void javaAgreesOnShortTexts(Words words) {
        Pattern java = Pattern.compile(words.regex().replace("(?i:", "(?iu:"), Pattern.UNICODE_CHARACTER_CLASS);
        var random = new Random(2);
        for (int i = 0; i < 5_000; i++) {
            String text = Fuzz.text(random).replaceAll("[\u001C-\u001F]", ""); // white space to Java, not to Unicode
            List<Long> expected = new ArrayList<>();
            for (Matcher matcher = java.matcher(text); matcher.find(); ) {
                expected.add(TextPattern.span(matcher.start(), matcher.end()));
            }
            assertThat(spans(words, text)).as("text %d", i).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void wordsLeaveNoGap(Words words) {
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++) {
            String text = Fuzz.text(random);
            int at = 0;
            for (long span : spans(words, text)) {
                assertThat(TextPattern.start(span)).isEqualTo(at);
                at = TextPattern.end(span);
            }
            assertThat(at).isEqualTo(text.length());
        }
    }

    @Test
    void llama3CutsAsItsMakersSay() {
        assertThat(pieces(Words.LLAMA3, "I'll've 12345\u0661 a\n\n  b  \t!!\r\n x"))
                .containsExactly(
                        "I", "'ll", "'ve", " ", "123", "45\u0661", " a", "\n\n", " ", " b", "  ", "\t", "!!\r\n", " x");
    }

    @Test
    void llama4EndsWordsWhereCapitalsBegin() {
        assertThat(pieces(Words.LLAMA4, "fooBarBAZ qux's ABC'LL //\n/x"))
                .containsExactly("foo", "Bar", "BAZ", " qux's", " ABC'LL", " //\n/", "x");
    }

    static List<Long> spans(TextPattern pattern, String text) {
        List<Long> spans = new ArrayList<>();
        TextPattern.Search search = pattern.in(text, 0, text.length());
        for (int at = 0; at <= text.length(); ) {
            long span = search.find(at);
            if (span == TextPattern.NONE) {
                break;
            }
            spans.add(span);
            at = TextPattern.end(span) + (TextPattern.end(span) > TextPattern.start(span) ? 0 : 1);
        }
        return spans;
    }

    static List<String> pieces(TextPattern pattern, String text) {
        return spans(pattern, text).stream()
                .map(span -> text.substring(TextPattern.start(span), TextPattern.end(span)))
                .toList();
    }
}
