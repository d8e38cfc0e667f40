package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A directory whose files are served before the application is asked. */
class StaticFilesTest extends FileScaffold {
    private RawTarget serveFiles() throws Exception {
        return serveFiles(StaticFiles.in(root));
    }

    private RawTarget serveFiles(StaticFiles files) throws Exception {
        return serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().staticFiles(files).build());
    }

    @Test
    void aFileThatIsThereIsServedWithoutATarget() throws Exception {
        RawTarget target = serveFiles();

        RawMessage response = client().get("/hello.txt?v=1");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("0123456789");
        assertThat(response.field("Content-Length")).isEqualTo("10");
        assertThat(response.field("Content-Type")).isEqualTo("text/plain");
        assertThat(response.field("Last-Modified")).isEqualTo(MODIFIED);
        assertThat(response.field("Cache-Control")).isEqualTo("no-cache");
        assertThat(response.field("Vary")).isNull();
        assertThat(target.hasTakenNone()).isTrue();
        RequestSummary summary = log.next();
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.target()).isNull();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.responseBytes()).isEqualTo(10);
        expectAllFilesClosed();
    }

    @Test
    void itIsServedWhileNoTargetIsThere() throws Exception {
        RawTarget target = serveFiles();
        target.leave();

        assertThat(client().get("/hello.txt").text()).isEqualTo("0123456789");
        assertThat(client().get("/other").status()).isEqualTo(502);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/missing.txt",
                "/directory",
                "/directory/",
                "/hello.txt/",
                "//hello.txt",
                "/directory/../hello.txt",
                "/directory/%2e%2e/hello.txt",
                "/directory/..%2fhello.txt",
                "/hello.txt%00",
                "/hello.txt%0a",
                "/hello%5c.txt",
                "/.env",
                "/.git/config",
                "/%2eenv",
                "/out/secret.txt",
                "/link",
                "/fifo",
                "/%zz",
            })
    void whatIsNoFileGoesToTheApplicationAsItIs(String path) throws Exception {
        Files.createDirectory(root.resolve("directory"));
        write("directory/index.html", "index");
        write(".env", "secret");
        write(".git/config", "secret");
        Files.createSymbolicLink(root.resolve("out"), base);
        Files.createSymbolicLink(root.resolve("link"), base.resolve("secret.txt"));
        assertThat(new ProcessBuilder("mkfifo", root.resolve("fifo").toString())
                        .start()
                        .waitFor())
                .isZero();
        RawTarget target = serveFiles();

        RawMessage response = client().get(path);

        if (response.status() == 200) {
            assertThat(response.text()).isEqualTo("ok");
            assertThat(target.taken().requestTarget()).isEqualTo(path);
        } else {
            assertThat(response.status()).isEqualTo(400); // Not a path that any target may see.
        }
        expectAllFilesClosed();
    }

    @ParameterizedTest
    @CsvSource({
        "/b%20c.txt, b c.txt",
        "/%C3%BC.txt, ü.txt",
        "/%61.txt, a.txt",
        "/.well-known/security.txt, .well-known/security.txt",
        "/a;b.txt, a;b.txt",
        "/deep/er/x.css, deep/er/x.css"
    })
    void pathsAreDecoded(String path, String name) throws Exception {
        write(name, "found");
        serveFiles();

        assertThat(client().get(path).text()).isEqualTo("found");
    }

    @Test
    void onlyGetAndHeadAreAnswered() throws Exception {
        RawTarget target = serveFiles();
        RawClient client = client();

        RawMessage posted = client.send(RawClient.head("POST", "/hello.txt", "Content-Length: 1") + "x")
                .read();
        RawMessage head = client.send(RawClient.head("HEAD", "/hello.txt")).readHead();

        assertThat(posted.text()).isEqualTo("ok");
        assertThat(target.taken().method()).isEqualTo("POST");
        assertThat(head.field("Content-Length")).isEqualTo("10");
        assertThat(client.get("/hello.txt").text()).isEqualTo("0123456789");
    }

    @Test
    void namesThatChangeWithTheirContentAreKeptForEver() throws Exception {
        write("app-1f0c3b9a.css", "body {}");
        serveFiles();

        RawMessage response = client().get("/app-1f0c3b9a.css");

        assertThat(response.field("Cache-Control")).isEqualTo("public, max-age=31536000, immutable");
        assertThat(response.field("Content-Type")).isEqualTo("text/css");
    }

    @Test
    void conditionsAndRangesCount() throws Exception {
        serveFiles();
        RawClient client = client();
        String tag = client.get("/hello.txt").field("ETag");

        RawMessage known = client.get("/hello.txt", "If-None-Match: " + tag);
        RawMessage part = client.get("/hello.txt", "Range: bytes=-2");

        assertThat(known.status()).isEqualTo(304);
        assertThat(known.field("Cache-Control")).isEqualTo("no-cache");
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.text()).isEqualTo("89");
        assertThat(client.get("/hello.txt", "Range: bytes=90-").status()).isEqualTo(416);
        assertThat(client.get("/hello.txt", "If-Match: \"x\"").status()).isEqualTo(412);
        expectAllFilesClosed();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "br, gzip, zstd               | br",
                "gzip                         | gzip",
                "zstd                         | zstd",
                "GZIP;Q=1                     | gzip",
                "x-gzip                       | gzip",
                "br;q=0.5, gzip;q=0.8         | gzip",
                "br;q=0, gzip                 | gzip",
                "*                            | br",
                "*;q=0.1, br;q=0              | zstd",
                "br;q=0.5, identity           |",
                "identity                     |",
                "br;q=0, zstd;q=0, gzip;q=0   |",
                "deflate                      |",
                "br;q=high                    |",
                "''                           |",
            })
    void compressedFormsAreForWhoAcceptsThem(String accepted, String coding) throws Exception {
        write("app.js", "plain");
        write("app.js.br", "br");
        write("app.js.zst", "zstd");
        write("app.js.gz", "gzip");
        serveFiles();

        RawMessage response = client().get("/app.js", "Accept-Encoding: " + accepted);

        assertThat(response.field("Content-Encoding")).isEqualTo(coding);
        assertThat(response.text()).isEqualTo(coding == null ? "plain" : coding);
        assertThat(response.field("Content-Type")).isEqualTo("text/javascript");
        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
    }

    @Test
    void eachFormHasItsOwnTag() throws Exception {
        write("app.js", "same");
        write("app.js.gz", "same");
        serveFiles();
        RawClient client = client();

        RawMessage plain = client.get("/app.js");
        RawMessage compressed = client.get("/app.js", "Accept-Encoding: gzip");

        assertThat(plain.field("Content-Encoding")).isNull();
        assertThat(compressed.field("ETag")).isNotEqualTo(plain.field("ETag"));
        RawMessage known = client.get("/app.js", "Accept-Encoding: gzip", "If-None-Match: " + compressed.field("ETag"));
        assertThat(known.status()).isEqualTo(304);
        assertThat(known.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(client.get("/app.js", "Accept-Encoding: gzip", "If-None-Match: " + plain.field("ETag"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aCompressedFormThatLeadsOutIsNotServed() throws Exception {
        write("app.js", "plain");
        Files.createSymbolicLink(root.resolve("app.js.gz"), base.resolve("secret.txt"));
        serveFiles();

        RawMessage response = client().get("/app.js", "Accept-Encoding: gzip");

        assertThat(response.text()).isEqualTo("plain");
        assertThat(response.field("Content-Encoding")).isNull();
    }

    @Test
    void aPrefixIsTakenOff() throws Exception {
        serveFiles(StaticFiles.builder(root).pathPrefix("/assets/").build());

        assertThat(client().get("/assets/hello.txt").text()).isEqualTo("0123456789");
        assertThat(client().get("/hello.txt").text()).isEqualTo("ok");
        assertThat(client().get("/assetshello.txt").text()).isEqualTo("ok");
    }

    @Test
    void filesOfAServiceOnAPathAreThoseThatItsApplicationKnows() throws Exception {
        serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder()
                        .pathPrefix("/shop")
                        .staticFiles(StaticFiles.in(root))
                        .build());

        assertThat(client().get("/shop/hello.txt").text()).isEqualTo("0123456789");
        assertThat(client().get("/hello.txt").status()).isEqualTo(404);
    }

    @Test
    void theRulesOfTheServiceCount() throws Exception {
        serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder()
                        .staticFiles(StaticFiles.in(root))
                        .headers(HeaderOptions.builder()
                                .responseRules(HeaderRules.builder()
                                        .set("Cache-Control", "max-age=60")
                                        .set("X-Content-Type-Options", "nosniff")
                                        .build())
                                .build())
                        .build());

        RawMessage response = client().get("/hello.txt");

        assertThat(response.field("Cache-Control")).isEqualTo("max-age=60");
        assertThat(response.field("X-Content-Type-Options")).isEqualTo("nosniff");
    }

    @Test
    void assetsSurviveADeployment() throws Exception {
        write("app-1f0c3b9a.css", "old");
        serveFiles();
        Path next = Files.createDirectory(base.resolve("next"));
        Files.writeString(next.resolve("app-2f0c3b9a.css"), "new");
        Files.writeString(next.resolve("hello.txt"), "new hello");

        serveFiles(StaticFiles.in(next));

        assertThat(client().get("/app-1f0c3b9a.css").text()).isEqualTo("old");
        assertThat(client().get("/app-2f0c3b9a.css").text()).isEqualTo("new");
        assertThat(client().get("/hello.txt").text()).isEqualTo("new hello");

        serveFiles(StaticFiles.builder(next).keepPrevious(Duration.ZERO).build());

        assertThat(client().get("/app-1f0c3b9a.css").text()).isEqualTo("ok");
    }

    @Test
    void aFileIsThereAsSoonAsItIsWritten() throws Exception {
        serveFiles();
        assertThat(client().get("/new.txt").text()).isEqualTo("ok");

        write("new.txt", "new");

        assertThat(client().get("/new.txt").text()).isEqualTo("new");
    }

    @Test
    void aStoppedServiceServesNone() throws Exception {
        serveFiles();
        proxy.services().stop("app", Duration.ZERO, "");

        assertThat(client().get("/hello.txt").status()).isEqualTo(503);
    }

    @Test
    void aPausedServiceServesThemWhenItIsResumed() throws Exception {
        serveFiles();
        proxy.services().pause("app");
        RawClient client = client();
        client.send(RawClient.head("GET", "/hello.txt"));
        eventually("the request is held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        proxy.services().resume("app");

        assertThat(client.read().text()).isEqualTo("0123456789");
    }

    @Test
    void aClientThatLeavesHasItsFileClosed() throws Exception {
        writeLarge("large");
        serveFiles();
        haveClientsLeaveInTheMiddleOf("/large");

        expectAllFilesClosed();
        assertThat(log.next().failure()).isNotNull();
        assertThat(log.next().failure()).isNotNull();
    }

    @Test
    void filesAndTheApplicationShareAConnection() throws Exception {
        serveFiles();
        RawClient client = client();

        client.send(RawClient.head("GET", "/hello.txt")
                + RawClient.head("GET", "/x")
                + RawClient.head("GET", "/hello.txt"));

        assertThat(client.read().text()).isEqualTo("0123456789");
        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(client.read().text()).isEqualTo("0123456789");
    }
}
