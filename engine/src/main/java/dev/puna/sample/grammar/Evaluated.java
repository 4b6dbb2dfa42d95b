package dev.puna.sample.grammar;

import dev.puna.sample.grammar.SchemaDocument.Place;
import dev.puna.sample.grammar.SchemaDocument.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which properties or items a schema looks at, case by case: what {@code unevaluatedProperties} and
 * {@code unevaluatedItems} leave out. A case is a combination of subschemas that hold; the document decides which it is.
 */
final class Evaluated {
    private static final int MOST_CASES = 64;

    /**
     * One case.
     *
     * @param when what holds of the value then
     * @param names of properties that are looked at
     * @param patterns of such names
     * @param items how many items from the first on are looked at
     * @param all whether all properties or items are
     */
    private record Case(List<Form> when, Set<String> names, List<Form.Pattern> patterns, int items, boolean all) {
        static final Case NOTHING = new Case(List.of(), Set.of(), List.of(), 0, false);

        boolean looks() {
            return all || items > 0 || !names.isEmpty() || !patterns.isEmpty();
        }

        Case and(Case other) {
            Set<String> both = new LinkedHashSet<>(names);
            both.addAll(other.names);
            return new Case(
                    joined(when, other.when),
                    both,
                    joined(patterns, other.patterns),
                    Math.max(items, other.items),
                    all || other.all);
        }

        Case when(Form form) {
            return new Case(joined(when, List.of(form)), names, patterns, items, all);
        }

        private static <T> List<T> joined(List<T> one, List<T> other) {
            List<T> all = new ArrayList<>(one);
            all.addAll(other);
            return all;
        }
    }

    private final SchemaReader reader;
    private final boolean properties;
    private final String keyword;
    private final Place place;

    /** @param place the keyword, to name it in errors */
    private Evaluated(SchemaReader reader, boolean properties, Place place) {
        this.reader = reader;
        this.properties = properties;
        this.place = place;
        keyword = properties ? "unevaluatedProperties" : "unevaluatedItems";
    }

    /** What it means that all properties or items of a value that a schema does not look at are {@code rest}. */
    static Form others(SchemaReader reader, Place schema, Scope scope, boolean properties, Place place, Form rest) {
        var evaluated = new Evaluated(reader, properties, place);
        List<Form> ways = new ArrayList<>();
        for (Case one : evaluated.cases(schema, scope, Set.of())) {
            List<Form> demands = new ArrayList<>(one.when());
            if (!one.all() && properties) {
                Map<String, Form> named = new LinkedHashMap<>();
                one.names().forEach(name -> named.put(name, Form.ANY));
                demands.add(new Form.Properties(named, one.patterns(), rest));
            } else if (!one.all()) {
                demands.add(new Form.Items(Collections.nCopies(one.items(), Form.ANY), rest));
            }
            ways.add(Form.all(demands));
        }
        return Form.some(ways);
    }

    /** @param way the schemas that led here, the one with the keyword first */
    private List<Case> cases(Place at, Scope outer, Set<Object> way) {
        reader.work.step(8L * (1 + way.size()), place.where());
        if (!(at.json() instanceof Map<?, ?> map)) {
            return List.of(Case.NOTHING);
        }
        Set<Object> further = Collections.newSetFromMap(new IdentityHashMap<>());
        further.addAll(way);
        if (!further.add(map)) {
            throw place.refused("cannot be enforced in a schema that refers to itself");
        }
        Scope scope = outer.into(reader.document.owner(map, at));
        Place here = new Place(map, reader.document.owner(map, at), at.where());
        List<Case> all = List.of(own(here, map, !way.isEmpty()));
        for (Place target : reader.targets(here, scope)) {
            all = both(all, cases(target, scope, further));
        }
        for (Place part : parts(here, "allOf")) {
            all = both(all, cases(part, scope, further));
        }
        for (Place part : parts(here, "anyOf")) {
            List<Case> held = held(part, scope, further);
            if (held.stream().anyMatch(Case::looks)) {
                all = both(
                        all, joined(held, List.of(Case.NOTHING.when(reader.opposites.of(reader.form(part, scope))))));
            }
        }
        List<Case> either = new ArrayList<>();
        for (Place part : parts(here, "oneOf")) {
            either.addAll(held(part, scope, further));
        }
        if (either.stream().anyMatch(Case::looks)) {
            all = both(all, either);
        }
        if (map.containsKey("if")) {
            Place test = here.at(map.get("if"), "if");
            List<Case> right = both(held(test, scope, further), branch(here, map, "then", scope, further));
            Form opposite = reader.opposites.of(reader.form(test, scope));
            List<Case> wrong = branch(here, map, "else", scope, further).stream()
                    .map(one -> one.when(opposite))
                    .toList();
            all = both(all, joined(right, wrong));
        }
        for (String key : new String[] {"dependentSchemas", "dependencies"}) {
            if (map.get(key) instanceof Map<?, ?> inner) {
                for (Map.Entry<?, ?> entry : inner.entrySet()) {
                    String name = String.valueOf(entry.getKey());
                    List<Case> there = cases(here.at(entry.getValue(), key, name), scope, further).stream()
                            .map(one -> one.when(new Form.Required(name)))
                            .toList();
                    all = both(all, joined(there, List.of(Case.NOTHING.when(Form.absent(name)))));
                }
            }
        }
        return all;
    }

    private List<Case> branch(Place here, Map<?, ?> map, String key, Scope scope, Set<Object> way) {
        return map.containsKey(key) ? cases(here.at(map.get(key), key), scope, way) : List.of(Case.NOTHING);
    }

    /** The cases in which a part holds. */
    private List<Case> held(Place part, Scope scope, Set<Object> way) {
        Form form = reader.form(part, scope);
        return cases(part, scope, way).stream().map(one -> one.when(form)).toList();
    }

    private static List<Place> parts(Place here, String key) {
        List<Place> parts = new ArrayList<>();
        if (here.json() instanceof Map<?, ?> map && map.get(key) instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                parts.add(here.at(list.get(i), key, String.valueOf(i)));
            }
        }
        return parts;
    }

    /** What a schema's own keywords look at. */
    private Case own(Place here, Map<?, ?> map, boolean inner) {
        if (properties) {
            Set<String> names = new LinkedHashSet<>();
            if (map.get("properties") instanceof Map<?, ?> named) {
                named.keySet().forEach(name -> names.add((String) name));
            }
            List<Form.Pattern> patterns = new ArrayList<>();
            if (map.get("patternProperties") instanceof Map<?, ?> some) {
                for (Object pattern : some.keySet()) {
                    String where =
                            here.at(null, "patternProperties", (String) pattern).where();
                    patterns.add(
                            new Form.Pattern(RegexReader.found((String) pattern, where, reader.work), Form.ANY, where));
                }
            }
            boolean all = map.containsKey("additionalProperties") || inner && map.containsKey(keyword);
            return new Case(List.of(), names, patterns, 0, all);
        }
        boolean tuple = map.get("items") instanceof List<?>;
        boolean all = map.containsKey("items") && !tuple
                || tuple && map.containsKey("additionalItems")
                || inner && map.containsKey(keyword);
        if (map.containsKey("contains") && here.in().draft >= 2020 && !all) {
            throw place.refused("cannot be enforced beside contains");
        }
        Object prefix = tuple ? map.get("items") : map.get("prefixItems");
        return new Case(List.of(), Set.of(), List.of(), prefix instanceof List<?> list ? list.size() : 0, all);
    }

    private List<Case> both(List<Case> some, List<Case> others) {
        List<Case> all = new ArrayList<>();
        for (Case one : some) {
            for (Case other : others) {
                all.add(one.and(other));
            }
        }
        if (all.size() > MOST_CASES) {
            throw place.refused("depends on more than %d combinations of subschemas".formatted(MOST_CASES));
        }
        return all;
    }

    private static List<Case> joined(List<Case> some, List<Case> others) {
        return Case.joined(some, others);
    }
}
