package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    @Test
    void theLowestFreeBlockIsHandedOutFirst() {
        var random = new Random(3);
        var pool = new BlockPool(17);
        var free = new TreeSet<Integer>();
        for (int i = 0; i < 17; i++) {
            free.add(i);
        }
        for (int i = 0; i < 10_000; i++) {
            if (random.nextBoolean() && !free.isEmpty()) {
                assertThat(pool.take()).isEqualTo(free.pollFirst());
            } else if (free.size() < 17) {
                int block = random.nextInt(17);
                while (free.contains(block)) {
                    block = (block + 1) % 17;
                }
                pool.give(block);
                free.add(block);
            }
            assertThat(pool.free()).isEqualTo(free.size());
        }
    }

    @Test
    void aBlockGivenTwiceAndOneTooManyAreFaults() {
        var pool = new BlockPool(1);
        int block = pool.take();
        assertThatThrownBy(pool::take).hasMessage("no free block");
        pool.give(block);
        assertThatThrownBy(() -> pool.give(block)).hasMessage("block 0 is free already");
    }
}
