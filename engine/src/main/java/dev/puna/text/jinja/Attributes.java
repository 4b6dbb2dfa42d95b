package dev.puna.text.jinja;

import java.util.Set;

/**
 * What {@code value.name} and {@code value[index]} give. A dot looks for a method or attribute of the value first and
 * for its element second, brackets the other way round. The methods are those of the tables below and nothing else:
 * names never reach Java's reflection.
 */
final class Attributes {
    /** Names that every Python value has. A template may ask for them and gets something undefined. */
    private static final Set<String> INTERNAL = Set.of(
            ("__class__ __delattr__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__ __getstate__ __gt__"
                            + " __hash__ __init__ __init_subclass__ __le__ __lt__ __ne__ __new__ __reduce__"
                            + " __reduce_ex__ __repr__ __setattr__ __sizeof__ __str__ __subclasshook__")
                    .split(" "));

    private static final Set<String> CHANGES_LIST = Set.of("clear", "extend", "insert", "remove", "reverse", "sort");
    private static final Set<String> CHANGES_DICT = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private Attributes() {}

    static Value attribute(Value owner, String name) {
        Value found = find(owner, name);
        if (found != null) {
            return found;
        }
        if (owner instanceof Undefined undefined) {
            throw undefined.fault();
        }
        if (owner instanceof Dict dict) {
            Value value = dict.get(name);
            if (value != null) {
                return value;
            }
        }
        return owner instanceof BlockTable table && table.block(name) != null
                ? table.block(name)
                : Undefined.attribute(owner, name);
    }

    static Value item(Value owner, Value index, Meter meter) {
        Value element = switch (owner) {
            case Undefined undefined -> throw undefined.fault();
            case Dict dict -> isHashable(index) ? dict.get(index) : null;
            case Str _, Sequence _, Range _
            when Arithmetic.integer(index) instanceof Int number -> Slices.element(owner, number, meter);
            case BlockTable table when index instanceof Str name -> table.block(name.text());
            default -> null;
        };
        if (element == null && index instanceof Str name) {
            element = find(owner, name.text());
        }
        return element != null ? element : Undefined.element(owner, index, meter);
    }

    private static boolean isHashable(Value value) {
        return switch (value) {
            case Sequence.Tuple tuple -> tuple.items().stream().allMatch(Attributes::isHashable);
            case Sequence.ListOf _, Dict _ -> false;
            default -> true;
        };
    }

    /** The method or attribute of this name, something undefined where it may not be had, or null. */
    static Value find(Value owner, String name) {
        if (owner instanceof Namespace namespace) {
            Value value = namespace.get(name);
            return value == null && name.equals("__class__") ? Undefined.unsafe(owner, name) : value;
        }
        if (INTERNAL.contains(name)) {
            return Undefined.unsafe(owner, name);
        }
        return switch (owner) {
            case Str str -> StringMethods.of(str, name);
            case Sequence.ListOf list ->
                CHANGES_LIST.contains(name) ? Undefined.unsafe(owner, name) : SequenceMethods.of(list, name);
            case Sequence.Tuple tuple -> SequenceMethods.of(tuple, name);
            case Dict dict -> CHANGES_DICT.contains(name) ? Undefined.unsafe(owner, name) : DictMethods.of(dict, name);
            case DictView view ->
                switch (name) {
                    case "mapping" -> view.dict();
                    case "isdisjoint" -> view.kind() == DictView.Kind.VALUES ? null : unsupported(owner, name);
                    default -> null;
                };
            case Range range -> SequenceMethods.of(range, name);
            case Int _, Real _, Bool _ -> NumberMethods.of(owner, name);
            case Loop loop -> loop.attribute(name);
            case Macro macro -> macro.attribute(name);
            case Cycler cycler -> cycler.attribute(name);
            case Joiner joiner -> joiner.attribute(name);
            case BlockTable.Block block -> block.attribute(name);
            case Function function ->
                function == Globals.DICT && name.equals("fromkeys") ? DictMethods.FROM_KEYS : null;
            case Generator _ -> Set.of("close", "send", "throw").contains(name) ? unsupported(owner, name) : null;
            case None _, Undefined _, Namespace _, BlockTable _ -> null;
        };
    }

    /** A method that Python has and we do not: it is there, and calling it is an error. */
    static Function unsupported(Value owner, String name) {
        String what = "the method '" + name + "' of '" + owner.typeName() + "' is not supported";
        return new Function(name, (_, _) -> {
            throw Fault.unsupported(what);
        });
    }
}
