package dev.puna.text.jinja;

import java.util.function.Supplier;

/**
 * What a name, attribute or element gives that is not there. It prints as nothing, counts as false and is empty; any
 * other use is an error, which {@code why} explains.
 */
record Undefined(Supplier<String> why, Fault.Kind kind) implements Value {

    static Undefined name(String name) {
        return because("'" + name + "' is undefined");
    }

    static Undefined because(String why) {
        return new Undefined(() -> why, Fault.Kind.UNDEFINED);
    }

    static Undefined attribute(Value owner, String name) {
        return new Undefined(
                () -> "'" + described(owner) + "' has no attribute " + Repr.quoted(name), Fault.Kind.UNDEFINED);
    }

    static Undefined element(Value owner, Value index, Meter meter) {
        return index instanceof Str name
                ? attribute(owner, name.text())
                : new Undefined(
                        () -> described(owner) + " has no element " + Repr.brief(index, meter), Fault.Kind.UNDEFINED);
    }

    static Undefined unsafe(Value owner, String attribute) {
        return new Undefined(
                () -> "access to attribute " + Repr.quoted(attribute) + " of '" + owner.typeName()
                        + "' object is unsafe.",
                Fault.Kind.SECURITY);
    }

    private static String described(Value value) {
        return value == None.NONE ? "None" : value.typeName() + " object";
    }

    Fault fault() {
        return Fault.of(kind, why.get());
    }

    @Override
    public String typeName() {
        return "Undefined";
    }
}
