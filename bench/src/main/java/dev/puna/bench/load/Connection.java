package dev.puna.bench.load;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.net.ssl.SSLSocketFactory;

/** A connection for one request of HTTP/1.1 and its response. */
final class Connection implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000;
    private static final int LINE_BYTES = 1 << 20;

    private final Socket socket;
    private final InputStream in;
    private final Map<String, String> headers = new TreeMap<>();
    private long left; // bytes of the chunk or of the body
    private boolean chunked;
    private boolean over;

    /** @param receiveBytes what the system may take for a client that does not read; 0: as it likes */
    Connection(URI url, int receiveBytes) throws IOException {
        boolean tls = "https".equals(url.getScheme());
        int port = url.getPort() != -1 ? url.getPort() : tls ? 443 : 80;
        Socket plain = new Socket();
        try {
            if (receiveBytes > 0) {
                plain.setReceiveBufferSize(receiveBytes);
            }
            plain.setTcpNoDelay(true);
            plain.connect(new InetSocketAddress(url.getHost(), port), CONNECT_MILLIS);
            socket = tls
                    ? ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(plain, url.getHost(), port, true)
                    : plain;
            in = new BufferedInputStream(socket.getInputStream(), receiveBytes > 0 ? 512 : 8192);
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    /** How long to wait for bytes. */
    void patience(long millis) throws IOException {
        socket.setSoTimeout((int) Math.clamp(millis, 1, Integer.MAX_VALUE));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Reads a response's head; its status. */
    int status() throws IOException {
        String[] first = line().split(" ", 3);
        if (first.length < 2 || !first[0].startsWith("HTTP/1.") || !first[1].matches("\\d{3}")) {
            throw new IOException("no answer in HTTP");
        }
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            if (colon > 0) {
                headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
        }
        chunked = "chunked".equalsIgnoreCase(headers.get("transfer-encoding"));
        left = chunked
                ? 0
                : Optional.ofNullable(headers.get("content-length"))
                        .map(Long::valueOf)
                        .orElse(Long.MAX_VALUE);
        return Integer.parseInt(first[1]);
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The next line of the body; empty where the body is at its end. */
    Optional<String> bodyLine() throws IOException {
        byte[] bytes = new byte[256];
        int count = 0;
        for (int next = bodyByte(); next != -1 && next != '\n'; next = bodyByte()) {
            if (count == bytes.length) {
                if (count >= LINE_BYTES) {
                    throw new IOException("a line without end");
                }
                bytes = Arrays.copyOf(bytes, 2 * count);
            }
            bytes[count++] = (byte) next;
        }
        if (count == 0 && over) {
            return Optional.empty();
        }
        return Optional.of(new String(bytes, 0, count, StandardCharsets.UTF_8));
    }

    private int bodyByte() throws IOException {
        if (left == 0 && !over) {
            nextChunk();
        }
        if (over) {
            return -1;
        }
        int next = in.read();
        if (next == -1) {
            if (left != Long.MAX_VALUE) {
                throw new IOException("the connection was broken off");
            }
            over = true;
        } else if (left != Long.MAX_VALUE) {
            left--;
        }
        return next;
    }

    private void nextChunk() throws IOException {
        if (!chunked) {
            over = true;
            return;
        }
        String size = line();
        if (size.isEmpty()) { // the end of the chunk before
            size = line();
        }
        left = Long.parseLong(size.split(";", 2)[0].strip(), 16);
        if (left == 0) {
            over = true;
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next == -1 || line.length() > LINE_BYTES) {
                throw new IOException("the connection was broken off");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** Leaves at once, and lets the other side know by a reset rather than by an end. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
