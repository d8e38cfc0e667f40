package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import dev.gapless.proxy.spi.RequestFilter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The heads of files, between those who have named them and the application around the proxy. */
class FileHeadTest extends FileScaffold {
    /** Adds a field to each response, and takes one off. */
    private static final class Revising implements RequestFilter {
        @Override
        public CompletionStage<?> onResponse(RequestHead request, PendingResponse response) {
            revise(response);
            return CompletableFuture.completedFuture(null);
        }

        static void revise(PendingResponse response) {
            response.setHeader("X-Own", "1");
            response.removeHeader("X-Internal");
        }
    }

    /** Says something of each response before the proxy does. */
    private static final class Outer extends Handler.Wrapper {
        Outer(Handler within) {
            super(within);
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            response.getHeaders().put("X-Frame-Options", "DENY");
            response.getHeaders().put("Content-Type", "text/x-outer");
            return super.handle(request, response, callback);
        }
    }

    private ServiceOptions files() {
        return ServiceOptions.builder().staticFiles(StaticFiles.in(root)).build();
    }

    private RawClient withinAnApplication() throws Exception {
        proxy = closing(loopback().withoutPorts().build());
        Server server = new Server();
        server.setHandler(new Outer(proxy.handler()));
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        return closing(RawClient.to(reached.port()));
    }

    private static void expectRevised(RawMessage response) {
        assertThat(response.text()).isEqualTo("0123456789");
        assertThat(response.field("X-Own")).isEqualTo("1");
        assertThat(response.field("X-Internal")).isNull();
    }

    @Test
    void aFilterGetsToSeeThatOfANamedFile() throws Exception {
        proxy = start(loopback().filter(new Revising()));
        serve(naming("X-Sendfile", root.resolve("hello.txt"), "X-Internal: secret"), sendingBelowRoot());

        expectRevised(client().get("/"));
    }

    @Test
    void andThatOfAStaticFile() throws Exception {
        proxy = start(loopback().filter(new Revising()));
        serve(RawTarget.answering(RawTarget.OK), files());

        expectRevised(client().get("/hello.txt"));
    }

    @Test
    void soDoesAnApplicationThatHandsOff() throws Exception {
        serve(naming("X-Sendfile", root.resolve("hello.txt"), "X-Internal: secret"), sendingBelowRoot());
        Handoff handoff = proxy.handoffTo("app").onResponse(Revising::revise).build();
        RawClient client =
                closing(RawClient.to(closing(Application.of(handoff::send)).port()));

        expectRevised(client.get("/"));
    }

    @Test
    void whatTheApplicationHasSaidBeforeStaysButForWhatItSaidOfABody() throws Exception {
        RawClient client = withinAnApplication();
        deploy(
                "named",
                ServiceOptions.builder()
                        .pathPrefix("/named")
                        .sendfile(SendfileOptions.below(root))
                        .build(),
                closing(naming("X-Sendfile", root.resolve("hello.txt"))));
        deploy("static", files(), closing(RawTarget.answering(RawTarget.OK)));

        for (String path : new String[] {"/named", "/hello.txt"}) {
            RawMessage response = client.get(path);

            assertThat(response.text()).isEqualTo("0123456789");
            assertThat(response.field("X-Frame-Options")).isEqualTo("DENY");
            assertThat(response.all("Content-Type")).containsExactly("text/plain");
        }
    }

    @Test
    void aFileHasNotTheTypeOfSeveralParts() throws Exception {
        serve(
                RawTarget.answering(naming(
                        206,
                        "X-Sendfile",
                        root.resolve("hello.txt").toString(),
                        "Content-Type: multipart/byteranges; boundary=x")),
                sendingBelowRoot());

        RawMessage response = client().get("/", "Range: bytes=0-1,3-4");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.field("Content-Type")).isEqualTo("text/plain");
    }

    @Test
    void aDateInIfRangeDoesNotTellTheFormsOfAFileApart() throws Exception {
        write("app.js", "plain plain plain");
        write("app.js.gz", "compressed bytes");
        serve(RawTarget.answering(RawTarget.OK), files());
        assertThat(client().get("/app.js", "Accept-Encoding: gzip").field("Content-Encoding"))
                .isEqualTo("gzip");

        RawMessage rest = client().get("/app.js", "Range: bytes=5-", "If-Range: " + MODIFIED);

        assertThat(rest.status()).isEqualTo(200);
    }

    @Test
    void norDoesItTellWhatWasCompressedFromWhatATargetHasAPartOf() throws Exception {
        String text = "All work and no play makes Jack a dull boy.\n".repeat(100);
        String head = "Content-Type: text/html\r\nLast-Modified: " + MODIFIED + "\r\n";
        serve(
                RawTarget.answering((request, connection) -> connection.send(
                        request.field("Range") != null
                                ? "HTTP/1.1 206 Partial Content\r\n" + head
                                        + "Content-Range: bytes 100-4399/4400\r\nContent-Length: 4300\r\n\r\n"
                                        + text.substring(100)
                                : "HTTP/1.1 200 OK\r\n" + head + "Content-Length: 4400\r\n\r\n" + text)),
                ServiceOptions.builder()
                        .compression(CompressionOptions.defaults())
                        .build());

        RawMessage rest = client().get("/", "Accept-Encoding: gzip", "Range: bytes=100-", "If-Range: " + MODIFIED);

        assertThat(rest.status()).isEqualTo(200);
        assertThat(rest.field("Content-Encoding")).isEqualTo("gzip");
    }

    /** It may still have trailers, or turn out to have content. */
    @Test
    void aRequestThatHasNotEndedGetsAFileToo() throws Exception {
        serve(RawTarget.answering(RawTarget.OK), files());

        Http2Client.Sent sent = http2().begin("GET", "/hello.txt", false);

        assertThat(sent.nextStatus()).isEqualTo(200);
        assertThat(sent.next(10)).isEqualTo("0123456789");
    }

    @Test
    void aFileThatCannotBeReadIsNoFailureOfATarget() {
        FailureAnswer answer = FailureAnswer.ofTarget(new FileSource.BrokenException("it is shorter", null));

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text()).isEqualTo("The file that was asked for cannot be sent.");
    }
}
