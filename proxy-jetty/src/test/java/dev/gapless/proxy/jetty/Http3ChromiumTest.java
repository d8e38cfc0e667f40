package dev.gapless.proxy.jetty;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Chromium, whose hello with a post-quantum key takes two packets, in pieces that are out of order, loads a page over HTTP/3 and
 * says so itself. Its fallback to HTTP/2 is off for a host that QUIC is forced on.
 */
@Tag("proof")
class Http3ChromiumTest extends Http3Scaffold {
    private static final String CHROMIUM = "chromium";
    private static final int PATIENCE_SECONDS = 60;

    /** Says over what it came, and what became of the long body that it sent. */
    private static final String PAGE = """
            <!doctype html><link rel="icon" href="data:,"><title>Peers</title><body><script>
            const sent = 'x'.repeat(300000);
            const post = new XMLHttpRequest();
            post.open('POST', '/echo', false);
            post.send(sent);
            document.body.textContent = [
              'page over ' + performance.getEntriesByType('navigation')[0].nextHopProtocol,
              'answer over ' + performance.getEntriesByName(post.responseURL)[0].nextHopProtocol,
              post.responseText === sent ? 'the same back' : 'something else back',
            ].join(', ');
            </script>
            """;

    private static Certificates ofShop;

    @BeforeAll
    static void makeCertificateOfShop() throws Exception {
        assumeTrue(isThere(), "Chromium is not installed");
        ofShop = Certificates.make(directory, "shop", "EC", "dns:shop.example.com");
    }

    private static boolean isThere() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, CHROMIUM)));
    }

    @Test
    void chromiumLoadsAPageAndPostsOverHttp3() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(http3().certificate(ofShop.chain(), ofShop.key()).listener(log));
        serve(RawTarget.answering(Http3ChromiumTest::answer), TLS);

        assertThat(load("shop.example.com:" + proxy.httpsPort()))
                .contains("page over h3, answer over h3, the same back");

        assertThat(List.of(log.next().protocol(), log.next().protocol())).containsExactly("HTTP/3.0", "HTTP/3.0");
    }

    private static void answer(RawMessage request, RawTarget.Connection connection) throws IOException {
        byte[] body = request.body().length == 0 ? PAGE.getBytes(StandardCharsets.UTF_8) : request.body();
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + body.length + "\r\n\r\n");
        connection.send(body);
    }

    /** {@return the page as it is when it has been loaded} */
    private static String load(String origin) throws Exception {
        Path page = directory.resolve("page.html");
        Path errors = directory.resolve("errors.txt");
        Process process = new ProcessBuilder(
                        CHROMIUM,
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--enable-quic",
                        "--origin-to-force-quic-on=" + origin,
                        // QUIC has no second try by the other family of addresses.
                        "--host-resolver-rules=MAP *.example.com 127.0.0.1",
                        "--ignore-certificate-errors-spki-list=" + hashOfPublicKey(),
                        "--no-first-run",
                        "--no-proxy-server",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-extensions",
                        "--user-data-dir=" + directory.resolve("profile"),
                        "--dump-dom",
                        "https://" + origin + "/")
                .redirectOutput(page.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(() -> "Chromium has ended, which wrote " + errors)
                    .isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        return Files.readString(page) + Files.readString(errors);
    }

    /** What Chromium is told to trust. */
    private static String hashOfPublicKey() throws Exception {
        byte[] key = ofShop.store().getCertificate("a").getPublicKey().getEncoded();
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    }
}
