package dev.puna.cli.net;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The body of an answer as a stream whose reads end when nothing comes for too long; the JDK's own waits for ever. */
final class Body extends InputStream implements BodySubscriber<InputStream> {
    private static final ByteBuffer END = ByteBuffer.allocate(0);

    private final Duration silence;
    /** Bounded by the flow: a piece is asked for only when the one before has been taken. */
    private final LinkedBlockingQueue<List<ByteBuffer>> pieces = new LinkedBlockingQueue<>();

    private final CompletableFuture<Subscription> subscription = new CompletableFuture<>();
    private volatile Throwable fault;
    private List<ByteBuffer> taken = List.of();
    private int next;

    Body(Duration silence) {
        this.silence = silence;
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Subscription given) {
        if (!subscription.complete(given)) {
            given.cancel();
            return;
        }
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> piece) {
        pieces.add(piece);
    }

    @Override
    public void onError(Throwable broken) {
        fault = broken;
        pieces.add(List.of(END));
    }

    @Override
    public void onComplete() {
        pieces.add(List.of(END));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (next == taken.size()) {
                await();
            }
            ByteBuffer piece = taken.get(next);
            if (piece == END) {
                if (fault != null) {
                    throw new IOException(fault.getMessage(), fault);
                }
                return -1;
            }
            if (piece.hasRemaining()) {
                int count = Math.min(length, piece.remaining());
                piece.get(target, offset, count);
                return count;
            }
            next++;
        }
    }

    private void await() throws IOException {
        try {
            if (!taken.isEmpty()) {
                subscription.join().request(1);
            }
            List<ByteBuffer> piece = pieces.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
            if (piece == null) {
                close();
                throw new IOException("sent nothing for " + silence.toSeconds() + " s");
            }
            taken = piece.isEmpty() ? List.of(ByteBuffer.allocate(0)) : piece;
            next = 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IOException("interrupted", e);
        }
    }

    /** Lets go of the connection, read to its end or not. */
    @Override
    public void close() {
        subscription.thenAccept(Subscription::cancel);
    }
}
