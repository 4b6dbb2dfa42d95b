package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a schema demands of a value. Demands on one type of value hold of every value of another type. Forms are told
 * apart by identity.
 */
sealed interface Form {
    int NULL = 1;
    int FALSE = 2;
    int TRUE = 4;
    int NUMBER = 8;
    int STRING = 16;
    int ARRAY = 32;
    int OBJECT = 64;
    int EVERYTHING = 127;
    int NO_LIMIT = Integer.MAX_VALUE;

    Form ANY = new Types(EVERYTHING);
    Form NONE = new Types(0);

    /** All of these hold. */
    record All(List<Form> of) implements Form {}

    /** At least one of these holds. */
    record Some(List<Form> of) implements Form {}

    /** Exactly one of these holds. */
    record One(List<Form> of) implements Form {}

    /** Another form, known when it is needed: what makes recursion possible. */
    final class Later implements Form {
        final String where;
        private final Supplier<Form> supplier;
        private @Nullable Form form;

        Later(String where, Supplier<Form> supplier) {
            this.where = where;
            this.supplier = supplier;
        }

        Form form() {
            if (form == null) {
                form = supplier.get();
            }
            return form;
        }
    }

    /** The value has one of these types: a sum of the constants above. */
    record Types(int mask) implements Form {}

    record Number(Numbers set) implements Form {}

    /** The string is one of these words, or none of them. */
    record Words(Set<String> words, boolean in) implements Form {}

    /** The string is in the set of texts. */
    record Matches(Texts texts, String where) implements Form {}

    /** The string has so many characters. */
    record Length(int least, int most, String where) implements Form {}

    /** The first items are these, as far as there are items; the others are all {@code rest}. */
    record Items(List<Form> prefix, Form rest) implements Form {}

    /** The array has so many items. */
    record Count(int least, int most, String where) implements Form {}

    /** From the item {@code from} on, so many are {@code item}. */
    record Contains(int from, Form item, int least, int most, String where) implements Form {}

    /** No two items are equal; or some two are. */
    record Unique(boolean is, String where) implements Form {}

    /** Properties by name, by pattern, and those that neither names. */
    record Properties(Map<String, Form> named, List<Pattern> patterns, Form additional) implements Form {}

    /** A property whose name is one of these texts is {@code value}. */
    record Pattern(Regex names, Form value, String where) {}

    /** The object has this property. */
    record Required(String name) implements Form {}

    /** The object has so many properties. */
    record Size(int least, int most, String where) implements Form {}

    /** The object has a property whose name is one of these texts and which is {@code value}. */
    record Has(Regex names, Form value, String where) implements Form {}

    static Form all(List<Form> of) {
        List<Form> kept = new ArrayList<>();
        for (Form form : of) {
            if (form instanceof Types types && types.mask() == 0) {
                return NONE;
            }
            if (!(form instanceof Types types && types.mask() == EVERYTHING)) {
                kept.add(form);
            }
        }
        return kept.isEmpty() ? ANY : kept.size() == 1 ? kept.getFirst() : new All(kept);
    }

    static Form some(List<Form> of) {
        List<Form> kept = new ArrayList<>();
        int mask = 0;
        for (Form form : of) {
            if (form instanceof Types types) {
                mask |= types.mask();
            } else {
                kept.add(form);
            }
        }
        if (mask == EVERYTHING) {
            return ANY;
        }
        if (mask != 0) {
            kept.add(new Types(mask));
        }
        return kept.isEmpty() ? NONE : kept.size() == 1 ? kept.getFirst() : new Some(kept);
    }

    /** The object has no such property. */
    static Form absent(String name) {
        return new Properties(Map.of(name, NONE), List.of(), ANY);
    }

    /** Makes opposites, each once. */
    final class Opposites {
        private final Work work;
        private final Map<Form, Form> made = new IdentityHashMap<>(Map.of(ANY, NONE, NONE, ANY));

        Opposites(Work work) {
            this.work = work;
        }

        Form of(Form form) {
            Form known = made.get(form);
            if (known == null) {
                known = make(form);
                made.put(form, known);
                made.putIfAbsent(known, form);
            }
            return known;
        }

        private List<Form> of(List<Form> forms) {
            return forms.stream().map(this::of).toList();
        }

        private Form make(Form form) {
            return switch (form) {
                case All all -> some(of(all.of()));
                case Some some -> all(of(some.of()));
                case One one -> {
                    List<Form> ways = new ArrayList<>();
                    ways.add(all(of(one.of()))); // none, or two
                    for (int i = 0; i < one.of().size(); i++) {
                        work.step(one.of().size() - i, "#");
                        for (int j = i + 1; j < one.of().size(); j++) {
                            ways.add(all(List.of(one.of().get(i), one.of().get(j))));
                        }
                    }
                    yield some(ways);
                }
                case Later later -> new Later(later.where, () -> of(later.form()));
                case Types types -> new Types(EVERYTHING & ~types.mask());
                case Number number ->
                    only(
                            NUMBER,
                            number.set().others().stream()
                                    .<Form>map(Number::new)
                                    .toList());
                case Words words -> only(STRING, List.of(new Words(words.words(), !words.in())));
                case Matches matches ->
                    only(STRING, List.of(new Matches(matches.texts().not(), matches.where())));
                case Length length ->
                    only(STRING, outside(length.least(), length.most(), (a, b) -> new Length(a, b, length.where())));
                case Items items -> {
                    List<Form> ways = new ArrayList<>();
                    for (int i = 0; i < items.prefix().size(); i++) {
                        List<Form> prefix = new ArrayList<>(Collections.nCopies(i, ANY));
                        prefix.add(of(items.prefix().get(i)));
                        ways.add(all(List.of(new Count(i + 1, NO_LIMIT, ""), new Items(prefix, ANY))));
                    }
                    ways.add(new Contains(items.prefix().size(), of(items.rest()), 1, NO_LIMIT, ""));
                    yield only(ARRAY, ways);
                }
                case Count count ->
                    only(ARRAY, outside(count.least(), count.most(), (a, b) -> new Count(a, b, count.where())));
                case Contains contains ->
                    only(
                            ARRAY,
                            outside(
                                    contains.least(),
                                    contains.most(),
                                    (a, b) -> new Contains(contains.from(), contains.item(), a, b, contains.where())));
                case Unique unique -> only(ARRAY, List.of(new Unique(!unique.is(), unique.where())));
                case Properties properties -> {
                    List<Form> ways = new ArrayList<>();
                    properties
                            .named()
                            .forEach((name, value) -> ways.add(all(List.of(
                                    new Required(name), new Properties(Map.of(name, of(value)), List.of(), ANY)))));
                    List<Regex> known = new ArrayList<>();
                    known.add(Regex.words(properties.named().keySet()));
                    for (Pattern pattern : properties.patterns()) {
                        known.add(pattern.names());
                        ways.add(new Has(pattern.names(), of(pattern.value()), pattern.where()));
                    }
                    ways.add(new Has(Regex.not(Regex.any(known)), of(properties.additional()), ""));
                    yield only(OBJECT, ways);
                }
                case Required required -> only(OBJECT, List.of(absent(required.name())));
                case Size size ->
                    only(OBJECT, outside(size.least(), size.most(), (a, b) -> new Size(a, b, size.where())));
                case Has has ->
                    only(
                            OBJECT,
                            List.of(new Properties(
                                    Map.of(), List.of(new Pattern(has.names(), of(has.value()), has.where())), ANY)));
            };
        }

        private static Form only(int type, List<Form> ways) {
            return all(List.of(new Types(type), some(ways)));
        }

        private interface Bounded {
            Form of(int least, int most);
        }

        private static List<Form> outside(int least, int most, Bounded bounded) {
            List<Form> ways = new ArrayList<>();
            if (least > 0) {
                ways.add(bounded.of(0, least - 1));
            }
            if (most != NO_LIMIT) {
                ways.add(bounded.of(most + 1, NO_LIMIT));
            }
            return ways;
        }
    }
}
