package dev.puna.text.jinja;

/**
 * Everything that a template can hold in its hands. The set is closed: there is no value that stands for a Java object,
 * so a template has nothing to climb out on.
 */
sealed interface Value
        permits Str,
                Int,
                Real,
                Bool,
                None,
                Undefined,
                Sequence,
                Dict,
                DictView,
                Range,
                Namespace,
                Generator,
                Cycler,
                BlockTable,
                Callable {

    /** What Python calls the type. */
    String typeName();
}
