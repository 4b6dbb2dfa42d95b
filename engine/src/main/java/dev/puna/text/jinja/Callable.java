package dev.puna.text.jinja;

/** A value that can be called. */
sealed interface Callable extends Value permits Function, Macro, Loop, BlockTable.Block, Joiner {
    Value call(Run run, Arguments arguments);
}
