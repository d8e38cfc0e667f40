package dev.gapless.proxy.jetty;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Files that are not what they should be, or do not stay it. */
class FileFaultsTest extends FileScaffold {
    private void expectNothingSent(int status) throws Exception {
        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.text()).doesNotContain("secret", base.toString());
        assertThat(response.fields().toString()).doesNotContain(base.toString(), "X-Sendfile");
        assertThat(client().get("/", "Accept: application/json").text()).doesNotContain(base.toString());
        expectAllFilesClosed();
    }

    private void serveNaming(String path) throws IOException {
        serve(naming("X-Sendfile", path), sendingBelowRoot());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/missing.txt",
                "/../secret.txt",
                "/../root-beside.txt",
                "/hello.txt/x",
                "/hello.txt\\",
                "/%68ello.txt",
                "/",
                "/directory",
                ""
            })
    void whatIsNoFileBelowTheRootIs404(String path) throws Exception {
        Files.createDirectory(root.resolve("directory"));
        Files.writeString(base.resolve("root-beside.txt"), "secret");
        serveNaming(root + path);

        expectNothingSent(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello.txt", "/etc/passwd", "/dev/zero", "/proc/self/environ", "\u00ff", "*"})
    void whatIsElsewhereIs404(String path) throws Exception {
        serveNaming(path);

        expectNothingSent(404);
    }

    @Test
    void aNameLongerThanAnyIs404() throws Exception {
        serveNaming(root + "/" + "n".repeat(300));

        expectNothingSent(404);
    }

    @Test
    void twoFilesAreNone() throws Exception {
        String file = root.resolve("hello.txt").toString();
        serve(naming("X-Sendfile", file, "X-Sendfile: " + file), sendingBelowRoot());

        expectNothingSent(404);
    }

    @Test
    void dotSegmentsThatStayInsideLeadToTheFile() throws Exception {
        Files.createDirectory(root.resolve("directory"));
        serveNaming(root + "/directory/../hello.txt");

        assertThat(client().get("/").text()).isEqualTo("0123456789");
    }

    @Test
    void linksDoNotLeadOut() throws Exception {
        Files.createSymbolicLink(root.resolve("link"), base.resolve("secret.txt"));
        serveNaming(root + "/link");

        expectNothingSent(404);
    }

    @Test
    void linksOfDirectoriesDoNotLeadOut() throws Exception {
        Files.createSymbolicLink(root.resolve("out"), base);
        serveNaming(root + "/out/secret.txt");

        expectNothingSent(404);
    }

    @Test
    void linksThatStayInsideAreFollowed() throws Exception {
        Files.createSymbolicLink(root.resolve("link"), Path.of("hello.txt"));
        serveNaming(root + "/link");

        assertThat(client().get("/").text()).isEqualTo("0123456789");
    }

    @Test
    void linksThatLeadInACircleAre500() throws Exception {
        Files.createSymbolicLink(root.resolve("one"), Path.of("two"));
        Files.createSymbolicLink(root.resolve("two"), Path.of("one"));
        serveNaming(root + "/one");

        expectNothingSent(500);
    }

    @Test
    void aRootThatIsALinkIsWhereItLeads() throws Exception {
        Path link = Files.createSymbolicLink(base.resolve("current"), root);
        serve(
                naming("X-Sendfile", link.resolve("hello.txt")),
                ServiceOptions.builder().sendfile(SendfileOptions.below(link)).build());

        assertThat(client().get("/").text()).isEqualTo("0123456789");
    }

    @Test
    void aFifoIsNotWaitedFor() throws Exception {
        Path fifo = root.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        serveNaming(fifo.toString());

        expectNothingSent(404);
    }

    @Test
    void whatCannotBeReadIs500() throws Exception {
        Path file = write("closed.txt", "secret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "root reads everything");
        serveNaming(file.toString());

        expectNothingSent(500);
    }

    @Test
    void aFileThatIsReplacedWhileItIsSentGoesOn() throws Exception {
        byte[] bytes = writeLarge("large");
        Path file = root.resolve("large");
        serveNaming(file.toString());
        RawClient client = client();
        client.send(RawClient.head("GET", "/")).readHead();

        Files.writeString(root.resolve("other"), "other");
        Files.move(root.resolve("other"), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

        assertThat(client.readBytes(bytes.length).getBytes(ISO_8859_1)).isEqualTo(bytes);
        assertThat(client.get("/").text()).isEqualTo("other");
    }

    @Test
    void aFileThatIsRemovedWhileItIsSentGoesOn() throws Exception {
        byte[] bytes = writeLarge("large");
        serveNaming(root + "/large");
        RawClient client = client();
        client.send(RawClient.head("GET", "/")).readHead();

        Files.delete(root.resolve("large"));

        assertThat(client.readBytes(bytes.length)).hasSize(bytes.length);
        assertThat(client.get("/").status()).isEqualTo(404);
        expectAllFilesClosed();
    }

    @Test
    void aFileThatIsCutWhileItIsSentCutsTheConnection() throws Exception {
        writeLarge("large");
        serveNaming(root + "/large");
        RawClient client = client();
        client.send(RawClient.head("GET", "/")).readHead();

        truncate(root.resolve("large"), 1000);

        assertThat(client.readToEndOrReset().length()).isLessThan(LARGE_BYTES);
        assertThat(log.next().failure()).contains("shorter");
        expectAllFilesClosed();
    }

    @Test
    void aFileThatIsCutWhileItIsSentResetsTheStream() throws Exception {
        writeLarge("large");
        serveNaming(root + "/large");
        Http2Client http2 = closing(Http2Client.withWindow(proxy.port(), 64 * 1024));
        Http2Client.Sent sent = http2.begin("GET", "/", true);
        sent.holdOff();
        sent.nextHead();

        truncate(root.resolve("large"), 1000);
        sent.readOn();

        assertThatThrownBy(sent::response).hasMessageContaining("reset");
        expectAllFilesClosed();
    }

    private static void truncate(Path file, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }

    @Test
    void aFileThatGrowsWhileItIsSentEndsWhereItDid() throws Exception {
        byte[] bytes = writeLarge("large");
        serveNaming(root + "/large");
        RawClient client = client();
        client.send(RawClient.head("GET", "/")).readHead();

        Files.writeString(root.resolve("large"), "more", StandardOpenOption.APPEND);

        assertThat(client.readBytes(bytes.length)).hasSize(bytes.length);
        assertThat(client.get("/").body()).hasSize(bytes.length + 4);
    }

    @Test
    void aReplacedFileOfTheSameLengthAndTimeHasAnotherTag() throws Exception {
        serveNaming(root + "/hello.txt");
        String before = client().get("/").field("ETag");

        write("new.txt", "9876543210");
        Files.move(root.resolve("new.txt"), root.resolve("hello.txt"), StandardCopyOption.REPLACE_EXISTING);
        RawMessage after = client().get("/", "If-None-Match: " + before);

        assertThat(after.status()).isEqualTo(200);
        assertThat(after.text()).isEqualTo("9876543210");
        assertThat(after.field("ETag")).isNotEqualTo(before);
    }
}
