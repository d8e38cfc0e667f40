package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.jetty.ReservedPort;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Let's Encrypt's test server, with the DNS of its challenge test server, both from Debian's package. Every name has the
 * address 127.0.0.1. It rejects a part of the nonces by itself.
 */
public final class Pebble implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    public final int httpPort;
    public final int tlsPort;
    public final Path authority;

    private final Path directory;
    private final List<ReservedPort> ports = new ArrayList<>();
    private final int port;
    private final int managementPort;
    private final int dnsPort;
    private final int dnsManagementPort;
    private final List<Process> processes = new ArrayList<>();

    private Pebble(Path directory) throws Exception {
        this.directory = directory;
        httpPort = reservePort();
        tlsPort = reservePort();
        port = reservePort();
        managementPort = reservePort();
        dnsPort = reservePortOfUdpToo();
        dnsManagementPort = reservePort();
        TestAuthority signer = TestAuthority.make();
        authority = signer.writeTo(directory.resolve("pebble-authority.pem"));
        signer.writeServer(directory);
    }

    /** Starts it, unless the binary is missing: then the test is skipped, and fails where CI is true. */
    public static Pebble start(Path directory, Map<String, String> environment) throws Exception {
        return start(directory, environment, "\"externalAccountBindingRequired\": false");
    }

    /** Starts it with further settings, in JSON. */
    public static Pebble start(Path directory, Map<String, String> environment, String settings) throws Exception {
        boolean there = isExecutable("pebble") && isExecutable("pebble-challtestsrv");
        if ("true".equals(System.getenv("CI"))) {
            assertThat(there).as("the package pebble is installed").isTrue();
        }
        assumeTrue(there, "pebble is not installed");
        Pebble pebble = new Pebble(directory);
        try {
            pebble.run(environment, settings);
            return pebble;
        } catch (Exception | Error e) {
            pebble.close();
            throw e;
        }
    }

    private static boolean isExecutable(String name) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, name)));
    }

    private void run(Map<String, String> environment, String settings) throws Exception {
        run(
                Map.of(),
                "pebble-challtestsrv",
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-dns01",
                "127.0.0.1:" + dnsPort,
                "-management",
                "127.0.0.1:" + dnsManagementPort,
                "-defaultIPv6",
                "",
                "-defaultIPv4",
                "127.0.0.1");
        Path configuration = directory.resolve("pebble.json");
        Files.writeString(configuration, """
                {"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
                "certificate": "%s", "privateKey": "%s", "httpPort": %d, "tlsPort": %d, "ocspResponderURL": "",
                %s}}
                """.formatted(
                        port,
                        managementPort,
                        directory.resolve("cert.pem"),
                        directory.resolve("key.pem"),
                        httpPort,
                        tlsPort,
                        settings));
        run(environment, "pebble", "-config", configuration.toString(), "-dnsserver", "127.0.0.1:" + dnsPort);
        await(port);
        await(dnsManagementPort);
    }

    private void run(Map<String, String> environment, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(command[0] + ".log").toFile());
        builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
        builder.environment().putAll(environment);
        processes.add(builder.start());
    }

    private void await(int listening) throws Exception {
        long begun = System.nanoTime();
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), listening).close();
                return;
            } catch (IOException e) {
                boolean alive = processes.stream().allMatch(Process::isAlive);
                if (!alive || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw new IllegalStateException(log(), e);
                }
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
    }

    public String log() throws IOException {
        return Files.readString(directory.resolve("pebble.log"))
                + Files.readString(directory.resolve("pebble-challtestsrv.log"));
    }

    /** How many orders it has got. */
    public long orders() throws IOException {
        return log().lines().filter(line -> line.contains("Added order")).count();
    }

    public URI url() {
        return URI.create("https://localhost:" + port + "/dir");
    }

    /** Changes the DNS. */
    public void dns(String command, String body) throws Exception {
        HttpResponse<Void> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + dnsManagementPort + "/" + command))
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
        assertThat(response.statusCode()).isEqualTo(200);
    }

    /** A port that nobody else gets until this is closed, whoever listens on it meanwhile, and how often. */
    private int reservePort() {
        ReservedPort reserved = new ReservedPort();
        ports.add(reserved);
        return reserved.number();
    }

    /** A port to which UDP is free as well at the moment: that cannot be reserved for another process. */
    private int reservePortOfUdpToo() throws IOException {
        while (true) {
            int candidate = reservePort();
            try {
                new DatagramSocket(candidate, InetAddress.getLoopbackAddress()).close();
                return candidate;
            } catch (BindException e) {
                // Taken: another one then.
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Process process : processes) {
            process.destroyForcibly().onExit().join();
        }
        for (ReservedPort reserved : ports) {
            reserved.close();
        }
    }
}
