package dev.puna.text;

import dev.puna.text.jinja.Fault;
import dev.puna.text.jinja.Limits;
import dev.puna.text.jinja.Template;
import java.time.Clock;
import java.util.BitSet;
import java.util.Map;

/**
 * A chat template: what a model's files say a conversation looks like to it. The language is Jinja as Hugging Face sets
 * it up, and the text is the same, byte for byte, as Python's.
 *
 * <p>A template is as little trusted as the file it came in: what it can do is bounded by {@link Limits}, and it can
 * reach no Java object. It is compiled once; any number of threads may render it.
 */
public final class ChatTemplate {
    private final String source;
    private final String name;
    private final Template template;

    private ChatTemplate(String source, String name, Template template) {
        this.source = source;
        this.name = name;
        this.template = template;
    }

    /**
     * Compiles a template.
     *
     * @param name what errors call it
     * @throws TemplateError if it is no template
     */
    public static ChatTemplate of(String source, String name) {
        return of(source, name, Limits.DEFAULT);
    }

    /** Compiles a template that gets other limits than the default ones. */
    public static ChatTemplate of(String source, String name, Limits limits) {
        try {
            return new ChatTemplate(source, name, Template.of(source, limits));
        } catch (Fault fault) {
            throw new TemplateError(name, fault.line(), String.valueOf(fault.getMessage()));
        }
    }

    /** What errors call this template. */
    public String name() {
        return name;
    }

    /** The template as it was written. */
    public String source() {
        return source;
    }

    /** The text that the template makes of these variables, all of which count as the caller's. */
    public MarkedText render(Map<String, ?> variables) {
        return render(variables, Map.of());
    }

    /** {@link #render(Map, Map, Clock)} at the present time. */
    public MarkedText render(Map<String, ?> variables, Map<String, ?> trusted) {
        return render(variables, trusted, Clock.systemDefaultZone());
    }

    /**
     * The text that the template makes of these variables.
     *
     * @param variables {@code messages}, {@code tools}, {@code add_generation_prompt} and whatever else the template
     *     reads: texts, numbers, truth values, null, maps and lists. They stay unchanged. Characters of the result that
     *     come from here are marked
     * @param trusted variables that count as the template's own, such as {@code bos_token}; they come before others of
     *     the same name
     * @param clock what the template's {@code strftime_now} looks at
     * @throws TemplateError if the template does not accept the variables or does too much
     */
    public MarkedText render(Map<String, ?> variables, Map<String, ?> trusted, Clock clock) {
        try {
            Template.Rendered rendered = template.render(variables, trusted, clock);
            var fromInput = new BitSet(rendered.text().length());
            int[] marks = rendered.marks();
            for (int i = 0; i < marks.length; i += 2) {
                fromInput.set(marks[i], marks[i + 1]);
            }
            return new MarkedText(rendered.text(), fromInput);
        } catch (Fault fault) {
            throw new TemplateError(name, fault.line(), String.valueOf(fault.getMessage()));
        }
    }

    @Override
    public String toString() {
        return "ChatTemplate " + name;
    }
}
