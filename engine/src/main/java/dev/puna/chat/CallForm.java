package dev.puna.chat;

/** How a model was trained to write calls; its chat template shows it. Reading accepts more than each was trained to. */
enum CallForm {
    /** Llama 3.1 and later: {@code {"name": …, "parameters": {…}}}. */
    JSON,
    /** Llama 3.2 and 4: {@code [name(argument=value), …]}. */
    PYTHON,
    /** Llama 3.1 by another training: {@code <function=name>{…}</function>}. */
    FUNCTION,
    /** Hermes and Qwen: {@code <tool_call>{"name": …, "arguments": {…}}</tool_call>}, one after the other. */
    TAGGED,
    /**
     * Qwen3-Coder: {@code <tool_call><function=name><parameter=a>…</parameter></function></tool_call>}. Texts stand
     * without quotes where the tool's schema says that they are texts.
     */
    PARAMETERS,
    /** Mistral: {@code [TOOL_CALLS][{"name": …, "arguments": {…}}, …]}. */
    MISTRAL,
    /** Ours, for models whose template knows no tools: a list of calls as JSON between the marks of {@link #TAGGED}. */
    GENERIC;

    /** Whether calls may stand bare in the text, as all Llamas write them. */
    boolean bare() {
        return this == JSON || this == PYTHON || this == FUNCTION;
    }
}
