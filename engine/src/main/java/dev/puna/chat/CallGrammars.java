package dev.puna.chat;

import dev.puna.sample.Constraint;
import dev.puna.sample.grammar.TokenTrie;
import dev.puna.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Holds the answers of one model to the grammars of calls; keeps those that were needed lately. */
final class CallGrammars {
    /** Grammars that are kept. */
    private static final int MOST = 64;

    private final CallForm form;
    private final TokenTrie trie;
    private final OptionalInt mark;
    private final Map<Tools, CallGrammar> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Tools, CallGrammar> eldest) {
            return size() > MOST;
        }
    };

    CallGrammars(CallForm form, Tokenizer tokenizer, TokenTrie trie) {
        this.form = form;
        this.trie = trie;
        mark = form == CallForm.MISTRAL ? tokenizer.id(ToolCalls.MISTRAL_TAG) : OptionalInt.empty();
    }

    /**
     * What an answer with these tools is held to, if to anything.
     *
     * @param text what it must look like where it is no call
     */
    Optional<Constraint> constraint(Tools tools, Optional<Constraint> text) {
        if (!tools.callable()) {
            return text;
        }
        CallGrammar grammar = grammar(tools);
        if (tools.forced()) {
            return Optional.of(demanded(grammar));
        }
        return text.isPresent()
                ? Optional.of(new EitherConstraint(text.get(), demanded(grammar)))
                : grammar.within(trie, !tools.parallel());
    }

    private CallGrammar grammar(Tools tools) {
        synchronized (known) {
            CallGrammar grammar = known.get(tools);
            if (grammar == null) {
                grammar = CallGrammar.of(tools, form);
                known.put(tools, grammar);
            }
            return grammar;
        }
    }

    /** Mistral's models begin calls with a control token. */
    private Constraint demanded(CallGrammar grammar) {
        Constraint calls = grammar.demanded().constraint(trie);
        return mark.isPresent() ? new MarkedConstraint(mark.getAsInt(), calls) : calls;
    }
}
