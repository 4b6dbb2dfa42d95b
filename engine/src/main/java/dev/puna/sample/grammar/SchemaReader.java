package dev.puna.sample.grammar;

import dev.puna.file.Json;
import dev.puna.sample.grammar.SchemaDocument.Place;
import dev.puna.sample.grammar.SchemaDocument.Resource;
import dev.puna.sample.grammar.SchemaDocument.Scope;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12 into forms. A keyword that the drafts know and that cannot be
 * enforced is refused by its place; one that they do not know is an annotation, as they say.
 */
final class SchemaReader {
    final Work work;
    final SchemaDocument document;
    final Form.Opposites opposites;
    final Nodes nodes;
    private final Map<Object, Map<Scope, Form>> read = new IdentityHashMap<>();
    private int forms;
    private int depth;

    private SchemaReader(SchemaDocument document, Work work) {
        this.document = document;
        this.work = work;
        opposites = new Form.Opposites(work);
        nodes = new Nodes(work, opposites);
    }

    /** The node of the documents that a schema describes. */
    static Node node(@Nullable Object schema, Limits limits) {
        var document = new SchemaDocument(schema, limits);
        var reader = new SchemaReader(document, new Work(limits));
        Place root = document.root();
        return reader.nodes.compile(reader.form(root, new Scope(Map.of()).into(root.in())));
    }

    /** What a schema's references lead to. */
    List<Place> targets(Place place, Scope scope) {
        List<Place> targets = new ArrayList<>();
        if (place.json() instanceof Map<?, ?> map) {
            if (map.get("$ref") instanceof String reference) {
                targets.add(document.target(place.at(reference, "$ref"), reference));
            }
            if (map.get("$dynamicRef") instanceof String reference) {
                Place target = document.target(place.at(reference, "$dynamicRef"), reference);
                String name = reference.substring(reference.indexOf('#') + 1);
                Place here = target.in().dynamic.get(name);
                Place outermost = scope.anchors().get(name);
                targets.add(here != null && here.json() == target.json() && outermost != null ? outermost : target);
            }
        }
        return targets;
    }

    Form form(Place place, Scope scope) {
        return switch (place.json()) {
            case Boolean all -> all ? Form.ANY : Form.NONE;
            case Map<?, ?> map -> {
                Resource owner = document.owner(map, place);
                Place here = new Place(map, owner, place.where());
                Scope inner = scope.into(owner);
                Map<Scope, Form> known = read.computeIfAbsent(map, k -> new HashMap<>());
                Form form = known.get(inner);
                if (form == null) {
                    if (++depth > work.limits.depth()) {
                        throw place.refused("a schema nested deeper than %d".formatted(work.limits.depth()));
                    }
                    if (++forms > work.limits.forms()) {
                        throw place.refused("a schema of more than %d parts".formatted(work.limits.forms()));
                    }
                    form = new Keywords(here, map, inner).form();
                    depth--;
                    known.put(inner, form);
                }
                yield form;
            }
            case null, default -> throw place.refused("a schema is an object, true or false");
        };
    }

    /** The keywords of one schema object. */
    private final class Keywords {
        private final Place place;
        private final Map<?, ?> map;
        private final Scope scope;
        private final int draft;
        private final List<Form> all = new ArrayList<>();

        Keywords(Place place, Map<?, ?> map, Scope scope) {
            this.place = place;
            this.map = map;
            this.scope = scope;
            draft = place.in().draft;
        }

        Form form() {
            references();
            if (draft <= 7 && map.containsKey("$ref")) {
                return Form.all(all);
            }
            values();
            numbers();
            strings();
            arrays();
            objects();
            combinations();
            unevaluated();
            return Form.all(all);
        }

        private Form sub(String key) {
            return SchemaReader.this.form(place.at(map.get(key), key), scope);
        }

        private List<Form> list(String key) {
            if (!(map.get(key) instanceof List<?> list) || list.isEmpty()) {
                throw at(key).refused("is not a list of schemas");
            }
            List<Form> forms = new ArrayList<>();
            for (int i = 0; i < list.size(); i++) {
                forms.add(SchemaReader.this.form(place.at(list.get(i), key, String.valueOf(i)), scope));
            }
            return forms;
        }

        private Place at(String key) {
            return place.at(map.get(key), key);
        }

        private Map<String, @Nullable Object> object(String key) {
            if (!(map.get(key) instanceof Map<?, ?> inner)) {
                throw at(key).refused("is not an object");
            }
            Map<String, @Nullable Object> named = new LinkedHashMap<>();
            inner.forEach((name, value) -> named.put((String) name, value));
            return named;
        }

        private List<String> names(@Nullable Object json, Place where) {
            List<String> names = new ArrayList<>();
            if (json instanceof List<?> list) {
                for (Object one : list) {
                    if (!(one instanceof String name)) {
                        throw where.refused("is not a list of names");
                    }
                    names.add(name);
                }
                return names;
            }
            throw where.refused("is not a list of names");
        }

        private BigDecimal number(String key) {
            BigDecimal number = SchemaReader.number(map.get(key));
            if (number == null) {
                throw at(key).refused("is not a number");
            }
            return number;
        }

        private int count(String key, int otherwise) {
            if (!map.containsKey(key)) {
                return otherwise;
            }
            BigDecimal number = number(key);
            if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
                throw at(key).refused("is not a whole number from 0 up");
            }
            return number.min(BigDecimal.valueOf(Form.NO_LIMIT)).intValue();
        }

        private void references() {
            if (map.containsKey("$ref") && !(map.get("$ref") instanceof String)) {
                throw at("$ref").refused("is not a string");
            }
            String key = map.containsKey("$ref") ? "$ref" : "$dynamicRef";
            for (Place target : targets(place, scope)) {
                all.add(new Form.Later(at(key).where(), () -> SchemaReader.this.form(target, scope)));
            }
            if (map.containsKey("$recursiveRef")) {
                throw at("$recursiveRef").refused("cannot be enforced; $dynamicRef can");
            }
        }

        private void values() {
            Object type = map.get("type");
            if (type instanceof String name) {
                types(List.of(name));
            } else if (type != null) {
                types(names(type, at("type")));
            }
            if (map.containsKey("const") && draft != 4) {
                all.add(constant(map.get("const"), at("const")));
            }
            if (map.containsKey("enum")) {
                if (!(map.get("enum") instanceof List<?> list)) {
                    throw at("enum").refused("is not a list");
                }
                List<Form> forms = new ArrayList<>();
                Set<String> words = new LinkedHashSet<>();
                for (Object one : list) {
                    if (one instanceof String word) {
                        words.add(word);
                    } else {
                        forms.add(constant(one, at("enum")));
                    }
                }
                if (!words.isEmpty()) {
                    forms.add(Form.all(List.of(new Form.Types(Form.STRING), new Form.Words(words, true))));
                }
                all.add(Form.some(forms));
            }
        }

        private void types(List<String> names) {
            int mask = 0;
            boolean whole = false;
            for (String name : names) {
                switch (name) {
                    case "null" -> mask |= Form.NULL;
                    case "boolean" -> mask |= Form.TRUE | Form.FALSE;
                    case "number" -> mask |= Form.NUMBER;
                    case "integer" -> whole = true;
                    case "string" -> mask |= Form.STRING;
                    case "array" -> mask |= Form.ARRAY;
                    case "object" -> mask |= Form.OBJECT;
                    default -> throw at("type").refused("the type " + Json.quoted(name) + " does not exist");
                }
            }
            if (whole && (mask & Form.NUMBER) == 0) {
                mask |= Form.NUMBER;
                all.add(new Form.Number(Numbers.WHOLE));
            }
            all.add(new Form.Types(mask));
        }

        private Form constant(@Nullable Object value, Place where) {
            return switch (value) {
                case null -> new Form.Types(Form.NULL);
                case Boolean flag -> new Form.Types(flag ? Form.TRUE : Form.FALSE);
                case String word -> Form.all(List.of(new Form.Types(Form.STRING), new Form.Words(Set.of(word), true)));
                case List<?> list -> {
                    List<Form> items = new ArrayList<>();
                    list.forEach(item -> items.add(constant(item, where)));
                    yield Form.all(List.of(
                            new Form.Types(Form.ARRAY),
                            new Form.Count(list.size(), list.size(), where.where()),
                            new Form.Items(items, Form.NONE)));
                }
                case Map<?, ?> inner -> {
                    Map<String, Form> named = new LinkedHashMap<>();
                    List<Form> demands = new ArrayList<>();
                    inner.forEach((name, one) -> {
                        named.put((String) name, constant(one, where));
                        demands.add(new Form.Required((String) name));
                    });
                    demands.add(new Form.Types(Form.OBJECT));
                    demands.add(new Form.Properties(named, List.of(), Form.NONE));
                    yield Form.all(demands);
                }
                default -> {
                    BigDecimal number = SchemaReader.number(value);
                    if (number == null) {
                        throw where.refused("holds a number that is too large");
                    }
                    yield Form.all(
                            List.of(new Form.Types(Form.NUMBER), new Form.Number(Numbers.only(Numbers.plain(number)))));
                }
            };
        }

        private void numbers() {
            bound("minimum", "exclusiveMinimum", true);
            bound("maximum", "exclusiveMaximum", false);
            if (map.containsKey("multipleOf")) {
                BigDecimal of = number("multipleOf");
                if (of.signum() <= 0) {
                    throw at("multipleOf").refused("is not above 0");
                }
                if (Math.abs(of.scale()) > 400) {
                    throw at("multipleOf").refused("has too many digits to be enforced");
                }
                all.add(new Form.Number(Numbers.ALL.multipleOf(of)));
            }
        }

        private void bound(String key, String exclusive, boolean low) {
            boolean open = Boolean.TRUE.equals(map.get(exclusive)); // draft 4
            if (map.containsKey(key)) {
                BigDecimal value = number(key);
                all.add(new Form.Number(low ? Numbers.ALL.atLeast(value, open) : Numbers.ALL.atMost(value, open)));
            }
            if (map.containsKey(exclusive) && !(map.get(exclusive) instanceof Boolean)) {
                BigDecimal value = number(exclusive);
                all.add(new Form.Number(low ? Numbers.ALL.atLeast(value, true) : Numbers.ALL.atMost(value, true)));
            }
        }

        private void strings() {
            int least = count("minLength", 0);
            int most = count("maxLength", Form.NO_LIMIT);
            if (least > 0 || most != Form.NO_LIMIT) {
                all.add(new Form.Length(
                        least,
                        most,
                        at(map.containsKey("maxLength") ? "maxLength" : "minLength")
                                .where()));
            }
            if (map.containsKey("pattern")) {
                if (!(map.get("pattern") instanceof String pattern)) {
                    throw at("pattern").refused("is not a string");
                }
                String where = at("pattern").where();
                all.add(new Form.Matches(Texts.of(RegexReader.found(pattern, where, work)), where));
            }
            for (String key : new String[] {"contentEncoding", "contentMediaType"}) {
                if (draft == 7 && map.containsKey(key)) { // an annotation from 2019-09 on
                    throw at(key).refused("cannot be enforced");
                }
            }
            if (map.get("format") instanceof String format) {
                String where = at("format").where();
                Optional<Texts> texts = Formats.texts(format, where);
                texts.ifPresent(some -> all.add(new Form.Matches(some, where)));
            }
        }

        private void arrays() {
            List<Form> prefix = List.of();
            Form rest = Form.ANY;
            if (map.containsKey("prefixItems") && draft >= 2020 && !List.of().equals(map.get("prefixItems"))) {
                prefix = list("prefixItems");
            }
            if (map.get("items") instanceof List<?> list) {
                prefix = list.isEmpty() ? List.of() : list("items");
                rest = map.containsKey("additionalItems") ? sub("additionalItems") : Form.ANY;
            } else if (map.containsKey("items")) {
                rest = sub("items");
            }
            if (!prefix.isEmpty() || rest != Form.ANY) {
                all.add(new Form.Items(prefix, rest));
            }
            int least = count("minItems", 0);
            int most = count("maxItems", Form.NO_LIMIT);
            if (least > 0 || most != Form.NO_LIMIT) {
                all.add(new Form.Count(least, most, at("minItems").where()));
            }
            if (map.containsKey("contains") && draft != 4) {
                int few = draft >= 2019 ? count("minContains", 1) : 1;
                int many = draft >= 2019 ? count("maxContains", Form.NO_LIMIT) : Form.NO_LIMIT;
                all.add(new Form.Contains(
                        0, sub("contains"), few, many, at("contains").where()));
            }
            if (Boolean.TRUE.equals(map.get("uniqueItems"))) {
                all.add(new Form.Unique(true, at("uniqueItems").where()));
            }
        }

        private void objects() {
            Map<String, Form> named = new LinkedHashMap<>();
            if (map.containsKey("properties")) {
                object("properties")
                        .forEach((name, schema) ->
                                named.put(name, SchemaReader.this.form(place.at(schema, "properties", name), scope)));
            }
            List<Form.Pattern> patterns = new ArrayList<>();
            if (map.containsKey("patternProperties")) {
                object("patternProperties").forEach((pattern, schema) -> {
                    Place where = place.at(schema, "patternProperties", pattern);
                    patterns.add(new Form.Pattern(
                            RegexReader.found(pattern, where.where(), work),
                            SchemaReader.this.form(where, scope),
                            where.where()));
                });
            }
            Form additional = map.containsKey("additionalProperties") ? sub("additionalProperties") : Form.ANY;
            if (!named.isEmpty() || !patterns.isEmpty() || additional != Form.ANY) {
                all.add(new Form.Properties(named, patterns, additional));
            }
            if (map.containsKey("required")) {
                names(map.get("required"), at("required")).forEach(name -> all.add(new Form.Required(name)));
            }
            int least = count("minProperties", 0);
            int most = count("maxProperties", Form.NO_LIMIT);
            if (least > 0 || most != Form.NO_LIMIT) {
                all.add(new Form.Size(least, most, at("minProperties").where()));
            }
            if (map.containsKey("propertyNames") && draft != 4) {
                Regex others = Regex.not(nodes.texts(sub("propertyNames")));
                if (!others.equals(Regex.NOTHING)) {
                    String where = at("propertyNames").where();
                    all.add(new Form.Properties(
                            Map.of(), List.of(new Form.Pattern(others, Form.NONE, where)), Form.ANY));
                }
            }
            if (map.containsKey("dependentRequired") && draft >= 2019) {
                object("dependentRequired")
                        .forEach((name, needed) -> all.add(needs(name, needed, "dependentRequired")));
            }
            if (map.containsKey("dependentSchemas") && draft >= 2019) {
                object("dependentSchemas").forEach((name, schema) -> all.add(needs(name, schema, "dependentSchemas")));
            }
            if (map.containsKey("dependencies")) {
                object("dependencies").forEach((name, needed) -> all.add(needs(name, needed, "dependencies")));
            }
        }

        private Form needs(String name, @Nullable Object needed, String key) {
            Place where = place.at(needed, key, name);
            Form then = needed instanceof List<?>
                    ? Form.all(names(needed, where).stream()
                            .<Form>map(Form.Required::new)
                            .toList())
                    : SchemaReader.this.form(where, scope);
            return Form.some(List.of(Form.absent(name), then));
        }

        private void combinations() {
            if (map.containsKey("allOf")) {
                all.addAll(list("allOf"));
            }
            if (map.containsKey("anyOf")) {
                all.add(Form.some(list("anyOf")));
            }
            if (map.containsKey("oneOf")) {
                List<Form> of = list("oneOf");
                all.add(of.size() == 1 ? of.getFirst() : new Form.One(of));
            }
            if (map.containsKey("not")) {
                all.add(opposites.of(sub("not")));
            }
            if (map.containsKey("if") && draft >= 7 && (map.containsKey("then") || map.containsKey("else"))) {
                Form test = sub("if");
                all.add(Form.some(List.of(
                        Form.all(List.of(test, map.containsKey("then") ? sub("then") : Form.ANY)),
                        Form.all(List.of(opposites.of(test), map.containsKey("else") ? sub("else") : Form.ANY)))));
            }
        }

        private void unevaluated() {
            for (String key : new String[] {"unevaluatedProperties", "unevaluatedItems"}) {
                if (map.containsKey(key) && draft >= 2019) {
                    boolean properties = key.equals("unevaluatedProperties");
                    all.add(Evaluated.others(SchemaReader.this, place, scope, properties, at(key), sub(key)));
                }
            }
        }
    }

    private static @Nullable BigDecimal number(@Nullable Object json) {
        return switch (json) {
            case Long whole -> BigDecimal.valueOf(whole);
            case BigInteger whole -> new BigDecimal(whole);
            case Double number -> Double.isFinite(number) ? BigDecimal.valueOf(number) : null;
            case null, default -> null;
        };
    }
}
