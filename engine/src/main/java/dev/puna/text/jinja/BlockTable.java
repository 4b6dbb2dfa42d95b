package dev.puna.text.jinja;

import java.util.Map;

/** The {@code self} of a template: its blocks by name. */
record BlockTable(Map<String, Body> blocks, Context context) implements Value {

    /** A compiled block. */
    record Body(Layout layout, int height, Code.Exec code) {
        void render(Run run, Context context, MarkedBuilder out) {
            run.meter().enter(height);
            code.exec(run, new Activation(layout, null, context), out);
            run.meter().leave(height);
        }
    }

    /** The block of this name, ready to be called; or null. */
    Value block(String name) {
        Body body = blocks.get(name);
        return body == null ? null : new Block(name, body, context);
    }

    @Override
    public String typeName() {
        return "TemplateReference";
    }

    /** One block as a value. */
    record Block(String name, Body body, Context context) implements Callable {
        @Override
        public Value call(Run run, Arguments arguments) {
            arguments.none("block");
            var out = new MarkedBuilder(run.meter());
            body.render(run, context, out);
            return run.escapes() ? out.build().markup() : out.build();
        }

        Value attribute(String attribute) {
            return switch (attribute) {
                case "name" -> Str.of(name);
                case "super" -> Undefined.because("there is no parent block called " + Repr.quoted(name) + ".");
                default -> null;
            };
        }

        @Override
        public String typeName() {
            return "BlockReference";
        }
    }
}
