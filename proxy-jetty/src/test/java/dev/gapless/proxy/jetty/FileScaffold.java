package dev.gapless.proxy.jetty;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What tests of files begin with: a directory that the proxy may send files from, beside which there is a secret. */
abstract class FileScaffold extends ProxyScaffold {
    static final String MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";

    /** More than operating systems keep on either side of a connection. */
    static final int LARGE_BYTES = 24 * 1024 * 1024;

    Path base = Path.of("");
    Path root = Path.of("");
    final RequestLog log = new RequestLog();

    @BeforeEach
    void makeFiles(@TempDir Path directory) throws IOException {
        base = directory.toRealPath();
        root = Files.createDirectory(base.resolve("root"));
        Files.writeString(base.resolve("secret.txt"), "secret");
        write("hello.txt", "0123456789");
        proxy = start(loopback().listener(log));
    }

    Path write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        return Files.setLastModifiedTime(file, FileTime.from(Instant.parse("1994-11-06T08:49:37Z")));
    }

    /** Writes a file whose bytes look like no others. */
    byte[] writeLarge(String name) throws IOException {
        byte[] bytes = new byte[LARGE_BYTES];
        new Random(7).nextBytes(bytes);
        Files.write(root.resolve(name), bytes);
        return bytes;
    }

    /** How many files of the test the process has open. */
    long openFiles() {
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            return handles.filter(this::isOfTest).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean isOfTest(Path handle) {
        try {
            return Files.readSymbolicLink(handle).startsWith(base);
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    /** Two clients, one of each protocol, begin to read a large file and leave. */
    void haveClientsLeaveInTheMiddleOf(String path) throws Exception {
        RawClient client = client();
        client.send(RawClient.head("GET", path)).readHead();
        Http2Client http2 = closing(Http2Client.withWindow(proxy.port(), 64 * 1024));
        Http2Client.Sent sent = http2.begin("GET", path, true);
        sent.next(1000);
        sent.holdOff();
        assertThat(openFiles()).isEqualTo(2);
        client.close();
        sent.reset();
    }

    void expectAllFilesClosed() {
        eventually("all files closed", () -> openFiles() == 0);
    }

    ServiceOptions sendingBelowRoot() {
        return ServiceOptions.builder().sendfile(SendfileOptions.below(root)).build();
    }

    /** Deploys a target that names a file in each response, with these further lines of its head. */
    RawTarget naming(String field, Path file, String... lines) throws IOException {
        return naming(field, file.toString(), lines);
    }

    RawTarget naming(String field, String file, String... lines) throws IOException {
        return RawTarget.answering(naming(200, field, file, lines));
    }

    static String naming(int status, String field, String file, String... lines) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\nContent-Length: 0\r\n");
        head.append(field).append(": ").append(file).append("\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return head.append("\r\n").toString();
    }
}
