package dev.gapless.proxy.jetty;

import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What may go wrong with a target that speaks HTTP/2, and what becomes of requests then. */
class Http2FailureTest extends TargetScaffold {
    private final RequestLog log = new RequestLog();

    private void startLogging() {
        proxy = start(loopback().listener(log));
    }

    /** Lets the first request down in its way, and answers the others with what they say. */
    private static Http2Target.Answer atFirst(Http2Target.Answer first) {
        AtomicInteger requests = new AtomicInteger();
        return request -> {
            if (requests.getAndIncrement() == 0) {
                first.to(request);
            } else {
                request.whenWhole(() -> request.respond("got " + request.text()));
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void aRefusedStreamCountsAsNotSent(String method) throws Exception {
        startLogging();
        Http2Target target =
                serve(Http2Target.answering(atFirst(request -> request.reset(ErrorCode.REFUSED_STREAM_ERROR))));

        RawMessage response = client().send(RawClient.head(method, "/", "Content-Length: 2") + "hi")
                .read();

        assertThat(response.text()).isEqualTo("got hi");
        assertThat(target.usedConnections()).isEqualTo(1);
        assertThat(log.next().retries()).isEqualTo(1);
    }

    @Test
    void aRefusedStreamWhoseBodyWasStreamedIsSentAgainToo() throws Exception {
        serve(
                Http2Target.answering(
                        atFirst(request -> request.whenWhole(() -> request.reset(ErrorCode.REFUSED_STREAM_ERROR)))),
                streaming());

        RawMessage response = client().send(
                        RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n\r\n")
                .read();

        assertThat(response.text()).isEqualTo("got hi");
    }

    @Test
    void aTargetThatRefusesAlwaysIsNotAskedForEver() throws Exception {
        startLogging();
        serve(Http2Target.answering(request -> request.reset(ErrorCode.REFUSED_STREAM_ERROR)));

        assertThat(client().get("/").status()).isEqualTo(502);

        assertThat(log.next().retries()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void aStreamBeyondTheLastThatATargetLooksAtBeforeItGoesAwayIsSentAgain(String method) throws Exception {
        Http2Target target = serve(Http2Target.answering(atFirst(request -> request.goAwayAfter(0))));

        RawMessage response = client().send(RawClient.head(method, "/", "Content-Length: 2") + "hi")
                .read();

        assertThat(response.text()).isEqualTo("got hi");
        assertThat(target.usedConnections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTargetThatGoesAwayFinishesWhatItHasAndGetsNewRequestsOnANewConnection(boolean inTwoSteps) throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
            if (request.path().equals("/new")) {
                request.respond("new");
            } else {
                request.respond(200, false);
            }
        }));
        Http2Client client = http2();
        List<Http2Client.Sent> underWay = new ArrayList<>();
        List<Http2Target.Incoming> taken = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            underWay.add(client.begin("GET", "/old" + i, true));
            taken.add(target.taken());
        }
        assertThat(target.usedConnections()).isEqualTo(1);

        if (inTwoSteps) {
            target.goAwayGracefully();
        } else {
            target.goAway();
        }

        for (int i = 0; i < 10; i++) {
            assertThat(client.get("/new").text()).isEqualTo("new");
        }
        for (int i = 0; i < underWay.size(); i++) {
            taken.get(i).data("old", true);
            assertThat(underWay.get(i).response().text()).isEqualTo("old");
        }
        assertThat(target.usedConnections()).isEqualTo(2);
        eventually("the connection that went away is closed", () -> target.openConnections() == 1);
    }

    @Test
    void noRequestFailsHoweverOftenATargetGoesAway() throws Exception {
        startLogging();
        Http2Target target = serve(
                Http2Target.answering(request -> request.whenWhole(() -> request.respond("got " + request.text()))));
        Http2Client client = http2();

        for (int i = 0; i < 50; i++) {
            Http2Client.Sent first = client.begin("POST", "/", false).data("a".getBytes(US_ASCII), true);
            target.goAway();
            Http2Client.Sent second = client.begin("POST", "/", false).data("b".getBytes(US_ASCII), true);
            assertThat(first.response().text()).isEqualTo("got a");
            assertThat(second.response().text()).isEqualTo("got b");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            names = {"INTERNAL_ERROR", "CANCEL_STREAM_ERROR", "ENHANCE_YOUR_CALM_ERROR", "NO_ERROR"})
    void aResponseThatTheTargetResetsEndsWithTheSameCode(ErrorCode code) throws Exception {
        startLogging();
        Http2Target target = serve(Http2Target.answering(request -> request.respond(200, false)));
        Http2Client client = http2();
        Http2Client.Sent sent = client.begin("GET", "/", true);
        assertThat(sent.nextStatus()).isEqualTo(200);

        target.taken().reset(code);

        assertThatThrownBy(sent::response).hasMessageContaining("reset with error " + code.code);
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).containsIgnoringCase(code.name());
    }

    @Test
    void aResponseThatTheTargetResetsIsCutForAClientOverHttp11() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> request.respond(200, false)));
        RawClient client = client().send(RawClient.head("GET", "/"));
        client.readHead();
        Http2Target.Incoming request = target.taken();
        request.data("par", false);
        assertThat(client.readBytes(6)).endsWith("par");

        request.reset(ErrorCode.INTERNAL_ERROR);

        assertThat(client.readToEnd()).doesNotContain("0\r\n");
    }

    @Test
    void aStreamThatIsResetBeforeItsResponseIs502() throws Exception {
        startLogging();
        serve(Http2Target.answering(request -> request.reset(ErrorCode.INTERNAL_ERROR)));

        RawMessage response = client().send(RawClient.head("POST", "/", "Content-Length: 2") + "hi")
                .read();
        assertThat(response.status()).isEqualTo(502);
        assertThat(log.next().failure()).contains("internal_error");

        assertThat(http2().begin("POST", "/", true).response().status()).isEqualTo(502);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientThatLeavesCancelsTheStream(boolean responseBegun) throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
            if (responseBegun) {
                request.respond(200, false);
            }
        }));
        RawClient http1 = client().send(RawClient.head("GET", "/"));
        Http2Target.Incoming first = target.taken();
        Http2Client.Sent http2 = http2().begin("GET", "/", true);
        Http2Target.Incoming second = target.taken();
        if (responseBegun) {
            http1.readHead();
            http2.nextStatus();
        }

        http1.close();
        http2.reset();

        assertThat(first.resetCode()).isEqualTo(ErrorCode.CANCEL_STREAM_ERROR.code);
        assertThat(second.resetCode()).isEqualTo(ErrorCode.CANCEL_STREAM_ERROR.code);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aConnectionThatBreaksUnderRequestsCostsOnlyThoseThatMayHaveHadAnEffect() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        Http2Target target = serve(Http2Target.answering(request -> {
            if (requests.incrementAndGet() > 2) {
                request.respond("ok");
            }
        }));
        RawClient get = client().send(RawClient.head("GET", "/"));
        RawClient post = client().send(RawClient.head("POST", "/", "Content-Length: 2") + "hi");
        eventually("the target has decided not to answer them", () -> requests.get() == 2);

        target.breakConnections();

        assertThat(get.read().text()).isEqualTo("ok");
        assertThat(post.read().status()).isEqualTo(502);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aResponseThatIsLongerThanItSaysIsCut() throws Exception {
        serve(Http2Target.answering(request -> {
            request.respond(200, false, "Content-Length", "3");
            request.data("longer", true);
        }));
        Http2Client client = http2();

        RawMessage first = client().get("/");
        assertThat(first.status())
                .as("buffered, so that there is something to say")
                .isEqualTo(502);
        assertThat(client.get("/").status()).isEqualTo(502);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aStreamedResponseThatIsLongerThanItSaysIsCut() throws Exception {
        Http2Target target = serve(
                Http2Target.answering(request -> request.respond(200, false, "Content-Length", "3")), streaming());
        RawClient client = client().send(RawClient.head("GET", "/"));
        client.readHead();

        target.taken().data("longer", false);

        assertThat(client.readToEnd()).isEmpty();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aHeadThatIsLongerThanTheTargetTakesIs431AndHarmsNoOtherRequest() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
                    if (request.path().equals("/waits")) {
                        request.respond(200, false);
                    } else {
                        request.respond("ok");
                    }
                })
                .with(SettingsFrame.MAX_HEADER_LIST_SIZE, 4096));
        Http2Client client = http2();
        Http2Client.Sent waits = client.begin("GET", "/waits", true);
        Http2Target.Incoming waiting = target.taken();

        assertThat(client.get("/", "X-Large", "x".repeat(5_000)).status()).isEqualTo(431);

        assertThat(client.get("/", "X-Small", "x".repeat(2_000)).text()).isEqualTo("ok");
        waiting.data("done", true);
        assertThat(waits.response().text()).isEqualTo("done");
        assertThat(target.usedConnections()).isEqualTo(1);
    }

    @Test
    void aResponseHeadThatIsTooLargeIs502AndHarmsNoOtherRequest() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
            if (request.path().equals("/waits")) {
                request.respond(200, false);
            } else {
                request.ignoreHeadLimit();
                request.respond(200, true, "X-Large", "x".repeat(70_000));
            }
        }));
        Http2Client client = http2();
        Http2Client.Sent waits = client.begin("GET", "/waits", true);
        Http2Target.Incoming waiting = target.taken();

        assertThat(client.begin("POST", "/", true).response().status()).isEqualTo(502);

        waiting.data("done", true);
        assertThat(waits.response().text()).isEqualTo("done");
    }

    @Test
    void aTargetThatTakesTooLongIsCancelled() throws Exception {
        Http2Target target = serve(
                Http2Target.answering(request -> {}),
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(50)).build());

        do { // On a machine that stands still for a moment the time is over before the request has been sent.
            assertThat(client().get("/").status()).isEqualTo(504);
        } while (target.hasTakenNone());

        assertThat(target.taken().resetCode()).isEqualTo(ErrorCode.CANCEL_STREAM_ERROR.code);
    }
}
