package dev.puna.sample.grammar;

import dev.puna.file.Json;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
 * Reads a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12 into forms. References are followed within the document only.
 * A keyword that the drafts know and that cannot be enforced is refused by its place; one that they do not know is an
 * annotation, as they say.
 */
final class SchemaReader {
    private static final String[] SINGLE = {
        "additionalItems",
        "additionalProperties",
        "contains",
        "else",
        "if",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema"
    };
    private static final String[] LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"};
    private static final String[] MAPS = {
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"
    };

    /** A schema with a base of its own: the document, and what has an $id in it. */
    private static final class Resource {
        final String base;
        final Object root;
        final int draft;
        final Map<String, Place> anchors = new HashMap<>();
        final Map<String, Place> dynamic = new HashMap<>();

        Resource(String base, Object root, int draft) {
            this.base = base;
            this.root = root;
            this.draft = draft;
        }
    }

    /** A schema and where it stands. */
    private record Place(@Nullable Object json, Resource in, String where) {
        Place at(@Nullable Object inner, String... path) {
            var longer = new StringBuilder(where);
            for (String token : path) {
                longer.append('/').append(token.replace("~", "~0").replace("/", "~1"));
            }
            return new Place(inner, in, longer.toString());
        }

        GrammarRefused refused(String what) {
            return new GrammarRefused(where, what);
        }
    }

    /** Which resource each dynamic anchor was first met in, on the way to a schema. */
    private record Scope(Map<String, Place> anchors) {
        Scope into(Resource resource) {
            if (anchors.keySet().containsAll(resource.dynamic.keySet())) {
                return this;
            }
            Map<String, Place> more = new LinkedHashMap<>(resource.dynamic);
            more.putAll(anchors);
            return new Scope(more);
        }
    }

    private final Limits limits;
    final Form.Opposites opposites = new Form.Opposites();
    final Nodes nodes;
    private final Map<String, Resource> resources = new HashMap<>();
    private final Map<Object, Resource> owners = new IdentityHashMap<>();
    private final Map<Object, Map<Scope, Form>> read = new IdentityHashMap<>();
    private int forms;
    private int depth;

    private SchemaReader(Limits limits) {
        this.limits = limits;
        nodes = new Nodes(limits, opposites);
    }

    /** The node of the documents that a schema describes. */
    static Node node(@Nullable Object schema, Limits limits) {
        var reader = new SchemaReader(limits);
        var root = new Resource("", schema == null ? "null" : schema, draft(schema, 2020));
        reader.resources.put("", root);
        Place place = reader.index(new Place(schema, root, "#"), true);
        Form form = reader.form(place, new Scope(Map.of()).into(place.in()));
        return reader.nodes.compile(form);
    }

    private static int draft(@Nullable Object schema, int otherwise) {
        if (schema instanceof Map<?, ?> map && map.get("$schema") instanceof String uri) {
            return uri.contains("draft-03") || uri.contains("draft-04")
                    ? 4
                    : uri.contains("draft-06")
                            ? 6
                            : uri.contains("draft-07") ? 7 : uri.contains("2019-09") ? 2019 : 2020;
        }
        return otherwise;
    }

    // ---- where everything is ----

    private Place index(Place place, boolean top) {
        if (!(place.json() instanceof Map<?, ?> map)) {
            return place;
        }
        if (++depth > limits.depth()) {
            throw place.refused("a schema nested deeper than %d".formatted(limits.depth()));
        }
        Place here = place;
        int draft = draft(map, place.in().draft);
        boolean alone = draft <= 7 && map.get("$ref") instanceof String && !top; // nothing beside $ref counts
        Object id = alone ? null : map.get(draft == 4 ? "id" : "$id");
        if (id instanceof String text) {
            if (draft <= 7 && text.startsWith("#")) {
                place.in().anchors.put(text.substring(1), place);
            } else {
                String base = resolve(place.in().base, text.replaceFirst("#$", ""));
                var resource = new Resource(base, map, draft);
                resources.putIfAbsent(base, resource);
                here = new Place(map, resource, place.where());
                if (top) {
                    resources.put("", resource);
                }
            }
        }
        owners.put(map, here.in());
        if (map.get("$anchor") instanceof String name) {
            here.in().anchors.put(name, here);
        }
        if (map.get("$dynamicAnchor") instanceof String name) {
            here.in().anchors.put(name, here);
            here.in().dynamic.put(name, here);
        }
        for (String key : SINGLE) {
            index(here.at(map.get(key), key), false);
        }
        for (String key : LISTS) {
            indexAll(here, map.get(key), key);
        }
        if (map.get("items") instanceof List<?> list) {
            indexAll(here, list, "items");
        } else {
            index(here.at(map.get("items"), "items"), false);
        }
        for (String key : MAPS) {
            if (map.get(key) instanceof Map<?, ?> inner) {
                for (Map.Entry<?, ?> entry : inner.entrySet()) {
                    index(here.at(entry.getValue(), key, (String) entry.getKey()), false);
                }
            }
        }
        depth--;
        return here;
    }

    private void indexAll(Place place, @Nullable Object json, String key) {
        if (json instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                index(place.at(list.get(i), key, String.valueOf(i)), false);
            }
        }
    }

    private static String resolve(String base, String reference) {
        if (reference.isEmpty()) {
            return base;
        }
        try {
            return base.isEmpty() || base.startsWith("urn:")
                    ? reference
                    : URI.create(base).resolve(reference).toString();
        } catch (IllegalArgumentException e) {
            return reference;
        }
    }

    private Place target(Place from, String reference) {
        int hash = reference.indexOf('#');
        String uri = hash < 0 ? reference : reference.substring(0, hash);
        String fragment = hash < 0 ? "" : reference.substring(hash + 1);
        Resource resource = uri.isEmpty() ? from.in() : resources.get(resolve(from.in().base, uri));
        if (resource == null) {
            throw from.refused("refers to " + Json.quoted(reference) + ", which is not in this document");
        }
        if (fragment.isEmpty()) {
            return new Place(resource.root, resource, reference);
        }
        if (!fragment.startsWith("/")) {
            Place found = resource.anchors.get(fragment);
            if (found == null) {
                throw from.refused("refers to " + Json.quoted(reference) + ", and there is no such anchor");
            }
            return found;
        }
        Object at = resource.root;
        Resource in = resource;
        for (String token : fragment.substring(1).split("/", -1)) {
            String name = unescaped(token);
            at = at instanceof Map<?, ?> map
                    ? map.get(name)
                    : at instanceof List<?> list
                                    && name.matches("0|[1-9][0-9]{0,8}")
                                    && Integer.parseInt(name) < list.size()
                            ? list.get(Integer.parseInt(name))
                            : null;
            if (at == null) {
                throw from.refused("refers to " + Json.quoted(reference) + ", which is not there");
            }
            in = owners.getOrDefault(at, in);
        }
        return new Place(at, in, reference);
    }

    private static String unescaped(String token) {
        var bytes = new ByteArrayOutputStream();
        byte[] in = token.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < in.length; i++) {
            int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(in[i + 2], 16) : -1;
            bytes.write(low >= 0 ? high << 4 | low : in[i]);
            i += low >= 0 ? 2 : 0;
        }
        return bytes.toString(StandardCharsets.UTF_8).replace("~1", "/").replace("~0", "~");
    }

    // ---- what it says ----

    private Form form(Place place, Scope scope) {
        return switch (place.json()) {
            case Boolean all -> all ? Form.ANY : Form.NONE;
            case Map<?, ?> map -> {
                Resource owner = owners.getOrDefault(map, place.in());
                Place here = new Place(map, owner, place.where());
                Scope inner = scope.into(owner);
                Map<Scope, Form> known = read.computeIfAbsent(map, k -> new HashMap<>());
                Form form = known.get(inner);
                if (form == null) {
                    if (++depth > limits.depth()) {
                        throw place.refused("a schema nested deeper than %d".formatted(limits.depth()));
                    }
                    if (++forms > limits.forms()) {
                        throw place.refused("a schema of more than %d parts".formatted(limits.forms()));
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
            if (map.get("$ref") instanceof String reference) {
                all.add(later(at("$ref"), target(at("$ref"), reference), scope));
            } else if (map.containsKey("$ref")) {
                throw at("$ref").refused("is not a string");
            }
            if (map.get("$dynamicRef") instanceof String reference) {
                Place target = target(at("$dynamicRef"), reference);
                String name = reference.substring(reference.indexOf('#') + 1);
                if (target.in().dynamic.get(name) != null
                        && target.in().dynamic.get(name).json() == target.json()
                        && scope.anchors().containsKey(name)) {
                    target = scope.anchors().get(name);
                }
                all.add(later(at("$dynamicRef"), target, scope));
            }
            if (map.containsKey("$recursiveRef")) {
                throw at("$recursiveRef").refused("cannot be enforced; $dynamicRef can");
            }
        }

        private Form later(Place from, Place target, Scope in) {
            return new Form.Later(from.where(), () -> SchemaReader.this.form(target, in));
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
                all.add(new Form.Matches(Texts.of(RegexReader.found(pattern, where, limits)), where));
            }
            for (String key : new String[] {"contentEncoding", "contentMediaType"}) {
                if (draft == 7 && map.containsKey(key)) { // an annotation from 2019-09 on
                    throw at(key).refused("cannot be enforced");
                }
            }
            if (map.get("format") instanceof String format) {
                String where = at("format").where();
                Optional<Texts> texts = Formats.texts(format, where, limits);
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
                            RegexReader.found(pattern, where.where(), limits),
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
                    throw at(key).refused("cannot be enforced");
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
