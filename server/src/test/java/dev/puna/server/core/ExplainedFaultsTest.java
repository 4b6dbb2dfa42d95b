package dev.puna.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.engine.EngineFault;
import dev.puna.sample.grammar.GrammarRefused;
import dev.puna.server.http.Route;
import org.junit.jupiter.api.Test;

class ExplainedFaultsTest {
    private static final Route ROUTE = Route.post("/v1/chat/completions", "answers", _ -> {});

    @Test
    void aFormThatProvesTooAmbiguousOnTheWayIsTheCallersFault() {
        var refused = new GrammarRefused("grammar", "what may come next takes too many steps to work out");
        var failure = Faults.explain(new EngineFault("internal error: " + refused, refused), ROUTE);
        assertThat(failure.status()).isEqualTo(400);
        assertThat(failure).hasMessageContaining("takes too many steps");
    }

    @Test
    void anyOtherFaultOfTheEngineIsOursAndSaysNothingOfItself() {
        var cause = new IllegalStateException("/home/somebody");
        var failure = Faults.explain(new EngineFault("internal error: " + cause, cause), ROUTE);
        assertThat(failure.status()).isEqualTo(500);
        assertThat(failure).hasMessageNotContaining("somebody");
    }
}
