package dev.puna.text.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** A compiled template. Any number of threads may render it at once. */
public final class Template {
    private final Compiler.Compiled compiled;
    private final Limits limits;

    private Template(Compiler.Compiled compiled, Limits limits) {
        this.compiled = compiled;
        this.limits = limits;
    }

    /**
     * A rendered text.
     *
     * @param marks where the marking changes, in rising order: characters between the first and the second offset came
     *     from the caller's variables, and so on in pairs
     */
    public record Rendered(String text, int[] marks) {}

    /** Compiles a template; an error in it is a {@link Fault}. */
    public static Template of(String source, Limits limits) {
        try {
            return new Template(Compiler.compile(Parser.parse(source, limits), limits), limits);
        } catch (StackOverflowError _) {
            throw Fault.limit("syntax nested deeper than this thread's stack allows");
        }
    }

    /**
     * Renders the template; an error in it is a {@link Fault}.
     *
     * @param input the caller's variables: texts, numbers, truth values, null, maps and lists; they stay unchanged
     * @param trusted variables whose texts count as the template's own
     */
    public Rendered render(Map<String, ?> input, Map<String, ?> trusted, Clock clock) {
        var meter = new Meter(limits);
        var run = new Run(meter, clock);
        try {
            Map<String, Value> names = new HashMap<>(Globals.all());
            input.forEach((name, value) -> names.put(name, Values.of(value, true, meter)));
            trusted.forEach((name, value) -> names.put(name, Values.of(value, false, meter)));
            var out = new MarkedBuilder(meter);
            compiled.body().render(run, new Context(names), out);
            Str text = out.build();
            return new Rendered(text.text(), text.marks());
        } catch (StackOverflowError _) {
            throw Fault.limit("calls and values nested deeper than this thread's stack allows");
        }
    }
}
