package dev.puna.sample.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Compiles grammars and keeps the latest: who asks for JSON of one schema mostly asks again, and the masks that a
 * vocabulary has worked out for a grammar are good for this grammar alone. Serves any number of threads.
 */
public final class Grammars {
    private static final int MOST = 32; // grammars
    private static final int MOST_CHARS = 100_000; // of one grammar's text

    private record Source(boolean schema, String text) {}

    private final Map<Source, Grammar> kept = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, Grammar> eldest) {
            return size() > MOST;
        }
    };

    /** {@link Grammar#jsonSchema(String)}. */
    public Grammar jsonSchema(String schema) {
        return of(new Source(true, schema), Grammar::jsonSchema);
    }

    /** {@link Grammar#gbnf}. */
    public Grammar gbnf(String grammar) {
        return of(new Source(false, grammar), Grammar::gbnf);
    }

    private Grammar of(Source source, Function<String, Grammar> compiler) {
        synchronized (kept) {
            Grammar known = kept.get(source);
            if (known != null) {
                return known;
            }
        }
        Grammar made = compiler.apply(source.text());
        if (source.text().length() <= MOST_CHARS) {
            synchronized (kept) {
                kept.put(source, made);
            }
        }
        return made;
    }
}
