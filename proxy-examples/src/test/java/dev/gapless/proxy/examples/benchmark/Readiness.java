package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Waits until what was started serves. */
final class Readiness {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final String OK = "HTTP/1.1 200 ";

    private Readiness() {}

    static void await(Process process, Backend backend, int port, String host)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!serves(backend, port, host)) {
            if (!process.isAlive()) {
                throw new IOException("it ended by itself");
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("it did not serve within " + PATIENCE.toSeconds() + " s");
            }
            Thread.sleep(50);
        }
    }

    private static boolean serves(Backend backend, int port, String host) {
        try {
            return switch (backend) {
                case PAGES -> hasPages(port, host);
                case WEB_SOCKET -> opensWebSockets(port, host);
                case GRPC -> GrpcProbe.isAnswered(port, host, TIMEOUT_MILLIS);
            };
        } catch (IOException e) {
            return false;
        }
    }

    /** A whole large response is asked for: one that is cut or empty would be fast. */
    private static boolean hasPages(int port, String host) throws IOException {
        return get(port, host, Target.SMALL).startsWith(OK)
                && get(port, host, Target.LARGE).length() > Target.LARGE_BYTES;
    }

    private static boolean opensWebSockets(int port, String host) throws IOException {
        try (SocketChannel open = WebSocketClients.connect(port, host, Workload.WEB_SOCKET.path())) {
            return open.isConnected();
        }
    }

    private static String get(int port, String host, String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
