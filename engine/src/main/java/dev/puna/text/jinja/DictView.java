package dev.puna.text.jinja;

/** What a dictionary's {@code keys()}, {@code values()} and {@code items()} give. */
record DictView(Dict dict, Kind kind) implements Value {
    enum Kind {
        KEYS,
        VALUES,
        ITEMS
    }

    Value of(Dict.Entry entry) {
        return switch (kind) {
            case KEYS -> entry.key();
            case VALUES -> entry.value();
            case ITEMS -> Sequence.Tuple.of(entry.key(), entry.value());
        };
    }

    @Override
    public String typeName() {
        return switch (kind) {
            case KEYS -> "dict_keys";
            case VALUES -> "dict_values";
            case ITEMS -> "dict_items";
        };
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
