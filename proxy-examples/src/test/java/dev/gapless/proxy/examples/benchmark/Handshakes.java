package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The client of the handshakes: OpenSSL's own, several times, each with one connection at a time. It prints no latencies, and
 * goes on until the clock has counted so many whole seconds, so that the time is taken here.
 */
final class Handshakes implements LoadClient {
    private static final String PROGRAM = "openssl";
    private static final Pattern FIGURES =
            Pattern.compile("(\\d+) connections in \\d+ real seconds, (\\d+) bytes read per connection");
    /** After it, a letter for each connection: an {@code r} for one whose session was resumed. */
    private static final Pattern MARKS = Pattern.compile("starting\\n(r*)\\n");

    private final Children children;
    private final Cores cores;

    Handshakes(Children children, Cores cores) {
        this.children = children;
        this.cores = cores;
    }

    static String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "version")).strip();
    }

    @Override
    public void check() {
        Programs.require(PROGRAM);
    }

    @Override
    public Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException {
        List<String> command = cores.forClientsOfHandshakes(command(workload, site, seconds));
        ExecutorService threads = Executors.newFixedThreadPool(workload.connections());
        try {
            List<Future<Load>> clients = new ArrayList<>();
            for (int i = 0; i < workload.connections(); i++) {
                clients.add(threads.submit(() -> one(workload, command, seconds)));
            }
            return sum(clients);
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<String> command(Workload workload, Site site, int seconds) {
        List<String> command = new ArrayList<>(List.of(
                Programs.require(PROGRAM),
                "s_time",
                "-connect",
                "127.0.0.1:" + site.httpsPort(),
                "-time",
                Integer.toString(seconds)));
        switch (workload) {
            case FULL_HANDSHAKES -> command.addAll(List.of("-new", "-tls1_3"));
            // Tickets come after the handshake, and without something to read they are not read either.
            case RESUMED_HANDSHAKES -> command.addAll(List.of("-reuse", "-tls1_3", "-www", workload.path()));
            case RESUMED_HANDSHAKES_1_2 ->
                command.addAll(List.of("-reuse", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"));
            default -> throw new IllegalArgumentException(workload + " is not of handshakes");
        }
        // Left to themselves some servers would choose the longer key, and pay for it.
        command.addAll(List.of("-ciphersuites", "TLS_AES_128_GCM_SHA256"));
        return command;
    }

    private Load one(Workload workload, List<String> command, int seconds) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        String output = children.run(command, seconds);
        return parse(workload, output, (System.nanoTime() - begun) / 1e9);
    }

    static Load parse(Workload workload, String output, double seconds) throws IOException {
        Matcher figures = FIGURES.matcher(output);
        if (!figures.find()) {
            throw new IOException("openssl gave no figures, but said: " + output.strip());
        }
        long connections = Long.parseLong(figures.group(1));
        if (workload != Workload.FULL_HANDSHAKES) {
            Matcher marks = MARKS.matcher(output);
            if (!marks.find() || marks.group(1).length() < connections) {
                throw new IOException("not every session was resumed: " + output.strip());
            }
        }
        if (workload == Workload.RESUMED_HANDSHAKES && Long.parseLong(figures.group(2)) < Target.SMALL_BODY.length()) {
            throw new IOException("not every request was answered: " + output.strip());
        }
        return new Load(connections, connections / seconds, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0);
    }

    private static Load sum(List<Future<Load>> clients) throws IOException, InterruptedException {
        long connections = 0;
        double perSecond = 0;
        for (Future<Load> client : clients) {
            try {
                connections += client.get().requests();
                perSecond += client.get().perSecond();
            } catch (ExecutionException e) {
                throw new IOException(String.valueOf(e.getCause().getMessage()), e);
            }
        }
        return new Load(connections, perSecond, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0);
    }
}
