package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.sample.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    @Test
    void aLongPromptComesInPiecesOfAStep() {
        var scheduler = scheduler(1000, 16, 100, 64);
        Sequence s = add(scheduler, 150);
        assertThat(step(scheduler)).containsExactly(64);
        assertThat(step(scheduler)).containsExactly(64);
        assertThat(step(scheduler)).containsExactly(22);
        assertThat(step(scheduler)).containsExactly(1);
        assertThat(s.computed()).isEqualTo(151);
    }

    @Test
    void answersGrowInEveryStepWhilePromptsComeIn() {
        var scheduler = scheduler(1000, 16, 100, 64);
        add(scheduler, 10);
        step(scheduler);
        add(scheduler, 500);
        assertThat(step(scheduler)).containsExactly(1, 63);
        assertThat(step(scheduler)).containsExactly(1, 63);
    }

    @Test
    void aShortPromptDoesNotWaitForALongOne() {
        var scheduler = scheduler(1000, 16, 100, 64);
        add(scheduler, 900);
        add(scheduler, 20);
        assertThat(step(scheduler)).containsExactly(44, 20);
        assertThat(step(scheduler)).containsExactly(1, 63);
    }

    @Test
    void aRequestWaitsUntilTheCacheHasRoomForItsPrompt() {
        var scheduler = scheduler(160, 16, 10, 200);
        Sequence first = add(scheduler, 100);
        add(scheduler, 60);
        assertThat(step(scheduler)).containsExactly(100);
        assertThat(step(scheduler)).containsExactly(1);
        scheduler.finish(first, false);
        assertThat(step(scheduler)).containsExactly(60);
    }

    @Test
    void theYoungestGivesWayAndComesBackFirst() {
        var scheduler = scheduler(64, 16, 4, 100);
        Sequence old = add(scheduler, 31);
        Sequence young = add(scheduler, 10);
        add(scheduler, 5);
        assertThat(step(scheduler)).containsExactly(31, 10);
        for (int i = 0; i < 6; i++) {
            assertThat(step(scheduler)).containsExactly(1, 1);
        }
        for (int i = 0; young.computed() > 0; i++) {
            assertThat(i).isLessThan(40);
            step(scheduler);
        }
        assertThat(old.left()).isEqualTo(1);
        assertThat(scheduler.sequences()).startsWith(old, young);
        scheduler.finish(old, false);
        assertThat(young.length()).isEqualTo(17);
        assertThat(step(scheduler)).as("its first block was not needed").containsExactly(1, 5);
    }

    @Test
    void aPromptBeginsAfterTheTokensThatAreThereAlready() {
        var scheduler = scheduler(200, 16, 20, 200);
        Sequence first = add(scheduler, "a", ids(40));
        step(scheduler);
        step(scheduler); // computes the first new token: 41 are in the cache, the 42nd is chosen
        scheduler.finish(first, false);
        int[] next = Arrays.copyOf(first.tokens(), 60);
        Sequence second = add(scheduler, "a", next);
        assertThat(step(scheduler)).containsExactly(60 - 41);
        assertThat(second.cached).isEqualTo(41);
        assertThat(scheduler.copies()).as("of the block that is filled in part").hasSize(1);
        scheduler.finish(second, false);
        Sequence same = add(scheduler, "a", next);
        assertThat(step(scheduler))
                .as("the last token is computed for its logits")
                .containsExactly(1);
        assertThat(same.cached).isEqualTo(59);
        scheduler.finish(same, false);
        next[3]++;
        Sequence other = add(scheduler, "a", next);
        assertThat(step(scheduler)).containsExactly(57);
        assertThat(other.cached).isEqualTo(3);
        Sequence stranger = add(scheduler, "b", next);
        assertThat(step(scheduler)).containsExactly(1, 60);
        assertThat(stranger.cached).as("another account's").isZero();
        scheduler.finish(other, false);
        scheduler.finish(stranger, false);
        assertThat(scheduler.freeBlocks()).isEqualTo(20);
    }

    @Test
    void equalPromptsAtTheSameTimeAreComputedOnce() {
        var scheduler = scheduler(1000, 16, 100, 64);
        for (int i = 0; i < 4; i++) {
            add(scheduler, "a", ids(100));
        }
        assertThat(step(scheduler)).containsExactly(64);
        assertThat(step(scheduler)).containsExactly(36);
        assertThat(step(scheduler)).as("the last block is not whole").containsExactly(1, 4, 4, 4);
    }

    @Test
    void whatAFaultySequenceLeftIsNotUsedAgain() {
        var scheduler = scheduler(200, 16, 20, 200);
        Sequence first = add(scheduler, "a", ids(40));
        scheduler.next();
        first.advance(40);
        scheduler.finish(first, true);
        assertThat(scheduler.freeBlocks()).isEqualTo(20);
        add(scheduler, "a", ids(40));
        assertThat(step(scheduler)).containsExactly(40);
    }

    @Test
    void accountsTakeTurnsHoweverManyRequestsOneHas() {
        var scheduler = scheduler(1000, 16, 100, 64);
        for (int i = 0; i < 9; i++) {
            add(scheduler, "greedy", new int[] {i});
        }
        Sequence modest = add(scheduler, "modest", ids(20));
        assertThat(step(scheduler)).as("four have a place").containsExactly(1, 1, 1, 20);
        assertThat(modest.node).isNotNull();
    }

    @Test
    void theUrgentGoFirstAndThePatientInTheEnd() {
        var scheduler = scheduler(1000, 16, 100, 64); // 50 steps make up for a priority
        Sequence low = add(scheduler, Priority.LOW);
        for (int i = 0; i < 4; i++) {
            add(scheduler, Priority.NORMAL);
        }
        Sequence high = add(scheduler, Priority.HIGH);
        step(scheduler);
        assertThat(high.node).isNotNull();
        assertThat(low.node).isNull();
        for (int i = 0; low.node == null; i++) {
            assertThat(i).isLessThan(120);
            scheduler.finish(
                    scheduler.sequences().stream()
                            .filter(s -> s.node != null)
                            .findFirst()
                            .orElseThrow(),
                    false);
            add(scheduler, Priority.HIGH);
            step(scheduler);
        }
    }

    @Test
    void whoeverDoesNotReadMakesRoomForOthers() {
        var scheduler = scheduler(64, 16, 4, 100);
        Sequence deaf = add(scheduler, "a", ids(40));
        step(scheduler);
        for (int i = 0; i < 100; i++) {
            deaf.generation.emit(new Event.Token(1, false, Optional.empty()));
        }
        Sequence other = add(scheduler, "b", ids(50));
        assertThat(step(scheduler)).containsExactly(50);
        assertThat(deaf.blockCount()).isZero();
        assertThat(scheduler.waiting()).isEqualTo(1);
        scheduler.finish(other, false);
        assertThat(step(scheduler)).isEmpty();
        scheduler.finish(deaf, false);
        assertThat(scheduler.freeBlocks()).isEqualTo(4);
    }

    private static Scheduler scheduler(int context, int blockTokens, int blocks, int stepTokens) {
        return new Scheduler(
                new Limits(context, blockTokens, blocks, blocks, stepTokens, 4, 10, 50, 0, 100), new Counters(blocks));
    }

    private static int[] ids(int count) {
        return IntStream.range(0, count).toArray();
    }

    private int prompts;

    private Sequence add(Scheduler scheduler, int prompt) {
        int[] ids = new int[prompt];
        Arrays.fill(ids, ++prompts);
        return add(scheduler, "a", ids);
    }

    private static Sequence add(Scheduler scheduler, String account, int[] prompt) {
        return add(scheduler, new Request(prompt, Sampling.GREEDY, Set.of()).from(account));
    }

    private Sequence add(Scheduler scheduler, Priority priority) {
        return add(scheduler, new Request(new int[] {++prompts}, Sampling.GREEDY, Set.of()).with(priority));
    }

    private static Sequence add(Scheduler scheduler, Request request) {
        var sequence = new Sequence(request, new Generation(100, () -> {}), 0, 1 << 20);
        scheduler.add(sequence);
        return sequence;
    }

    /** Runs a step in which every finished prompt gets the token 7; returns how many tokens each sequence computed. */
    private static List<Integer> step(Scheduler scheduler) {
        List<Integer> counts = new ArrayList<>();
        for (Sequence s : scheduler.next()) {
            counts.add(s.planned);
            s.advance(s.planned);
            if (s.left() == 0) {
                s.append(7);
            }
            scheduler.publish(s);
        }
        return counts;
    }
}
