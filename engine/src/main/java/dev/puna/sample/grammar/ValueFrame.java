package dev.puna.sample.grammar;

import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value that has not begun.
 *
 * @param keep whether what contains it wants to know the value
 * @param taken values that it must not be; only where it is kept
 */
record ValueFrame(Node node, Style style, boolean keep, List<Object> taken) implements Frame {
    /** Stands for null where values are kept. */
    static final Object NULL = "null".toCharArray();

    private record Literal(String text, int at, @Nullable Object value) implements Frame {
        @Override
        public void step(int b, @Nullable Stack below, Threads out) {
            if (b != text.charAt(at)) {
                return;
            }
            if (at + 1 == text.length()) {
                out.pop(below, value);
            } else {
                out.add(new Literal(text, at + 1, value), below);
            }
        }
    }

    static ValueFrame of(Node node, Style style) {
        return new ValueFrame(node, style, false, List.of());
    }

    static boolean isSpace(int b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    @Override
    public void begin(@Nullable Stack below, Threads out) {
        if (node.possible) {
            out.add(this, below);
        }
    }

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        switch (b) {
            case ' ', '\n', '\r', '\t' -> {
                if (style != Style.COMPACT) {
                    out.add(this, below);
                }
            }
            case 'n' -> literal(Form.NULL, "null", NULL, below, out);
            case 'f' -> literal(Form.FALSE, "false", false, below, out);
            case 't' -> literal(Form.TRUE, "true", true, below, out);
            case '"' -> {
                List<String> others = taken.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList();
                for (Node.Text text : node.texts) {
                    if (style == Style.ANY && text.test() != Texts.PASSED) {
                        out.add(TextFrame.keeping(text.perhaps(), style, others, text.test()), below);
                    } else if (!keep) {
                        out.add(TextFrame.of(text.dfa(), style), below);
                    } else if (style == Style.ANY || text.dfa().hasOther(0, "", others)) {
                        out.add(TextFrame.keeping(text.dfa(), style, others), below);
                    }
                }
            }
            case '[' -> node.arrays.forEach(items -> out.add(ArrayFrame.of(items, style, keep, taken), below));
            case '{' -> node.objects.forEach(members -> out.add(ObjectFrame.of(members, style, keep, taken), below));
            default -> {
                for (Numbers all : node.numbers) {
                    Numbers set = keep ? all.except(numbers()) : all;
                    BigDecimal only = style == Style.ANY ? null : set.only();
                    if (only == null) {
                        new NumberFrame(set, style, "").step(b, below, out);
                    } else if (set.has(only)) { // in its plainest spelling
                        new Literal(Numbers.text(only), 0, keep ? only : null).step(b, below, out);
                    }
                }
            }
        }
    }

    private Set<BigDecimal> numbers() {
        Set<BigDecimal> all = new LinkedHashSet<>();
        for (Object value : taken) {
            if (value instanceof BigDecimal number) {
                all.add(number);
            }
        }
        return all;
    }

    private void literal(int type, String text, Object value, @Nullable Stack below, Threads out) {
        if ((node.literals & type) != 0 && !taken.contains(value)) {
            out.add(new Literal(text, 1, keep ? value : null), below);
        }
    }
}
