package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.engine.Scheduler.Work;
import dev.puna.sample.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    @Test
    void aLongPromptComesInPiecesOfAStep() {
        var scheduler = new Scheduler(new Limits(1000, 16, 100, 64, 4, 10, 10));
        Sequence s = add(scheduler, 150);
        assertThat(step(scheduler)).containsExactly(64);
        assertThat(step(scheduler)).containsExactly(64);
        assertThat(step(scheduler)).containsExactly(22);
        assertThat(step(scheduler)).containsExactly(1);
        assertThat(s.computed()).isEqualTo(151);
    }

    @Test
    void answersGrowInEveryStepWhilePromptsComeIn() {
        var scheduler = new Scheduler(new Limits(1000, 16, 100, 64, 4, 10, 10));
        add(scheduler, 10);
        step(scheduler);
        add(scheduler, 500);
        assertThat(step(scheduler)).containsExactly(1, 63);
        assertThat(step(scheduler)).containsExactly(1, 63);
    }

    @Test
    void aShortPromptDoesNotWaitForALongOne() {
        var scheduler = new Scheduler(new Limits(1000, 16, 100, 64, 4, 10, 10));
        add(scheduler, 900);
        add(scheduler, 20);
        assertThat(step(scheduler)).containsExactly(32, 20);
        assertThat(step(scheduler)).containsExactly(1, 63);
    }

    @Test
    void aRequestWaitsUntilTheCacheHasRoomForItsPrompt() {
        var scheduler = new Scheduler(new Limits(160, 16, 10, 200, 4, 10, 10));
        Sequence first = add(scheduler, 100);
        add(scheduler, 60);
        assertThat(step(scheduler)).containsExactly(100);
        assertThat(step(scheduler)).containsExactly(1);
        scheduler.finish(first, false);
        assertThat(step(scheduler)).containsExactly(60);
    }

    @Test
    void theYoungestGivesWayAndComesBackFirst() {
        var scheduler = new Scheduler(new Limits(64, 16, 4, 100, 4, 10, 10));
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
        int anew = young.length();
        assertThat(step(scheduler)).containsExactly(anew, 5);
    }

    @Test
    void aConversationStartsAfterTheTokensItShares() {
        var scheduler = new Scheduler(new Limits(200, 16, 20, 200, 4, 10, 10));
        var conversation = new Conversation();
        Sequence first = add(scheduler, conversation, 0, 40);
        step(scheduler);
        step(scheduler); // computes the first new token: 41 are in the cache, the 42nd is chosen
        scheduler.finish(first, false);
        int[] next = java.util.Arrays.copyOf(first.tokens(), 60);
        Sequence second = add(scheduler, conversation, next);
        assertThat(step(scheduler)).containsExactly(60 - 41);
        assertThat(second.reused).isEqualTo(41);
        scheduler.finish(second, false);
        Sequence same = add(scheduler, conversation, next);
        assertThat(step(scheduler))
                .as("the last token is computed for its logits")
                .containsExactly(1);
        assertThat(same.reused).isEqualTo(59);
        scheduler.finish(same, false);
        next[3]++;
        Sequence other = add(scheduler, conversation, next);
        assertThat(step(scheduler)).containsExactly(57);
        assertThat(other.reused).isEqualTo(3);
        scheduler.finish(other, false);
        assertThat(scheduler.freeBlocks()).isEqualTo(20 - 4);
        scheduler.forget(conversation);
        assertThat(scheduler.freeBlocks()).isEqualTo(20);
    }

    @Test
    void whatAFaultySequenceLeftIsNotUsedAgain() {
        var scheduler = new Scheduler(new Limits(200, 16, 20, 200, 4, 10, 10));
        var conversation = new Conversation();
        Sequence first = add(scheduler, conversation, 0, 40);
        step(scheduler);
        scheduler.finish(first, true);
        assertThat(scheduler.freeBlocks()).isEqualTo(20);
    }

    private static Sequence add(Scheduler scheduler, int prompt) {
        return add(scheduler, null, new int[prompt]);
    }

    private static Sequence add(Scheduler scheduler, Conversation conversation, int first, int prompt) {
        int[] ids = new int[prompt];
        for (int i = 0; i < prompt; i++) {
            ids[i] = first + i;
        }
        return add(scheduler, conversation, ids);
    }

    private static Sequence add(Scheduler scheduler, Conversation conversation, int[] prompt) {
        var request = conversation == null ? new Request(prompt, Sampling.GREEDY, Set.of()) : new Request(prompt, Sampling.GREEDY, Set.of()).with(conversation);
        var sequence = new Sequence(request, new Generation(100, () -> {}), 0, 1 << 20);
        scheduler.add(sequence);
        return sequence;
    }

    /** Runs a step in which every finished prompt gets the token 7; returns how many tokens each sequence computed. */
    private static List<Integer> step(Scheduler scheduler) {
        List<Integer> counts = new ArrayList<>();
        for (Work work : scheduler.next()) {
            counts.add(work.tokens());
            work.sequence().advance(work.tokens());
            if (work.sequence().left() == 0) {
                work.sequence().append(7);
            }
        }
        return counts;
    }
}
