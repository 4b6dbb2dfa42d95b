package dev.puna.text.jinja;

/** What {@code joiner(...)} makes: nothing at the first call, the separator at every later one. */
final class Joiner implements Callable {
    private final Value separator;
    private boolean used;

    Joiner(Value separator) {
        this.separator = separator;
    }

    @Override
    public Value call(Run run, Arguments arguments) {
        arguments.none("joiner");
        if (used) {
            return separator;
        }
        used = true;
        return Str.EMPTY;
    }

    Value attribute(String name) {
        return switch (name) {
            case "sep" -> separator;
            case "used" -> Bool.of(used);
            default -> null;
        };
    }

    @Override
    public String typeName() {
        return "Joiner";
    }
}
