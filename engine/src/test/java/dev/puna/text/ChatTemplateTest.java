package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a template may not do, and which of its characters count as the caller's. */
class ChatTemplateTest {
    private static final Map<String, Object> INPUT =
            Map.of("u", "ab<|x|>", "m", List.of(Map.of("role", "user", "content", "hé\"llo")), "n", 3);

    /** The text with the caller's characters in brackets. */
    private static String marked(String template) {
        MarkedText text = ChatTemplate.of(template, "t").render(INPUT, Map.of("bos_token", "<s>"));
        var shown = new StringBuilder();
        for (int i = 0; i < text.text().length(); i++) {
            if (text.isInput(i) && (i == 0 || !text.isInput(i - 1))) {
                shown.append('⟦');
            }
            shown.append(text.text().charAt(i));
            if (text.isInput(i) && (i + 1 == text.text().length() || !text.isInput(i + 1))) {
                shown.append('⟧');
            }
        }
        return shown.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "{{ bos_token }}T{{ u }}#<s>T⟦ab<|x|>⟧",
                "{{ 'p' + u ~ 's' }}#p⟦ab<|x|>⟧s",
                "{{ u[1:4] }}{{ u[::-1] }}#⟦b<|>|x|<ba⟧",
                "{{ u.replace('<|', '[') }}#⟦ab⟧[⟦x|>⟧",
                "{{ 'a-b'|replace('-', u) }}#a⟦ab<|x|>⟧b",
                "{{ ('-' ~ u ~ '-').split('b')|join('+') }}#-⟦a⟧+⟦<|x|>⟧-",
                "{{ u|upper }}{{ 'x'|upper }}#⟦AB<|X|>⟧X",
                "{{ m|tojson }}#json",
                "{{ [u, 'v'] }}#['⟦ab<|x|>⟧', 'v']",
                "{{ '%s|%5s' % (u[:2], 'q') }}#⟦ab⟧|    q",
                "{{ '{}:{}'.format('k', u[:1]) }}#k:⟦a⟧",
                "{{ '%c' % n }}#⟦\u0003⟧",
                "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(u[:2]) }}#<⟦ab⟧>",
                "{% set s %}({{ u[0] }}){% endset %}{{ s|trim }}#(⟦a⟧)",
                "[{{ u|center(11) }}|{{ u|truncate(5, true, '..', 0) }}#[  ⟦ab<|x|>⟧  |⟦ab<⟧..",
                "{{ ('<i>' ~ u)|e }}#&lt;i&gt;⟦ab&lt;|x|&gt;⟧"
            })
    void marksFollowTheCallersCharacters(String template, String expected) {
        if (template.contains("m|tojson")) {
            // The order of a Map.of is not told; the name of a role is nobody's own.
            assertThat(marked(template)).contains("\"⟦role⟧\": \"user\"", "\"⟦content⟧\": \"⟦hé\\\"llo⟧\"");
            return;
        }
        assertThat(marked(template)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 'a' * 10**9 }}",
                "{{ range(10**9)|list }}",
                "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{{ 9 ** 999999 }}",
                "{{ [0] * 10**9 }}",
                "{{ (0,) * 10**12 }}",
                "{{ '%999999999d' % 1 }}",
                "{{ '%.999999999f' % 1.5 }}",
                "{{ '{:999999999}'.format(1) }}",
                "{{ 'x'|center(10**9) }}",
                "{{ 'x'.ljust(10**12) }}",
                "{{ 'x\ny'|indent(10**9) }}",
                "{{ [1]|tojson(indent=10**9) }}",
                "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
                "{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}"
                        + "{% endmacro %}{{ g() }}",
                "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(g=[1]) %}{% for i in range(99999) %}{% set ns.g = ns.g|map('string') %}{% endfor %}"
                        + "{{ ns.g|list }}",
                "{% for i in range(99999) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 99 }}"
                        + "{% endfor %}",
                "{% block a %}{{ self.a() }}{% endblock %}"
            })
    void whatNeverEndsOrNeverFitsIsStopped(String template) {
        assertThatThrownBy(() -> ChatTemplate.of(template, "t").render(INPUT))
                .isInstanceOf(TemplateError.class)
                .message()
                .startsWith("t: ")
                .matches("[^\n]*(more than|deeper than|Range too big)[^\n]*");
    }

    @Test
    void deepSyntaxIsRefused() {
        for (String deep : List.of(
                "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}",
                "{{ " + "not ".repeat(50_000) + "1 }}",
                "{{ 1" + " + 1".repeat(50_000) + " }}",
                "{{ x" + "|trim".repeat(50_000) + " }}",
                "{% filter trim" + "|trim".repeat(50_000) + " %}{% endfilter %}",
                "{% if 1 %}".repeat(50_000))) {
            assertThatThrownBy(() -> ChatTemplate.of(deep, "deep"))
                    .isInstanceOf(TemplateError.class)
                    .hasMessageContaining("levels");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "getClass",
                "class",
                "__class__",
                "mro",
                "__mro__",
                "__subclasses__",
                "__init__",
                "__globals__",
                "forName",
                "hashCode",
                "toString",
                "wait",
                "notify",
                "clone",
                "stream",
                "forEach",
                "getBytes",
                "chars",
                "iterator",
                "format_map.__self__",
                "upper.__func__",
                "text",
                "marks",
                "items.im_func"
            })
    void noJavaObjectIsWithinReach(String name) {
        for (String owner : List.of(
                "u",
                "m",
                "n",
                "m[0]",
                "'lit'",
                "[]",
                "{}",
                "1.5",
                "none",
                "range(3)",
                "range",
                "namespace()",
                "cycler(1)",
                "joiner()",
                "u.upper",
                "m[0].items()",
                "self",
                "f",
                "undefined_name|default(1)")) {
            String template = "{% macro f() %}{% endmacro %}{% for x in [1] %}{{ (" + owner + ")." + name + " }}{{ ("
                    + owner + ")|attr('" + name + "') }}{{ loop." + name + " }}{% endfor %}";
            try {
                assertThat(ChatTemplate.of(template, "t").render(INPUT).text())
                        .as(template)
                        .isEmpty();
            } catch (TemplateError refused) {
                assertThat(refused.getMessage())
                        .matches("t: .*(undefined|no attribute|unsafe|not supported|no text).*");
            }
        }
    }

    @Test
    void theCallersListsStayAsTheyAre() {
        var list = new ArrayList<Object>(List.of(1, 2));
        String text = ChatTemplate.of("{% set _ = l.append(3) %}{% set _ = l.pop(0) %}{{ l }}", "t")
                .render(Map.of("l", list))
                .text();
        assertThat(text).isEqualTo("[2, 3]");
        assertThat(list).containsExactly(1, 2);
    }

    @Test
    void anErrorIsOneLineThatNamesTemplateAndLine() {
        assertThatThrownBy(() -> ChatTemplate.of("a\n\n{{ raise_exception('one\ntwo') }}", "chat.jinja")
                        .render(Map.of()))
                .isInstanceOf(TemplateError.class)
                .hasMessage("chat.jinja: line 3: one two");
        assertThatThrownBy(() -> ChatTemplate.of("a\n{% for %}", "chat.jinja"))
                .isInstanceOf(TemplateError.class)
                .hasMessageStartingWith("chat.jinja: line 2: ");
    }
}
