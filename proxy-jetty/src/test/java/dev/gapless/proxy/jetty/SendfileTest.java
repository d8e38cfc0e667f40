package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Files that a target names in the place of a body. */
class SendfileTest extends FileScaffold {
    @Test
    void theFileIsSentWithTheTargetsStatusAndFields() throws Exception {
        serve(
                naming(
                        "X-Sendfile",
                        root.resolve("hello.txt"),
                        "Content-Type: application/x-own",
                        "Content-Disposition: attachment",
                        "Set-Cookie: a=b",
                        "Content-Encoding: x-own",
                        "X-Accel-Expires: 5"),
                sendingBelowRoot());

        RawMessage response = client().get("/download");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("0123456789");
        assertThat(response.field("Content-Length")).isEqualTo("10");
        assertThat(response.field("Content-Type")).isEqualTo("application/x-own");
        assertThat(response.field("Content-Disposition")).isEqualTo("attachment");
        assertThat(response.field("Set-Cookie")).isEqualTo("a=b");
        assertThat(response.field("Content-Encoding")).isEqualTo("x-own");
        assertThat(response.field("Accept-Ranges")).isEqualTo("bytes");
        assertThat(response.field("Last-Modified")).isEqualTo(MODIFIED);
        assertThat(response.field("ETag")).matches("\"[0-9a-f-]+\"");
        assertThat(response.field("X-Sendfile")).isNull();
        assertThat(response.field("X-Accel-Expires")).isNull();
        expectAllFilesClosed();
    }

    @Test
    void theTargetIsToldAndAClientsOwnWordIsNotBelieved() throws Exception {
        RawTarget target = serve(naming("X-Sendfile", root.resolve("hello.txt")), sendingBelowRoot());

        client().get("/", "X-Sendfile-Type: X-Accel-Redirect", "X-Accel-Mapping: /=/forged/");

        RawMessage request = target.taken();
        assertThat(request.field("X-Sendfile-Type")).isEqualTo("X-Sendfile");
        assertThat(request.field("X-Accel-Mapping")).isNull();
    }

    @Test
    void withoutTheOptionNothingIsReplacedAndClientsCannotAskForIt() throws Exception {
        RawTarget target = serve(RawTarget.answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Sendfile: " + root.resolve("hello.txt") + "\r\n\r\nok"));

        RawMessage response = client().get("/", "X-Sendfile-Type: X-Accel-Redirect", "X-Accel-Mapping: /=/forged/");

        assertThat(response.text()).isEqualTo("ok");
        assertThat(response.field("X-Sendfile"))
                .isEqualTo(root.resolve("hello.txt").toString());
        RawMessage request = target.taken();
        assertThat(request.field("X-Sendfile-Type")).isNull();
        assertThat(request.field("X-Accel-Mapping")).isNull();
    }

    @Test
    void theLastWordHaveTheRulesOfTheService() throws Exception {
        HeaderRules rules = HeaderRules.builder()
                .set("Cache-Control", "private")
                .add("X-Rule", "1")
                .remove("Last-Modified")
                .build();
        ServiceOptions options = ServiceOptions.builder()
                .sendfile(SendfileOptions.below(root))
                .headers(HeaderOptions.builder().responseRules(rules).build())
                .build();
        serve(naming("X-Sendfile", root.resolve("hello.txt")), options);

        RawMessage response = client().get("/");

        assertThat(response.text()).isEqualTo("0123456789");
        assertThat(response.field("Cache-Control")).isEqualTo("private");
        assertThat(response.field("X-Rule")).isEqualTo("1");
        assertThat(response.field("Last-Modified")).isNull();
    }

    @Test
    void headSaysWhatGetWould() throws Exception {
        serve(naming("X-Sendfile", root.resolve("hello.txt")), sendingBelowRoot());
        RawClient client = client();

        RawMessage head = client.send(RawClient.head("HEAD", "/")).readHead();

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.field("Content-Length")).isEqualTo("10");
        assertThat(client.get("/").text()).isEqualTo("0123456789");
        expectAllFilesClosed();
    }

    @Test
    void aPartIsSentToWhoAsksForOne() throws Exception {
        serve(naming("X-Sendfile", root.resolve("hello.txt")), sendingBelowRoot());
        RawClient client = client();

        RawMessage part = client.get("/", "Range: bytes=3-5");
        RawMessage none = client.get("/", "Range: bytes=10-");
        RawMessage several = client.get("/", "Range: bytes=0-1,4-5");

        assertThat(part.status()).isEqualTo(206);
        assertThat(part.text()).isEqualTo("345");
        assertThat(part.field("Content-Range")).isEqualTo("bytes 3-5/10");
        assertThat(none.status()).isEqualTo(416);
        assertThat(none.field("Content-Range")).isEqualTo("bytes */10");
        assertThat(several.status()).isEqualTo(200);
        assertThat(several.text()).isEqualTo("0123456789");
        expectAllFilesClosed();
    }

    @Test
    void whoHasTheFileIsToldSo() throws Exception {
        serve(naming("X-Sendfile", root.resolve("hello.txt"), "Content-Type: text/plain"), sendingBelowRoot());
        RawClient client = client();
        String tag = client.get("/").field("ETag");

        RawMessage same = client.get("/", "If-None-Match: " + tag);
        RawMessage since = client.get("/", "If-Modified-Since: " + MODIFIED);
        RawMessage other = client.get("/", "If-Match: \"other\"");
        RawMessage next = client.get("/", "If-None-Match: \"other\"", "Range: bytes=0-1", "If-Range: " + tag);

        assertThat(same.status()).isEqualTo(304);
        assertThat(same.field("ETag")).isEqualTo(tag);
        assertThat(same.field("Content-Type")).isNull();
        assertThat(same.field("Content-Length")).isNull();
        assertThat(since.status()).isEqualTo(304);
        assertThat(other.status()).isEqualTo(412);
        assertThat(next.status()).isEqualTo(206);
        expectAllFilesClosed();
    }

    @Test
    void validatorsOfTheTargetCount() throws Exception {
        serve(
                naming(
                        "X-Sendfile",
                        root.resolve("hello.txt"),
                        "ETag: \"own\"",
                        "Last-Modified: Mon, 07 Nov 1994 08:49:37 GMT"),
                sendingBelowRoot());
        RawClient client = client();

        assertThat(client.get("/", "If-None-Match: \"own\"").status()).isEqualTo(304);
        assertThat(client.get("/", "If-Modified-Since: " + MODIFIED).status()).isEqualTo(200);
        assertThat(client.get("/", "Range: bytes=0-0", "If-Range: \"own\"").text())
                .isEqualTo("0");
    }

    @Test
    void theTypeComesFromTheNameWhereTheTargetSaysNone() throws Exception {
        write("page.html", "<p>");
        write("thing.unheardof", "?");
        serve(naming("X-Sendfile", root.resolve("page.html")), sendingBelowRoot());
        assertThat(client().get("/").field("Content-Type")).isEqualTo("text/html");

        deploy("app", sendingBelowRoot(), closing(naming("X-Sendfile", root.resolve("thing.unheardof"))));
        assertThat(client().get("/").field("Content-Type")).isEqualTo("application/octet-stream");
    }

    @Test
    void anAnswerToAPostAndAnErrorAreReplacedAsTheyAre() throws Exception {
        serve(
                RawTarget.answering((request, connection) -> connection.send(naming(
                        request.method().equals("POST") ? 200 : 404,
                        "X-Sendfile",
                        root.resolve("hello.txt").toString()))),
                sendingBelowRoot());
        RawClient client = client();

        RawMessage posted = client.send(RawClient.head("POST", "/", "Content-Length: 2", "Range: bytes=0-1") + "ab")
                .read();
        RawMessage missing = client.get("/", "Range: bytes=0-1", "If-Modified-Since: " + MODIFIED);

        assertThat(posted.status()).isEqualTo(200);
        assertThat(posted.text()).isEqualTo("0123456789");
        assertThat(posted.field("ETag")).isNull();
        assertThat(posted.field("Accept-Ranges")).isNull();
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.text()).isEqualTo("0123456789");
    }

    @Test
    void aResponseWithoutBodyStaysOneButDoesNotTellThePath() throws Exception {
        serve(
                RawTarget.answering("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nX-Sendfile: " + base
                        + "/secret.txt\r\nX-Accel-Redirect: /x\r\n\r\n"),
                sendingBelowRoot());

        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(304);
        assertThat(response.fields().toString()).doesNotContainIgnoringCase("sendfile", "accel");
    }

    @Test
    void anInterimResponseDoesNotTellThePathEither() throws Exception {
        String hint = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Sendfile: " + root
                + "/secret.txt\r\nX-Accel-Redirect: /x\r\n\r\n";
        serve(RawTarget.answering(hint + RawTarget.OK), sendingBelowRoot());
        RawClient client = client().send(RawClient.head("GET", "/"));

        RawMessage interim = client.readHead();

        assertThat(interim.status()).isEqualTo(103);
        assertThat(interim.field("Link")).isEqualTo("</a.css>");
        assertThat(interim.field("X-Sendfile")).isNull();
        assertThat(interim.field("X-Accel-Redirect")).isNull();
        assertThat(client.read().text()).isEqualTo("ok");
    }

    @Test
    void withoutTheOptionAnInterimResponseIsPassedAsItIs() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 103 Early Hints\r\nX-Sendfile: /a\r\n\r\n" + RawTarget.OK));

        RawMessage interim = client().send(RawClient.head("GET", "/")).readHead();

        assertThat(interim.field("X-Sendfile")).isEqualTo("/a");
    }

    @Test
    void whatTheTargetSendsBesideIsDropped() throws Exception {
        String body = "never to be seen ".repeat(20_000);
        serve(
                RawTarget.answering("HTTP/1.1 200 OK\r\nX-Sendfile: " + root.resolve("hello.txt")
                        + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body),
                sendingBelowRoot());
        RawClient client = client();

        for (int i = 0; i < 3; i++) {
            assertThat(client.get("/").text()).isEqualTo("0123456789");
        }
        eventually("the target is free", () -> requestsInFlight() == 0);
    }

    @Test
    void whatTheTargetSaysOfTheBytesBesideIsDroppedToo() throws Exception {
        serve(
                naming("X-Sendfile", root.resolve("hello.txt"), "Content-Digest: sha-256=:AAAA:", "Content-MD5: AAAA"),
                sendingBelowRoot());

        RawMessage response = client().get("/");

        assertThat(response.text()).isEqualTo("0123456789");
        assertThat(response.names()).doesNotContain("content-digest", "content-md5");
    }

    @Test
    void aFileInACachedServiceIsNotStoredAndSaysSo() throws Exception {
        ServiceOptions options = ServiceOptions.builder()
                .sendfile(SendfileOptions.below(root))
                .cache(CacheOptions.defaults())
                .build();
        serve(naming("X-Sendfile", root.resolve("hello.txt"), "Cache-Control: max-age=60"), options);

        for (int i = 0; i < 2; i++) {
            RawMessage response = client().get("/");
            assertThat(response.text()).isEqualTo("0123456789");
            assertThat(response.all("Cache-Status")).containsExactly("Gapless; fwd=uri-miss; detail=file");
            assertThat(response.all("X-Cache")).containsExactly("miss");
        }
        expectAllFilesClosed();
    }

    @Test
    void aTargetThatNeverEndsItsBodyIsNotWaitedFor() throws Exception {
        serve(
                RawTarget.answering("HTTP/1.1 200 OK\r\nX-Sendfile: " + root.resolve("hello.txt")
                        + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
                sendingBelowRoot());
        RawClient client = client();

        assertThat(client.get("/").text()).isEqualTo("0123456789");
        assertThat(client.get("/").text()).isEqualTo("0123456789");
        eventually("the target is free", () -> requestsInFlight() == 0);
    }

    @Test
    void theLogTellsTargetStatusAndBytes() throws Exception {
        RawTarget target = serve(naming("X-Sendfile", root.resolve("hello.txt")), sendingBelowRoot());

        client().get("/", "Range: bytes=0-3");

        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(206);
        assertThat(summary.responseBytes()).isEqualTo(4);
        assertThat(summary.target()).hasToString(target.address());
        assertThat(summary.failure()).isNull();
    }

    @Test
    void anEmptyFileIsAnEmptyBody() throws Exception {
        write("empty", "");
        serve(naming("X-Sendfile", root.resolve("empty")), sendingBelowRoot());
        RawClient client = client();

        RawMessage response = client.get("/");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.field("Content-Length")).isEqualTo("0");
        assertThat(client.get("/", "Range: bytes=0-").status()).isEqualTo(416);
        expectAllFilesClosed();
    }

    @Test
    void aLargeFileComesWhole() throws Exception {
        byte[] bytes = writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());

        assertThat(client().get("/").body()).isEqualTo(bytes);
        expectAllFilesClosed();
    }

    @Test
    void partsBeyondTwoGibibytesAreRight() throws Exception {
        long length = (5L << 30) + 3;
        Path huge = root.resolve("huge");
        try (var file = new java.io.RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(length); // Without a byte on disk, but for the last.
            file.seek(length - 1);
            file.write('x');
        }
        serve(naming("X-Sendfile", huge), sendingBelowRoot());
        RawClient client = client();

        RawMessage end = client.get("/", "Range: bytes=-2");
        RawMessage head = client.send(RawClient.head("HEAD", "/")).readHead();

        assertThat(end.text()).isEqualTo("\0x");
        assertThat(end.field("Content-Range")).isEqualTo("bytes 5368709121-5368709122/5368709123");
        assertThat(head.field("Content-Length")).isEqualTo("5368709123");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/private/a.txt            | a",
                "/private/a.txt?x=/../y    | a",
                "/private/deep/b%20c.txt   | b",
                "/private/deep/%C3%BC.txt  | u",
                "/private/more/d.txt       | d",
            })
    void pathsOfLocationsStandForFiles(String path, String content) throws Exception {
        serve(naming("X-Accel-Redirect", path), withLocations());

        assertThat(client().get("/").text()).isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/private/../secret.txt",
                "/private/%2e%2e/secret.txt",
                "/private/..%2fsecret.txt",
                "/private/deep%2f..%2f..%2f..%2fsecret.txt",
                "/private/%5c..%5csecret.txt",
                "/private/a.txt%00",
                "/private/a.txt%0a",
                "/private//a.txt",
                "/private/",
                "/private",
                "/privatea.txt",
                "/other/a.txt",
                "private/a.txt",
                "http://example.com/private/a.txt",
                "/private/%ff.txt",
                "/private/%zz.txt",
                "/private/more/a.txt",
                "@private"
            })
    void otherPathsStandForNone(String path) throws Exception {
        serve(naming("X-Accel-Redirect", path), withLocations());

        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.text()).doesNotContain("secret", "private", base.toString());
    }

    private ServiceOptions withLocations() throws IOException {
        write("p/a.txt", "a");
        write("p/deep/b c.txt", "b");
        write("p/deep/ü.txt", "u");
        Files.createDirectories(base.resolve("elsewhere"));
        Files.writeString(base.resolve("elsewhere/d.txt"), "d");
        return ServiceOptions.builder()
                .sendfile(SendfileOptions.builder()
                        .location("/private", root.resolve("p"))
                        .location("/private/more", base.resolve("elsewhere"))
                        .build())
                .build();
    }

    @Test
    void applicationsAreToldOfLocations() throws Exception {
        RawTarget target = serve(naming("X-Accel-Redirect", "/private/a.txt"), withLocations());

        client().get("/");

        RawMessage request = target.taken();
        assertThat(request.field("X-Sendfile-Type")).isEqualTo("X-Accel-Redirect");
        assertThat(request.field("X-Accel-Mapping"))
                .isEqualTo(root + "/p/=/private/," + base + "/elsewhere/=/private/more/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/root"})
    void withoutLocationsARedirectIsAFileBelowARoot(String before) throws Exception {
        String path = before.isEmpty() ? "/hello.txt" : root + "/hello.txt";
        serve(naming("X-Accel-Redirect", path), sendingBelowRoot());

        assertThat(client().get("/").text()).isEqualTo("0123456789");
    }

    @Test
    void aFileNeedsOneOfSeveralRoots() throws Exception {
        Path other = Files.createDirectory(base.resolve("other"));
        Files.writeString(other.resolve("o.txt"), "other");
        ServiceOptions options = ServiceOptions.builder()
                .sendfile(SendfileOptions.builder().root(root).root(other).build())
                .build();
        serve(naming("X-Sendfile", other.resolve("o.txt")), options);

        assertThat(client().get("/").text()).isEqualTo("other");
    }

    @Test
    void aDeploymentDoesNotWaitForAFileThatItsTargetHasNamed() throws Exception {
        byte[] bytes = writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());
        RawClient slow = client();
        RawMessage head = slow.send(RawClient.head("GET", "/")).readHead();

        deploy("app", ServiceOptions.defaults(), closing(RawTarget.answering(RawTarget.OK)));

        assertThat(client().get("/").text()).isEqualTo("ok");
        assertThat(head.status()).isEqualTo(200);
        assertThat(slow.readBytes(bytes.length)).hasSize(bytes.length);
    }

    @Test
    void aStopWaitsForAFileAndThenCutsIt() throws Exception {
        writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());
        RawClient slow = client();
        slow.send(RawClient.head("GET", "/")).readHead();

        proxy.close();

        assertThat(slow.readToEndOrReset().length()).isLessThan(LARGE_BYTES);
        expectAllFilesClosed();
    }

    @Test
    void slowReadersHoldNoThread() throws Exception {
        writeLarge("large");
        serve(
                RawTarget.answering((request, connection) -> connection.send(naming(
                        200, "X-Sendfile", root + (request.requestTarget().equals("/") ? "/hello.txt" : "/large")))),
                sendingBelowRoot());
        for (int i = 0; i < 40; i++) {
            client().send(RawClient.head("GET", "/large")).readHead();
        }

        assertThat(client().get("/").text()).isEqualTo("0123456789");
        eventually("only theirs are open", () -> openFiles() == 40);
        closeAll();
        expectAllFilesClosed();
    }

    @Test
    void aClientThatLeavesHasItsFileClosed() throws Exception {
        writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());
        haveClientsLeaveInTheMiddleOf("/");

        expectAllFilesClosed();
        eventually("no request in flight", () -> requestsInFlight() == 0);
    }

    @Test
    void requestsOnOneConnectionAreAnsweredInOrder() throws Exception {
        serve(
                RawTarget.answering((request, connection) -> connection.send(
                        request.requestTarget().equals("/file")
                                ? naming(
                                        200,
                                        "X-Sendfile",
                                        root.resolve("hello.txt").toString())
                                : RawTarget.OK)),
                sendingBelowRoot());
        RawClient client = client();

        client.send(RawClient.head("GET", "/file") + RawClient.head("GET", "/x") + RawClient.head("GET", "/file"));

        assertThat(client.read().text()).isEqualTo("0123456789");
        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(client.read().text()).isEqualTo("0123456789");
    }

    @Test
    void aHttp10ClientGetsTheFileAndTheEnd() throws Exception {
        serve(naming("X-Sendfile", root.resolve("hello.txt")), sendingBelowRoot());

        String response =
                client().send("GET / HTTP/1.0\r\nHost: example.com\r\n\r\n").readToEnd();

        assertThat(response).startsWith("HTTP/1.").endsWith("\r\n\r\n0123456789");
    }

    @Test
    void aPauseDoesNotWaitForTheFile() throws Exception {
        writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());
        client().send(RawClient.head("GET", "/")).readHead();

        eventually("the target is free", () -> requestsInFlight() == 0);
        assertThat(proxy.services().pause("app").requestsCut()).isZero();
    }

    @Test
    void overHttp2TheSame() throws Exception {
        byte[] bytes = writeLarge("large");
        serve(naming("X-Sendfile", root.resolve("large")), sendingBelowRoot());

        Http2Client.Response whole = http2().get("/");
        Http2Client.Response part = http2().get("/", "range", "bytes=5-9");
        Http2Client.Response head = http2().begin("HEAD", "/", true).response();
        Http2Client.Response known =
                http2().get("/", "if-none-match", head.fields().get("ETag"));

        assertThat(whole.body()).isEqualTo(bytes);
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.body()).hasSize(5);
        assertThat(head.fields().get("Content-Length")).isEqualTo(String.valueOf(LARGE_BYTES));
        assertThat(head.body()).isEmpty();
        assertThat(known.status()).isEqualTo(304);
        assertThat(known.fields().get("Content-Length")).isNull();
        expectAllFilesClosed();
    }
}
