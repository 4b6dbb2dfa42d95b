package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

/** What Java watches once to start faster later; where it failed there would be no cache, and nobody would be told. */
class RehearsalTest {
    @Test
    void everyCommandOfItSucceeds() {
        assertThatCode(() -> Rehearsal.main(new String[0])).doesNotThrowAnyException();
    }
}
