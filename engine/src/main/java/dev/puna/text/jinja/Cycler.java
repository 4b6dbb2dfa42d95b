package dev.puna.text.jinja;

import java.util.List;

/** What {@code cycler(...)} makes: its items in turn, for ever. */
final class Cycler implements Value {
    private final List<Value> items;
    private int at;

    Cycler(List<Value> items) {
        if (items.isEmpty()) {
            throw Fault.of(Fault.Kind.RUNTIME, "at least one item has to be provided");
        }
        this.items = items;
    }

    Value attribute(String name) {
        return switch (name) {
            case "current" -> items.get(at);
            case "items" -> Sequence.Tuple.of(items);
            case "pos" -> Int.of(at);
            case "reset" ->
                new Function("reset", (_, arguments) -> {
                    arguments.none("reset");
                    at = 0;
                    return None.NONE;
                });
            case "next" ->
                new Function("next", (_, arguments) -> {
                    arguments.none("next");
                    Value current = items.get(at);
                    at = (at + 1) % items.size();
                    return current;
                });
            default -> null;
        };
    }

    @Override
    public String typeName() {
        return "Cycler";
    }
}
