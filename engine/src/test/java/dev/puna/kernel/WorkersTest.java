package dev.puna.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void everyStripRunsOnceInEveryRound(int threads) {
        try (var workers = new Workers(threads)) {
            assertThat(workers.threads()).isEqualTo(threads);
            for (int round = 0; round < 2_000; round++) {
                var ran = new AtomicIntegerArray(round % 23);
                workers.run(ran.length(), (strip, worker) -> {
                    assertThat(worker).isBetween(0, threads - 1);
                    ran.incrementAndGet(strip);
                });
                for (int strip = 0; strip < ran.length(); strip++) {
                    assertThat(ran.get(strip)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void aFaultComesOutAndTheOthersFinish() {
        try (var workers = new Workers(3)) {
            var ran = new AtomicIntegerArray(50);
            assertThatThrownBy(() -> workers.run(50, (strip, _) -> {
                        ran.incrementAndGet(strip);
                        if (strip == 17) {
                            throw new IllegalStateException("strip 17");
                        }
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("strip 17");
            for (int strip = 0; strip < 50; strip++) {
                assertThat(ran.get(strip)).isEqualTo(1);
            }
            workers.run(4, (_, _) -> {}); // and it is forgotten
        }
    }

    @Test
    void scratchMemoryIsEachWorkersOwnAndGrows() {
        try (var workers = new Workers(2)) {
            assertThat(workers.scratch(0, 100).byteSize()).isGreaterThanOrEqualTo(100);
            assertThat(workers.scratch(0, 1 << 20).byteSize()).isGreaterThanOrEqualTo(1 << 20);
            assertThat(workers.scratch(0, 1 << 20).address() % 64).isZero();
            assertThat(workers.scratch(0, 10).address())
                    .isNotEqualTo(workers.scratch(1, 10).address());
        }
    }

    @Test
    void aThreadThatIsHeldUpInAStripIsLeftOutForAWhileAndComesBack() {
        try (var workers = new Workers(2)) {
            boolean leftOut = false;
            for (int attempt = 0; attempt < 50 && !leftOut; attempt++) {
                workers.run(2, (_, worker) -> sleep(worker == 0 ? 1 : 30));
                leftOut = tookPart(workers) == 1;
            }
            assertThat(leftOut).isTrue();
            while (tookPart(workers) < 2) {
                sleep(1);
            }
        }
    }

    @Test
    void threadsPassTheTimeWhileTheyWaitForOthersAndForTheNextRound() {
        var passed = new AtomicIntegerArray(2);
        try (var workers = new Workers(2)) {
            workers.meanwhile(worker -> {
                passed.incrementAndGet(worker);
                return true;
            });
            // Whoever has no strip waits for the other; the caller waits for nobody between two rounds.
            while (passed.get(0) == 0 || passed.get(1) == 0) {
                workers.run(2, (_, worker) -> sleep(worker == 0 ? 1 : 3));
            }
        }
        assertThat(passed.get(0)).isPositive();
        assertThat(passed.get(1)).isPositive();
    }

    /** How many threads do strips of a while each. */
    private static long tookPart(Workers workers) {
        var strips = new AtomicIntegerArray(workers.threads());
        workers.run(8, (_, worker) -> {
            strips.incrementAndGet(worker);
            sleep(1);
        });
        return IntStream.range(0, strips.length())
                .filter(worker -> strips.get(worker) > 0)
                .count();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void thereAreAsManyThreadsAsJavaCountsProcessors() {
        try (var workers = new Workers()) {
            assertThat(workers.threads()).isEqualTo(Runtime.getRuntime().availableProcessors());
        }
    }

    @Test
    void noThreadsAtAllAreRefused() {
        assertThatThrownBy(() -> new Workers(0)).hasMessageContaining("0 threads");
    }
}
