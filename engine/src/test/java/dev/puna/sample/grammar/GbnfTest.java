package dev.puna.sample.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.sample.Constraint;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GbnfTest {
    private static void assertLanguage(String grammar, String[] in, String[] out) {
        Grammar compiled = Grammar.gbnf(grammar);
        for (String text : in) {
            assertThat(compiled.accepts(text)).as("%s: %s", grammar, text).isTrue();
        }
        for (String text : out) {
            assertThat(compiled.accepts(text)).as("%s: %s", grammar, text).isFalse();
        }
    }

    @Test
    void rulesAreReadAsTheyAreWritten() {
        assertLanguage(
                """
                # a list
                root  ::= item+ end?
                item  ::= "- " [^\\n]{1,3} "\\n" # up to three
                end   ::= ( "." |
                            "!" ){2}
                """,
                new String[] {"- a\n", "- äöü\n- b\n..", "- x\n.!"},
                new String[] {"", "- \n", "- abcd\n", "- a\n.", "- a\n...", "- a"});
        assertLanguage(
                "root ::= [a-cx]* | \"\\x41\\u00e9\\U0001F600\"", new String[] {"", "abxc", "Aé😀"}, new String[] {"d"
                });
        assertLanguage("root ::= . [^é] \"]\"", new String[] {"éa]", "\n\n]"}, new String[] {"éé]", "a]"});
        assertLanguage(
                "root ::= \"a\"{2,} \"b\"{,2} \"c\"{0}",
                new String[] {"aa", "aaabb"}, new String[] {"a", "aabbb", "aac"});
        assertLanguage("root ::= \"(\" root \")\" | \"\"", new String[] {"", "((()))"}, new String[] {"(()", ")"});
        assertLanguage("root ::= (\"a\"? \"b\"*)* \"c\"", new String[] {"c", "abbac"}, new String[] {"ab"});
    }

    @Test
    void bytesThatAreNoTextAreNotAccepted() {
        Grammar any = Grammar.gbnf("root ::= .*");
        assertThat(any.accepts("é😀".getBytes(StandardCharsets.UTF_8))).isTrue();
        for (int[] bytes :
                new int[][] {{0xC3}, {0xC0, 0x80}, {0xED, 0xA0, 0x80}, {0xF4, 0x90, 0x80, 0x80}, {0xE0, 0x80, 0x80}}) {
            byte[] text = new byte[bytes.length];
            for (int i = 0; i < text.length; i++) {
                text[i] = (byte) bytes[i];
            }
            assertThat(any.accepts(text)).isFalse();
        }
    }

    @Test
    void whatIsBrokenIsRefusedByItsLine() {
        assertRefused("x ::= \"a\"", "grammar", "no rule root");
        assertRefused("root ::= x", "rule x", "not defined");
        assertRefused("root ::= \"a\"\nroot ::= \"b\"", "line 2", "defined twice");
        assertRefused("root ::= \"a", "line 1", "missing");
        assertRefused("root ::= [b-a]", "line 1", "out of order");
        assertRefused("root ::= root \"a\" | \"b\"", "rule root", "left recursion");
        assertRefused("root ::= <think>", "line 1", "tokens");
        assertRefused("root ::= ((\"a\"{9999}){9999}){9999} \"b\"{200000}", "line 1", "elements");
    }

    private static void assertRefused(String grammar, String where, String what) {
        assertThatThrownBy(() -> Grammar.gbnf(grammar)).isInstanceOfSatisfying(GrammarRefused.class, refused -> {
            assertThat(refused.where()).isEqualTo(where);
            assertThat(refused.what()).contains(what);
        });
    }

    @Test
    void grammarsArePutTogether() {
        Grammar call = Grammar.sequence(
                Grammar.literal("<call>"),
                Grammar.list(Grammar.jsonSchema("{\"type\":\"object\",\"required\":[\"a\"]}"), Grammar.literal(";")),
                Grammar.choice(Grammar.literal("</call>"), Grammar.gbnf("root ::= [!]+")));
        assertThat(call.accepts("<call>{\"a\":1}</call>")).isTrue();
        assertThat(call.accepts("<call>{\"a\":1};{\"b\":2,\"a\":3}!!")).isTrue();
        assertThat(call.accepts("<call>{\"b\":1}</call>")).isFalse();
        for (int seed = 0; seed < 10; seed++) {
            Walk.text(call, Walk.trie(), seed)
                    .ifPresent(text -> assertThat(call.accepts(text)).as(text).isTrue());
        }
    }

    @Test
    void whatNoTextEverEndsIsTakenOut() {
        assertLanguage("root ::= \"a\" x | \"b\"\nx ::= \"c\" x", new String[] {"b"}, new String[] {"a", "ac"});
        assertThat(Grammar.gbnf("root ::= \"a\" root").isEmpty()).isTrue();
        assertThatThrownBy(() -> Grammar.gbnf("root ::= \"a\" root").constraint(Walk.trie()))
                .isInstanceOf(GrammarRefused.class);
    }

    @Test
    void hostileGrammarsEndInARefusal() {
        var chain = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 15_000; i++) {
            chain.append("r" + i + " ::= \"a\"? r" + (i + 1) + "\n");
        }
        assertRefused(chain + "r15000 ::= \"a\"", "grammar", "rules too many");
        String[][] refused = {
            {"root ::= root \"a\" | \"b\"", "rule root", "left recursion"},
            {"root ::= x \"a\"\nx ::= y\ny ::= root | \"q\"", "rule root", "left recursion"},
            {"root ::= x* root \"a\" | \"b\"\nx ::= \"y\"", "rule root", "left recursion"},
            {"root ::= \"a\"{1000000000}", "line 1", "counted up to"},
            {"root ::= \"a\"{999999999}", "line 1", "elements"},
            {"root ::= (((\"a\"{0,1000}){0,1000}){0,1000})", "grammar", "rules too many"},
            {"root ::= " + "(".repeat(100_000) + "\"a\"" + ")".repeat(100_000), "line 1", "nested deeper"},
            {"root ::= \"a\"" + " | \"bc\"".repeat(100_000), "line 1", "elements"},
            {"root ::= [" + "ac".repeat(100_000) + "]", "line 1", "elements"},
        };
        for (String[] one : refused) {
            assertRefused(one[0], one[1], one[2]);
        }
        var doubling = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 40; i++) {
            doubling.append("r" + i + " ::= r" + (i + 1) + " r" + (i + 1) + "\n");
        }
        assertRefused(doubling + "r40 ::= \"a\"?", "grammar", "rules too many");
        assertThat(Grammar.gbnf(doubling + "r40 ::= \"a\"").accepts("aaaa")).isFalse();
        Grammar deep = Grammar.gbnf("root ::= \"a\" root e | \"b\"\ne ::= \"\"");
        assertThat(deep.accepts("aaab")).isTrue();
        assertThatThrownBy(() -> deep.accepts("a".repeat(1_000_000) + "b")).isInstanceOf(GrammarRefused.class);
    }

    @Test
    void loopsThatMayBeEmptyEnd() {
        assertLanguage("root ::= (\"\")* \"a\"", new String[] {"a"}, new String[] {"", "aa"});
        assertLanguage("root ::= (\"a\"? \"b\"?)* \"c\"", new String[] {"c", "abbac"}, new String[] {"ab"});
        assertLanguage("root ::= ((\"[\"*)*)* \"1\"*", new String[] {"", "[[[11"}, new String[] {"1["});
        assertLanguage(
                "root ::= s\ns ::= \"[\" s | \"[\" s s | \"\"", new String[] {"", "[".repeat(50)}, new String[] {"a"});
    }

    @Test
    void whatCanBeReadInTooManyWaysIsRefusedWhileItIsWritten() {
        assertRefused(letters(2500), "grammar", "more than 2000 ways");
        Grammar many = Grammar.gbnf(letters(600));
        assertThat(many.accepts("abc7")).isTrue();
        Constraint constraint = many.constraint(new TokenTrie(
                IntStream.range(0, 40_000)
                        .mapToObj(i -> Integer.toString(i, 36).getBytes(UTF_8))
                        .toArray(byte[][]::new),
                Limits.DEFAULT));
        assertThatThrownBy(() -> constraint.allowed(new long[625]))
                .isInstanceOf(GrammarRefused.class)
                .hasMessageContaining("too many steps");
    }

    /** Letters and a number: which rule it is shows at the end only. */
    private static String letters(int rules) {
        String root = IntStream.range(0, rules).mapToObj(i -> "x" + i).collect(Collectors.joining(" | "));
        return IntStream.range(0, rules)
                .mapToObj(i -> "x" + i + " ::= [a-z]* \"" + i + "\"\n")
                .collect(Collectors.joining("", "root ::= " + root + "\n", ""));
    }

    @Test
    void masksAreWorkedOutAheadByAnyThread() {
        Grammar grammar = Grammar.jsonSchema("{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":"
                + "{\"type\":\"string\",\"pattern\":\"^[a-f]{3,9}$\"}},\"additionalProperties\":false}");
        Constraint constraint = grammar.constraint(Walk.trie());
        Constraint alone = grammar.constraint(Walk.trie());
        for (byte b : "{\"a\":\"ab".getBytes(UTF_8)) {
            constraint.accept(b);
            alone.accept(b);
        }
        Runnable ahead = constraint.ahead();
        assertThat(ahead).isNotNull();
        CompletableFuture.runAsync(ahead).join();
        assertThat(constraint.ahead()).isNull();
        long[] mask = new long[16];
        long[] other = new long[16];
        constraint.allowed(mask);
        alone.allowed(other);
        assertThat(mask).isEqualTo(other);
    }

    @Test
    void whatLeavesNoChoiceIsForced() {
        var constraint = Grammar.jsonSchema("{\"properties\":{\"name\":{\"const\":\"abc\"}},\"required\":[\"name\"],"
                        + "\"additionalProperties\":false,\"type\":\"object\"}")
                .constraint(Walk.trie());
        int[] forced = constraint.forced();
        assertThat(forced).hasSizeGreaterThan(3);
        var fork = constraint.fork();
        for (int id : forced) {
            constraint.accept(id);
        }
        assertThat(constraint.complete()).isTrue();
        assertThat(fork.mayEnd()).isFalse();
        assertThatThrownBy(() -> fork.accept('x')).isInstanceOf(IllegalArgumentException.class);
        fork.accept('{');
    }
}
