package dev.puna.server.http;

import dev.puna.server.wire.Failure;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A request's body, read by its virtual thread while it comes. A piece is fetched when the one before has been read. */
final class BodyStream extends InputStream {
    private final HttpServerRequest request;
    private final Context loop;
    private final long most;
    private final long deadline;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Buffer> came = new ArrayDeque<>();
    private boolean whole;
    private boolean gone;
    private byte[] piece = new byte[0];
    private int at;
    private long received;

    /** Made on the event loop, before anything of the body has come. */
    BodyStream(HttpServerRequest request, Context loop, long most, java.time.Duration time) {
        this.request = request;
        this.loop = loop;
        this.most = most;
        deadline = System.nanoTime() + time.toNanos();
        request.handler(buffer -> tell(() -> came.add(buffer)));
        request.endHandler(_ -> tell(() -> whole = true));
        request.exceptionHandler(_ -> tell(() -> gone = true));
        request.pause();
        request.fetch(1);
    }

    private void tell(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) {
        if (at == piece.length && !next()) {
            return -1;
        }
        int taken = Math.min(length, piece.length - at);
        System.arraycopy(piece, at, into, from, taken);
        at += taken;
        return taken;
    }

    private boolean next() {
        lock.lock();
        try {
            while (came.isEmpty() && !whole) {
                long left = deadline - System.nanoTime();
                if (gone) {
                    throw new ClientGone();
                }
                if (left <= 0) {
                    throw Failure.of(Failure.Kind.TIMEOUT, "the body did not come in time");
                }
                try {
                    changed.await(left, TimeUnit.NANOSECONDS);
                } catch (InterruptedException _) {
                    throw new ClientGone();
                }
            }
            Buffer buffer = came.poll();
            if (buffer == null) {
                return false;
            }
            piece = buffer.getBytes();
            at = 0;
            received += piece.length;
            if (received > most) {
                throw Failure.of(Failure.Kind.TOO_LARGE, "the body has more than " + most + " bytes");
            }
            loop.runOnContext(_ -> request.fetch(1));
            return true;
        } finally {
            lock.unlock();
        }
    }
}
