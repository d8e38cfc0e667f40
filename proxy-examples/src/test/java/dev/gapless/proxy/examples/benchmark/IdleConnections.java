package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How much of a proxy's heap connections hold that have had a request each and now wait for another. */
record IdleConnections(String name, int connections, long heapBefore, long heapWith) {
    private static final int WANTED = 10_000;

    /** Descriptors that this process and a proxy need for other things. */
    private static final int SPARE_DESCRIPTORS = 1_000;

    /** So many connections fit between one source address and one port, whatever the range of ephemeral ports. */
    private static final int PER_SOURCE_ADDRESS = 2_500;

    private static final Duration CALM = Duration.ofMillis(500);

    static IdleConnections measure(Arena arena, Tournament tournament, Contestant contestant)
            throws IOException, InterruptedException {
        Running running = arena.start(contestant);
        List<Socket> sockets = new ArrayList<>();
        try {
            // Classes, pools and buffers that the first requests bring are not the connections'.
            tournament.warmUp(Workload.SMALL, running, Pace.QUICK);
            int connections = (int) Math.min(WANTED, FileLimit.raise(arena.children()) - SPARE_DESCRIPTORS);
            awaitCalm(running);
            long before = liveHeap(arena, running);
            for (int i = 0; i < connections; i++) {
                sockets.add(connect(running.site(), i));
                request(sockets.get(i), running.site());
            }
            awaitCalm(running);
            return new IdleConnections(contestant.name(), connections, before, liveHeap(arena, running));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
            arena.stop(running);
        }
    }

    double bytesPerConnection() {
        return (heapWith - heapBefore) / (double) connections;
    }

    private static Socket connect(Site site, int index) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(loopback(2 + index / PER_SOURCE_ADDRESS), 0));
        socket.connect(new InetSocketAddress(loopback(1), site.httpPort()));
        return socket;
    }

    private static InetAddress loopback(int last) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private static void request(Socket socket, Site site) throws IOException {
        String request = "GET " + Target.SMALL + " HTTP/1.1\r\nHost: " + site.host() + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        StringBuilder response = new StringBuilder();
        while (!response.toString().endsWith(Target.SMALL_BODY)) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("a connection was closed that should have been kept: " + response);
            }
            response.append((char) next);
        }
    }

    private static void awaitCalm(Running running) throws InterruptedException {
        Duration before;
        do {
            before = running.cpu();
            Thread.sleep(CALM.toMillis());
        } while (running.cpu().minus(before).compareTo(CALM.dividedBy(20)) > 0);
    }

    /** Counted object by object after a full collection, which is exact where a collector's own figure is not. */
    private static long liveHeap(Arena arena, Running running) throws IOException, InterruptedException {
        String pid = Long.toString(running.process().pid());
        String histogram = arena.children().run(List.of(Programs.ofJdk("jcmd"), pid, "GC.class_histogram"));
        String[] total = histogram
                .lines()
                .filter(line -> line.startsWith("Total "))
                .findFirst()
                .orElseThrow(() -> new IOException("jcmd gave no histogram, but said: " + histogram.strip()))
                .split(" +", -1);
        return Long.parseLong(total[2]);
    }
}
