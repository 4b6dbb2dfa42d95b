package dev.puna.server.ollama;

import dev.puna.server.core.Models;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Closes models some time after they were last used, where a request said so. Without such a wish a model stays open
 * until another one needs its place. Any thread may call any method.
 */
final class KeepAlives {
    private record Wish(Duration time, Instant until) {}

    private final Models models;
    private final ConcurrentMap<String, Wish> wishes = new ConcurrentHashMap<>();

    KeepAlives(Models models) {
        this.models = models;
    }

    /** To be told when a request is over and has let go of its model. */
    void after(String name, Optional<Duration> time) {
        if (time.isEmpty()) {
            return;
        }
        String model = models.base(name);
        if (time.get().equals(KeepAlive.EVER)) {
            wishes.remove(model);
            return;
        }
        var wish = new Wish(time.get(), Instant.now().plus(time.get()));
        wishes.put(model, wish);
        if (time.get().isZero()) {
            close(model, wish);
        } else {
            Thread.ofVirtual().name("puna-keep-alive").start(() -> wait(model, wish));
        }
    }

    private void wait(String model, Wish wish) {
        try {
            Thread.sleep(wish.time());
            // Others may use it without a wish of their own: then the time begins anew with their last use.
            while (wish.equals(wishes.get(model)) && !close(model, wish)) {
                Thread.sleep(wish.time());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean close(String model, Wish wish) {
        boolean used = models.open().stream()
                .filter(open -> open.entry().id().equals(model))
                .anyMatch(open -> open.used().plus(wish.time()).isAfter(Instant.now())
                        && !wish.time().isZero());
        if (used || !models.unload(model)) {
            return false;
        }
        wishes.remove(model, wish);
        return true;
    }

    /** When the model will be closed if nobody uses it, where somebody said so. */
    Optional<Instant> until(String model) {
        return Optional.ofNullable(wishes.get(model)).map(Wish::until);
    }
}
