package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.JavaProcess;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The daemon as a process, and its commands as others. */
final class DaemonFixture implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern PORT = Pattern.compile("\"http_port\":([0-9]+)");
    private static final Pattern HTTPS_PORT = Pattern.compile("\"https_port\":([0-9]+)");

    /** What a command came to. */
    record Outcome(int status, String output, String errors) {}

    final JavaProcess process;
    private final Path socket;
    private int port;
    private int httpsPort;

    private DaemonFixture(JavaProcess process, Path socket) {
        this.process = process;
        this.socket = socket;
    }

    /** Starts a daemon on a free port and waits until it serves. */
    static DaemonFixture start(Path socket, String... flags) throws InterruptedException {
        return start(socket, Map.of("GAPLESS_HTTP_PORT", "0", "BIND", "127.0.0.1"), flags);
    }

    static DaemonFixture start(Path socket, Map<String, String> environment, String... flags)
            throws InterruptedException {
        DaemonFixture daemon = new DaemonFixture(launch(socket, environment, "run", flags), socket);
        String started = daemon.process.awaitLine(line -> line.contains("\"msg\":\"Started\""));
        daemon.port = number(PORT, started);
        daemon.httpsPort = number(HTTPS_PORT, started);
        return daemon;
    }

    private static int number(Pattern pattern, String line) {
        Matcher found = pattern.matcher(line);
        if (!found.find()) {
            throw new AssertionError("no port in " + line);
        }
        return Integer.parseInt(found.group(1));
    }

    /** Runs a command to its end against whatever answers on a socket. */
    static Outcome command(Path socket, Map<String, String> environment, String command, String... arguments)
            throws InterruptedException {
        try (JavaProcess process = launch(socket, environment, command, arguments)) {
            int status = process.awaitExit();
            return new Outcome(status, process.output(), process.errors());
        }
    }

    /** Unless a test says otherwise a daemon knows nothing of those before it. */
    private static final AtomicInteger HOMES = new AtomicInteger();

    private static JavaProcess launch(
            Path socket, Map<String, String> environment, String command, String... arguments) {
        Map<String, String> complete = new HashMap<>(environment);
        complete.putIfAbsent("GAPLESS_HTTPS_PORT", "0");
        complete.putIfAbsent("GAPLESS_SOCKET", socket.toString());
        complete.putIfAbsent(
                "GAPLESS_HOME",
                socket.resolveSibling("home-" + HOMES.incrementAndGet()).toString());
        String[] line = new String[arguments.length + 2];
        line[0] = GaplessProxy.class.getName();
        line[1] = command;
        System.arraycopy(arguments, 0, line, 2, arguments.length);
        return JavaProcess.start(complete, List.of(), line);
    }

    Outcome command(String command, String... arguments) throws InterruptedException {
        return command(socket, Map.of(), command, arguments);
    }

    /** Gives a command as the program does, but from this process, which is faster by far. */
    Outcome send(String... arguments) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            Wire.writeRequest(
                    new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel))),
                    System.getProperty("user.dir"),
                    List.of(arguments));
            Reply reply = Wire.readReply(new DataInputStream(Channels.newInputStream(channel)));
            return reply.status() == 0
                    ? new Outcome(0, reply.text(), "")
                    : new Outcome(reply.status(), "", reply.text());
        }
    }

    /** Gives a command that does its work and says nothing. */
    void succeeds(String... arguments) throws IOException {
        assertThat(send(arguments)).as(String.join(" ", arguments)).isEqualTo(new Outcome(0, "", ""));
    }

    /** Gives a command that fails, with these words in its one line. */
    void fails(List<String> words, String... arguments) throws IOException {
        Outcome outcome = send(arguments);
        assertThat(outcome.status()).as(String.join(" ", arguments)).isEqualTo(1);
        assertThat(outcome.errors()).startsWith("Error: ").contains(words).endsWith("\n");
        assertThat(outcome.errors().lines()).hasSize(1);
    }

    int port() {
        return port;
    }

    int httpsPort() {
        return httpsPort;
    }

    HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(request(path), (name, value) -> true);
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        process.close();
    }
}
