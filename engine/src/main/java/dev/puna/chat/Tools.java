package dev.puna.chat;

import dev.puna.sample.BadRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the model may call, and whether it must.
 *
 * @param declared the functions, at most 1,024, no name twice
 * @param choice whether it may, must or must not call
 * @param parallel whether it may make several calls in one answer
 */
public record Tools(List<Tool> declared, Choice choice, boolean parallel) {
    /** No tools at all. */
    public static final Tools NONE = new Tools(List.of(), new Choice.Auto(), true);

    /** The most functions of one question. */
    public static final int MOST = 1024;

    /** Whether there will be calls. */
    public sealed interface Choice {
        /** The model knows the functions and calls none. */
        record None() implements Choice {}

        /** As the model sees fit. */
        record Auto() implements Choice {}

        /** At least one call, and nothing else. */
        record Required() implements Choice {}

        /** A call of one of these functions, and nothing else; at least one name. */
        record Named(Set<String> names) implements Choice {
            public Named {
                names = Set.copyOf(names);
            }

            public Named(String name) {
                this(Set.of(name));
            }
        }
    }

    public Tools {
        declared = List.copyOf(declared);
        if (declared.size() > MOST) {
            throw new BadRequest("tools", "are at most " + MOST + ", not " + declared.size());
        }
        Set<String> names = new HashSet<>();
        for (Tool tool : declared) {
            if (!names.add(tool.name())) {
                throw new BadRequest("tools", "declares " + tool.name() + " twice");
            }
        }
        switch (choice) {
            case Choice.Named named -> {
                if (named.names().isEmpty()) {
                    throw new BadRequest("toolChoice", "names no function");
                }
                for (String name : named.names()) {
                    if (!names.contains(name)) {
                        throw new BadRequest("toolChoice", "names a function that is not among the tools: " + name);
                    }
                }
            }
            case Choice.Required _ -> {
                if (declared.isEmpty()) {
                    throw new BadRequest("toolChoice", "demands a call, and there are no tools");
                }
            }
            case Choice.None _, Choice.Auto _ -> {}
        }
    }

    public static Tools auto(Tool... declared) {
        return new Tools(List.of(declared), new Choice.Auto(), true);
    }

    /** Whether an answer may hold calls. */
    public boolean callable() {
        return !declared.isEmpty() && !(choice instanceof Choice.None);
    }

    /** Whether an answer must be a call. */
    public boolean forced() {
        return choice instanceof Choice.Required || choice instanceof Choice.Named;
    }

    /** The functions that an answer may call. */
    List<Tool> allowed() {
        return switch (choice) {
            case Choice.None _ -> List.of();
            case Choice.Auto _, Choice.Required _ -> declared;
            case Choice.Named named ->
                declared.stream().filter(t -> named.names().contains(t.name())).toList();
        };
    }

    Optional<Tool> named(String name) {
        return declared.stream().filter(tool -> tool.name().equals(name)).findFirst();
    }
}
