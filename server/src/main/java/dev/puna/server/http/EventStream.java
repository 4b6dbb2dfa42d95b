package dev.puna.server.http;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A response that is sent piece by piece. A client that reads slowly makes the writer wait; one that takes nothing for too
 * long is dropped. Several threads may write; each piece arrives whole.
 */
public final class EventStream {
    private final HttpExchange exchange;
    private final HttpServerResponse response;
    private final Limits limits;
    private final String heartbeat;
    private final long timer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile long lastWrite = System.nanoTime();
    private boolean ended;
    private boolean empty = true;

    /** @param heartbeat what to write after a silence, such as an SSE comment; empty for nothing */
    EventStream(HttpExchange exchange, HttpServerResponse response, Context loop, Limits limits, String heartbeat) {
        this.exchange = exchange;
        this.response = response;
        this.limits = limits;
        this.heartbeat = heartbeat;
        response.setChunked(true);
        response.setWriteQueueMaxSize(limits.streamBytes());
        response.drainHandler(_ -> wake());
        exchange.whenGone(this::wake);
        long pause = Math.max(1, limits.heartbeat().toMillis());
        timer = heartbeat.isEmpty() ? -1 : loop.owner().setPeriodic(pause, _ -> beat());
        response.writeHead();
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** On the event loop: never waits. */
    private void beat() {
        if (System.nanoTime() - lastWrite < limits.heartbeat().toNanos() || !lock.tryLock()) {
            return;
        }
        try {
            if (!ended && !exchange.gone() && !response.writeQueueFull()) {
                response.write(Buffer.buffer(heartbeat));
                lastWrite = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing has been sent yet. */
    public boolean empty() {
        lock.lock();
        try {
            return empty;
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is one of server-sent events. */
    public boolean events() {
        return "text/event-stream".equals(response.headers().get("Content-Type"));
    }

    /** Sends an event without a name. */
    public void send(String data) {
        send(null, data);
    }

    /** Sends an event: its data is one line. */
    public void send(@Nullable String event, String data) {
        write(event == null ? "data: " + data + "\n\n" : "event: " + event + "\ndata: " + data + "\n\n");
    }

    /**
     * Sends text as it is, and waits while the client has not taken what was sent before.
     *
     * @throws ClientGone if there is nobody who reads
     */
    public void write(String text) {
        write(Buffer.buffer(text));
    }

    /** The same for bytes. */
    public OutputStream bytes() {
        return new OutputStream() {
            @Override
            public void write(int one) {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) {
                EventStream.this.write(Buffer.buffer().appendBytes(from, offset, length));
            }
        };
    }

    private void write(Buffer buffer) {
        lock.lock();
        try {
            if (exchange.gone()) {
                throw new ClientGone();
            }
            if (ended) {
                return;
            }
            response.write(buffer);
            empty = false;
            lastWrite = System.nanoTime();
            long left = limits.slowReader().toNanos();
            while (response.writeQueueFull()) {
                if (exchange.gone()) {
                    throw new ClientGone();
                }
                if (left <= 0) {
                    exchange.drop();
                    throw new ClientGone();
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            throw new ClientGone();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the response. The second time it does nothing. */
    public void end() {
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                exchange.finished();
                if (timer >= 0) {
                    exchange.loop().owner().cancelTimer(timer);
                }
                if (!exchange.gone()) {
                    response.end();
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
