package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Free ports of the loopback interface, below those that Linux gives to outgoing connections. */
final class Ports {
    private static final int FIRST = 18_000;
    private static final int LAST = 32_000;

    private int next = FIRST;

    int next() {
        while (next < LAST) {
            int port = next++;
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                // Taken: the following one then.
            }
        }
        throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
    }
}
