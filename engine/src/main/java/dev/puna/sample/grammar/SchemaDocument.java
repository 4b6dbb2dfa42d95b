package dev.puna.sample.grammar;

import dev.puna.file.Json;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where everything is in a document of schemas: what stands under which name and anchor, by which draft it is read, and
 * what a reference leads to. References are followed within the document only.
 */
final class SchemaDocument {
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
    static final class Resource {
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
    record Place(@Nullable Object json, Resource in, String where) {
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
    record Scope(Map<String, Place> anchors) {
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
    private final Map<String, Resource> resources = new HashMap<>();
    private final Map<Object, Resource> owners = new IdentityHashMap<>();
    private final Place root;
    private int depth;

    SchemaDocument(@Nullable Object schema, Limits limits) {
        this.limits = limits;
        var resource = new Resource("", schema == null ? "null" : schema, draft(schema, 2020));
        resources.put("", resource);
        root = index(new Place(schema, resource, "#"), true);
    }

    /** The whole document. */
    Place root() {
        return root;
    }

    /** The resource that a schema found at a place belongs to. */
    Resource owner(Object schema, Place place) {
        return owners.getOrDefault(schema, place.in());
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

    /** What a reference leads to. */
    Place target(Place from, String reference) {
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
}
