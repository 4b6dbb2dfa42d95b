package dev.puna.cli.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that opens tunnels to one port of this machine, for whoever knows the password. */
final class Tunnel implements AutoCloseable {
    private final ServerSocket server;
    private final String authorization;
    private final int target;
    private final List<String> opened = new CopyOnWriteArrayList<>();

    Tunnel(String user, String password, int target) throws IOException {
        this.server = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
        this.authorization = Credentials.Secret.basic(user, password);
        this.target = target;
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    Thread.ofVirtual().start(() -> serve(client));
                } catch (IOException _) {
                    return;
                }
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    List<String> opened() {
        return opened;
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = client.getInputStream();
            StringBuilder head = new StringBuilder();
            while (!head.toString().endsWith("\r\n\r\n")) {
                int c = in.read();
                if (c < 0) {
                    return;
                }
                head.append((char) c);
            }
            OutputStream out = client.getOutputStream();
            if (!head.toString().contains("Proxy-Authorization: " + authorization + "\r\n")) {
                out.write(("HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"t\"\r\nContent-Length: 0\r\n"
                                + "Connection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                return;
            }
            opened.add(head.toString().split(" ")[1]);
            try (Socket far = new Socket(InetAddress.getByName("127.0.0.1"), target)) {
                out.write("HTTP/1.1 200 Open\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Thread there = Thread.ofVirtual().start(() -> copy(in, far));
                far.getInputStream().transferTo(out);
                there.interrupt();
            }
        } catch (IOException _) {
            // One side hung up.
        }
    }

    private static void copy(InputStream in, Socket far) {
        try {
            in.transferTo(far.getOutputStream());
        } catch (IOException _) {
            // One side hung up.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
