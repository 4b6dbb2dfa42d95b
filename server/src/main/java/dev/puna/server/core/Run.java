package dev.puna.server.core;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Reply;
import dev.puna.engine.EngineFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * The answers to one request, while they grow. Closing it stops what still runs and lets go of the model; it holds the
 * model until then.
 */
public final class Run implements AutoCloseable {
    /** Reads one of the answers to its end. */
    @FunctionalInterface
    public interface Reader {
        /** @param index which of the answers, from 0 */
        void read(int index, Answer answer);
    }

    private final Models.Lease lease;
    private final List<Answer> answers;
    private final Consumer<Reply> whenOver;

    /** @param whenOver told of each answer once it is over */
    Run(Models.Lease lease, List<Answer> answers, Consumer<Reply> whenOver) {
        this.lease = lease;
        this.answers = List.copyOf(answers);
        this.whenOver = whenOver;
    }

    /** The name of the model that answers. */
    public String model() {
        return lease.id();
    }

    public Assistant assistant() {
        return lease.assistant();
    }

    public List<Answer> answers() {
        return answers;
    }

    /** Reads all answers at the same time, each by a thread of its own, and waits until they are over. */
    public void each(Reader reader) {
        if (answers.size() == 1) {
            reader.read(0, answers.getFirst());
            return;
        }
        AtomicReference<Throwable> fault = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            int index = i;
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    reader.read(index, answers.get(index));
                } catch (RuntimeException | Error thrown) {
                    fault.compareAndSet(null, thrown);
                    answers.forEach(Answer::cancel);
                }
            }));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                answers.forEach(Answer::cancel);
                Thread.currentThread().interrupt();
                break;
            }
        }
        switch (fault.get()) {
            case null -> {}
            case RuntimeException thrown -> throw thrown;
            case Error thrown -> throw thrown;
            case Throwable thrown -> throw new IllegalStateException(thrown);
        }
    }

    /** Waits for all answers to their ends. */
    public List<Reply> replies() {
        return answers.stream().map(Answer::reply).toList();
    }

    /** What was made until then counts, also where nobody has read it. */
    @Override
    public void close() {
        answers.forEach(Answer::cancel);
        try {
            for (Answer answer : answers) {
                whenOver.accept(answer.reply());
            }
        } catch (EngineFault _) {
            // told to whoever read the answer
        } finally {
            lease.close();
        }
    }
}
