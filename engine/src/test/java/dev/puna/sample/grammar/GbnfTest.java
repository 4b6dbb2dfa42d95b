package dev.puna.sample.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
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
        for (int i = 0; i < 30_000; i++) {
            chain.append("r" + i + " ::= \"a\"? r" + (i + 1) + "\n");
        }
        assertRefused(chain + "r30000 ::= \"a\"", "grammar", "rules too many");
        Grammar deep = Grammar.gbnf("root ::= \"a\" root e | \"b\"\ne ::= \"\"");
        assertThat(deep.accepts("aaab")).isTrue();
        assertThatThrownBy(() -> deep.accepts("a".repeat(1_000_000) + "b")).isInstanceOf(GrammarRefused.class);
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
