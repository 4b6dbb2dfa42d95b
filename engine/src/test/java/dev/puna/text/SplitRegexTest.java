package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SplitRegexTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "a|ab~ab~a",
                "ab|a~ab~ab",
                "a*?b~aab~aab",
                "x{2,3}~xxxxx~xxx/xx",
                "x{,2}y~xxxy~xxy",
                "x{2}?~xxx~xx//",
                "(?i:straSSe)~STRASSE~STRASSE",
                "(?i:k)~kK\u212A~k/K/\u212A",
                "a(?i)b|C~abAcc~ab",
                "(?<=\\d)[a-z]~1a b2c~a/c",
                "(?<!\\d|-)[a-z]~1a b-c~b",
                "a++b~aab~aab",
                "(?>ab|a)c~abcac~abc/ac",
                "\\bfoo\\b~foo foot~foo",
                "[a-c&&[^b]]+~abcca~a/cca",
                "[[:digit:][x-z]]+~a12xyb~12xy",
                "[^\\S\\n]+x~a \t x~' \t x'",
                "[]x]+~a]x~]x",
                "[a\\-z]+~b-az~-az",
                "\\x41\\u0042\\x{43}~xABC~ABC",
                "\\p{^L}+~ab12~12",
                "\\p{Script_Extensions}?a~a~!",
                "\\p{Han}+~ab\u6F22\u5B57c~\u6F22\u5B57",
                "(?<name>a)(?:b)(c)~abc~abc",
                "(?#note)a~a~a",
                "$~a~''",
                "\\d{1,3}(?=(?:\\d{3})*\\b)~1234567~1/234/567",
                "{a~{a~{a"
            })
    void expressionsMeanWhatTheyMeanToOniguruma(String regex, String text, String expected) {
        if ("!".equals(expected)) {
            assertThatIllegalArgumentException().isThrownBy(() -> SplitRegex.of(regex));
        } else {
            assertThat(String.join("/", WordsTest.pieces(SplitRegex.engine(regex), text)))
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                ")",
                "[a",
                "a{3,2}",
                "*a",
                "(a*)*",
                "(?:a|b?)+",
                "\\1",
                "\\g<x>",
                "\\X",
                "\\R",
                "(?<=a+)b",
                "(?>a+b)",
                "\\p{Nonsense}",
                "\\p{L",
                "(?x:a)",
                "[z-a]",
                "a{2000}",
                "(?:(?:a{1000}){1000}){1000}",
                "\\",
                "[[:x:]]",
                "\\x{110000}",
                "\\xZZ",
                "(?"
            })
    void whatIsWrongOrUnsupportedIsSaid(String regex) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SplitRegex.of(regex))
                .withMessageMatching(".+");
    }

    /** Places where Java and Oniguruma agree; random expressions of those parts. */
    @Test
    void javaAgreesOnRandomExpressions() {
        var random = new Random(4);
        for (int i = 0; i < 3_000; i++) {
            String regex = expression(random, 3);
            TextPattern ours = SplitRegex.engine(regex);
            Pattern java = Pattern.compile(regex);
            for (int j = 0; j < 8; j++) {
                String text = random.ints(random.nextInt(12), 0, 5)
                        .mapToObj(c -> "abc1 ".substring(c, c + 1))
                        .reduce("", String::concat);
                List<Long> expected = new ArrayList<>();
                Matcher matcher = java.matcher(text);
                for (int at = 0;
                        at <= text.length() && matcher.find(at);
                        at = matcher.end() + (matcher.end() > matcher.start() ? 0 : 1)) {
                    expected.add(TextPattern.span(matcher.start(), matcher.end()));
                }
                assertThat(WordsTest.spans(ours, text))
                        .as("%s in '%s'", regex, text)
                        .isEqualTo(expected);
            }
        }
    }

    private static String expression(Random random, int depth) {
        String[] atoms = {"a", "b", "c", "[ab]", "[^a]", "\\d", "\\s", ".", "\\b"};
        if (depth == 0 || random.nextInt(4) == 0) {
            return atoms[random.nextInt(atoms.length - 1)];
        }
        String inner = expression(random, depth - 1);
        return switch (random.nextInt(9)) {
            case 0 -> inner + expression(random, depth - 1);
            case 1 -> "(?:" + inner + "|" + expression(random, depth - 1) + ")";
            case 2 -> "(?:" + inner + ")?";
            case 3 -> "(?:a" + inner + ")*";
            case 4 -> "(?:" + inner + "b)+?";
            case 5 -> "(?:" + inner + "){1,2}";
            case 6 -> "(?=" + inner + ")";
            case 7 -> "(?!" + inner + ")" + expression(random, depth - 1);
            default -> "(?<=[ab])" + inner + "\\b";
        };
    }

    /** Each of these takes exponential or quadratic time, or a deep stack, in engines that only backtrack. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?:a|a)*b",
                "(?:a+)+b",
                "a*a*a*b",
                "a*b|a",
                "(?=(?:aaa)*$)a",
                "(?!a*b)a",
                "\\s*[\\r\\n]+|a",
                "a++b|a",
                "(?:a?){50}b",
                "(?:ab|a)+c|a"
            })
    void unluckyExpressionsStayLinear(String regex) {
        String text = "a".repeat(200_000);
        assertThat(WordsTest.spans(SplitRegex.engine(regex), text).size()).isGreaterThanOrEqualTo(0);
    }

    @Test
    void longTextsNeedNoDeepStack() {
        String text = "word".repeat(250_000);
        assertThat(WordsTest.pieces(SplitRegex.engine("(?:\\p{L}|\\d)+"), text)).containsExactly(text);
    }
}
