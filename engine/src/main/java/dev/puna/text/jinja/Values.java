package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** Turns plain Java values (texts, numbers, truth values, null, maps, lists) into values of the language. */
final class Values {
    /** Roles that everybody knows: no caller's text, for some templates spell control tokens with them: {@code '<|' + role}. */
    private static final Set<String> ROLES =
            Set.of("system", "developer", "user", "assistant", "tool", "ipython", "function", "model");

    private Values() {}

    /**
     * A copy, so that nothing a template does reaches the caller's own lists.
     *
     * @param fromInput whether the texts in it count as the caller's
     */
    static Value of(Object value, boolean fromInput, Meter meter) {
        meter.step();
        return switch (value) {
            case null -> None.NONE;
            case CharSequence text -> Str.of(text.toString(), fromInput);
            case Boolean truth -> Bool.of(truth);
            case Integer number -> Int.of(number);
            case Long number -> Int.of(number);
            case Short number -> Int.of(number);
            case Byte number -> Int.of(number);
            case BigInteger number -> {
                meter.integer(number.bitLength());
                yield Int.of(number);
            }
            case Double number -> new Real(number);
            case Float number -> new Real(number);
            case BigDecimal number -> new Real(number.doubleValue());
            case Map<?, ?> map -> {
                meter.enter(3);
                meter.elements(map.size());
                var dict = new Dict();
                map.forEach((key, item) -> {
                    boolean role = "role".equals(key) && item instanceof String name && ROLES.contains(name);
                    dict.put(of(key, fromInput, meter), of(item, fromInput && !role, meter));
                });
                meter.leave(3);
                yield dict;
            }
            case Collection<?> items -> {
                meter.enter(3);
                meter.elements(items.size());
                var list = new ArrayList<Value>(items.size());
                items.forEach(item -> list.add(of(item, fromInput, meter)));
                meter.leave(3);
                yield new Sequence.ListOf(list);
            }
            default ->
                throw new IllegalArgumentException(
                        "a template variable may hold texts, numbers, truth values, null, maps and lists, not "
                                + value.getClass().getName());
        };
    }
}
