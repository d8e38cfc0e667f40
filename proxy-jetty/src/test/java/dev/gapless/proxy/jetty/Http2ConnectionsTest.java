package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The connections that the proxy keeps to targets that speak HTTP/2. */
class Http2ConnectionsTest extends TargetScaffold {
    private static final int LANES = Runtime.getRuntime().availableProcessors();

    /** Sends requests over one connection, and so on one lane, all at once. */
    private List<Http2Client.Sent> begin(int requests, Http2Client client) throws Exception {
        List<Http2Client.Sent> sent = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            sent.add(client.begin("GET", "/" + i, true));
        }
        return sent;
    }

    private static List<Http2Target.Incoming> taken(int requests, Http2Target target) throws Exception {
        List<Http2Target.Incoming> taken = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            taken.add(target.taken());
        }
        return taken;
    }

    @Test
    void requestsShareAConnectionHoweverManyComeAtOnce() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {}));
        Http2Client client = http2();

        List<Http2Client.Sent> sent = begin(50, client);
        List<Http2Target.Incoming> taken = taken(50, target);

        assertThat(target.usedConnections()).isEqualTo(1);
        taken.forEach(request -> request.respond("ok"));
        for (Http2Client.Sent request : sent) {
            assertThat(request.response().text()).isEqualTo("ok");
        }
    }

    @Test
    void eachLaneKeepsItsConnection() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 4 * LANES; i++) {
            clients.add(client());
        }

        for (int round = 0; round < 5; round++) {
            for (RawClient client : clients) {
                assertThat(client.get("/").text()).isEqualTo("ok");
            }
        }

        assertThat(target.usedConnections()).isEqualTo(LANES);
    }

    @Test
    void beyondWhatATargetTakesAtOnceOverOneConnectionThereIsAnother() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {}).with(SettingsFrame.MAX_CONCURRENT_STREAMS, 2));
        Http2Client client = http2();

        List<Http2Client.Sent> sent = begin(7, client);
        List<Http2Target.Incoming> taken = taken(7, target);

        assertThat(target.usedConnections()).isEqualTo(4);
        taken.forEach(request -> request.respond("ok"));
        for (Http2Client.Sent request : sent) {
            assertThat(request.response().text()).isEqualTo("ok");
        }
    }

    @Test
    void whereThereMayBeNoOtherRequestsWaitForTheirTurn() throws Exception {
        proxy = start(loopback().maxConnectionsPerTarget(1));
        Http2Target target = serve(Http2Target.answering(request -> {}).with(SettingsFrame.MAX_CONCURRENT_STREAMS, 1));
        Http2Client client = http2();

        List<Http2Client.Sent> sent = begin(5, client);
        for (Http2Client.Sent request : sent) {
            Http2Target.Incoming incoming = target.taken();
            assertThat(target.hasTakenNone()).isTrue();
            incoming.respond("ok");
            assertThat(request.response().text()).isEqualTo("ok");
        }

        assertThat(target.usedConnections()).isEqualTo(1);
    }

    @Test
    void aTargetMayTakeNothingForAWhile() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));
        Http2Client client = http2();
        assertThat(client.get("/").text()).isEqualTo("ok");

        target.allow(0);
        target.allow(10);

        for (int i = 0; i < 10; i++) {
            assertThat(client.get("/").text()).isEqualTo("ok");
        }
    }

    @Test
    void aConnectionThatIsNotUsedForSomeTimeIsClosed() throws Exception {
        proxy = start(loopback().targetKeepAlive(Duration.ofMillis(10)));
        Http2Target target = serve(Http2Target.saying("ok"));
        Http2Client client = http2();
        client.get("/");

        eventually("the connection is closed", () -> target.openConnections() == 0);

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(target.usedConnections()).isEqualTo(2);
    }

    @Test
    void aConnectionWithARequestIsNotIdleHoweverQuietItIs() throws Exception {
        proxy = start(loopback().targetKeepAlive(Duration.ofMillis(1)));
        Http2Target target = serve(Http2Target.answering(request -> {
            if (!request.path().equals("/quiet")) {
                request.respond("ok");
            }
        }));
        Http2Client client = http2();
        Http2Client.Sent quiet = client.begin("GET", "/quiet", true);
        Http2Target.Incoming waiting = target.taken();
        RawClient other = client();
        other.get("/");

        eventually("other lanes' connections have been closed", () -> target.openConnections() == 1 || LANES == 1);
        waiting.respond("done");

        assertThat(quiet.response().text()).isEqualTo("done");
    }

    @Test
    void theConnectionsOfProbesDoNotStay() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        eventually("the probe's is closed", () -> target.allOpenConnections() == 0);
    }

    @Test
    void aReplacedTargetFinishesItsRequestsAndThenItsConnectionsAreClosed() throws Exception {
        Http2Target first = serve(Http2Target.answering(request -> {}));
        Http2Client client = http2();
        Http2Client.Sent early = client.begin("GET", "/", true);
        Http2Target.Incoming underWay = first.taken();
        Http2Target second = closing(Http2Target.saying("new")).start();

        CompletableFuture<DeployResult> deployment = proxy.services()
                .deployAsync(Deployment.of("app", second.address()))
                .toCompletableFuture();
        eventually("the swap", () -> proxy.services().list().get(0).generation() == 2);

        assertThat(client.get("/").text()).isEqualTo("new");
        assertThat(deployment).isNotDone();
        assertThat(first.openConnections()).isEqualTo(1);
        underWay.respond("old");
        assertThat(early.response().text()).isEqualTo("old");
        assertThat(deployment).succeedsWithin(Duration.ofSeconds(10));
        eventually("its connections are closed", () -> first.allOpenConnections() == 0);
    }

    @Test
    void whatIsLeftAtTheEndOfADrainIsCancelled() throws Exception {
        Http2Target first = serve(Http2Target.answering(request -> {
            if (request.path().equals("/begun")) {
                request.respond(200, false);
            }
        }));
        Http2Client client = http2();
        Http2Client.Sent begun = client.begin("GET", "/begun", true);
        Http2Target.Incoming begunThere = first.taken();
        assertThat(begun.nextStatus()).isEqualTo(200);
        Http2Client.Sent waits = client.begin("GET", "/", true);
        Http2Target.Incoming waitsThere = first.taken();
        Http2Target second = closing(Http2Target.saying("new")).start();

        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(second.address())
                        .drainTimeout(Duration.ZERO)
                        .build());

        assertThat(waits.response().status()).isEqualTo(504);
        assertThatThrownBy(begun::response).hasMessageContaining("reset");
        eventually("its connections are closed", () -> first.allOpenConnections() == 0);
        assertThat(begunThere.isReset() || begunThere.session().isDisconnected())
                .isTrue();
        assertThat(waitsThere.isReset() || waitsThere.session().isDisconnected())
                .isTrue();
    }

    @Test
    void aRemovedServiceLeavesNoDestination() throws Exception {
        serve(Http2Target.saying("ok"));
        client().get("/");
        assertThat(proxy.assembly.client().getDestinations()).isNotEmpty();

        proxy.services().remove("app");

        assertThat(proxy.assembly.client().getDestinations()).isEmpty();
    }

    /** Each of their windows is the target's to fill, but not the connection's, which they share. */
    @Test
    void clientsThatReadNothingKeepNoOtherFromItsResponse() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
            request.respond(200, false);
            request.data(new byte[request.path().equals("/large") ? 4_000_000 : 2], true);
        }));
        Http2Client client = http2();
        List<Http2Client.Sent> slow = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Http2Client.Sent sent = client.begin("GET", "/large", true);
            sent.holdOff();
            slow.add(sent);
            sent.nextStatus();
        }
        assertThat(target.usedConnections()).isEqualTo(1);

        // Another connection, as they have used up the window of theirs; of the same lane sooner or later.
        for (int i = 0; i < 2 * LANES; i++) {
            assertThat(client().get("/").body()).hasSize(2);
        }

        slow.get(0).reset();
    }

    @Test
    void uploadsThatATargetDoesNotTakeKeepNoOtherFromIt() throws Exception {
        Http2Target target = serve(
                Http2Target.answering(request -> {
                    if (request.path().equals("/stuck")) {
                        request.takeNothing();
                    } else {
                        request.whenWhole(() -> request.respond("got " + request.body().length));
                    }
                }),
                streaming());
        for (int i = 0; i < 2 * LANES; i++) {
            client().sending(RawClient.head("POST", "/stuck", "Content-Length: 8000000"), new byte[8_000_000]);
            target.taken();
        }

        for (int i = 0; i < 2 * LANES; i++) {
            RawClient client = client();
            client.sending(RawClient.head("POST", "/", "Content-Length: 3000000"), new byte[3_000_000]);
            assertThat(client.read().text()).isEqualTo("got 3000000");
        }
    }

    /** A machine that is gone says nothing, not even that: requests would run into their timeouts, one after the other. */
    @Test
    void aConnectionOverWhichNothingComesAnyMoreGetsNoMoreRequests() throws Exception {
        Http2Target target = serve(
                Http2Target.answering(request -> {
                    if (!request.path().equals("/lost")) {
                        request.respond("ok");
                    }
                }),
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(500)).build());
        Http2Client client = http2();
        client.get("/");

        assertThat(client.get("/lost").status()).isEqualTo(504);

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(target.usedConnections()).isEqualTo(2);
        eventually("the silent one is closed", () -> target.openConnections() == 1);
    }

    @Test
    void aConnectionOverWhichSomethingComesIsKeptWhenARequestTakesTooLong() throws Exception {
        Http2Target target = serve(
                Http2Target.answering(request -> {
                    if (request.path().equals("/events")) {
                        request.respond(200, false);
                    }
                }),
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(600)).build());
        Http2Client client = http2();
        client.begin("GET", "/events", true).nextStatus();
        Http2Target.Incoming events = target.taken();

        Http2Client.Sent slow = client.begin("GET", "/slow", true);
        target.taken();
        events.data("alive", false);

        assertThat(slow.response().status()).isEqualTo(504);
        client.begin("GET", "/events", true).nextStatus();
        assertThat(target.usedConnections()).isEqualTo(1);
    }

    @Test
    void aTargetThatSpeaksSomethingElseIsNotHealthy() throws Exception {
        try (ReservedPort http1 = new ReservedPort()) {
            http1.listen(10, Http2ConnectionsTest::refuse);

            assertThat(failureToDeploy(ServiceOptions.defaults(), "h2c://" + http1.address()))
                    .contains("h2c://" + http1.address() + " (last probe: ")
                    .contains("does not speak HTTP/2");
        }
        assertThat(proxy.assembly.client().getDestinations()).isEmpty();
    }

    private static void refuse(Socket socket) {
        try (socket) {
            socket.getInputStream().read(new byte[16]);
            socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aTargetThatTakesConnectionsButSaysNothingIsNotHealthy() throws Exception {
        proxy = start(loopback().connectTimeout(Duration.ofMillis(200)));
        try (ReservedPort silent = new ReservedPort()) {
            silent.listen(10, socket -> {});

            assertThat(failureToDeploy(ServiceOptions.defaults(), "h2c://" + silent.address()))
                    .contains("(last probe: no answer in time)");
        }
    }

    @Test
    void aRequestToATargetThatSaysNothingIsAnsweredInTime() throws Exception {
        proxy = start(loopback().connectTimeout(Duration.ofMillis(100)));
        try (ReservedPort silent = new ReservedPort()) {
            silent.listen(10, socket -> {});
            proxy.services()
                    .deploy(Deployment.builder("app")
                            .target("h2c://" + silent.address())
                            .force(true)
                            .options(ServiceOptions.builder()
                                    .responseTimeout(Duration.ofSeconds(10))
                                    .build())
                            .build());

            assertThat(client().get("/").status()).isIn(502, 504);
        }
    }

    @Test
    void anotherTargetTakesTheRequestsOfOneThatRefusesConnections() throws Exception {
        Http2Target target = closing(Http2Target.saying("ok")).start();
        proxy = start(loopback());
        try (ReservedPort refusing = new ReservedPort()) {
            proxy.services()
                    .deploy(Deployment.builder("app")
                            .target("h2c://" + refusing.address())
                            .target(target.address())
                            .force(true)
                            .build());
            Http2Client client = http2();

            for (int i = 0; i < 10; i++) {
                assertThat(client.begin("POST", "/", true).response().text()).isEqualTo("ok");
            }
        }
    }

    @Test
    void aConnectionThatBreaksWhileItIsIdleCostsNoRequest() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> request.whenWhole(() -> request.respond("ok"))));
        Http2Client client = http2();

        for (int i = 0; i < 20; i++) {
            assertThat(client.begin("POST", "/", true).response().text()).isEqualTo("ok");
            target.breakConnections();
            eventually("the proxy has noticed", this::hasNoConnection);
        }
    }

    private boolean hasNoConnection() {
        return proxy.assembly.client().getDestinations().stream()
                .allMatch(destination -> destination.getConnectionPool().isEmpty());
    }

    @Test
    void aStreamThatIsResetLeavesTheConnectionInUse() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {
            if (request.path().equals("/bad")) {
                request.reset(ErrorCode.INTERNAL_ERROR);
            } else {
                request.respond("ok");
            }
        }));
        Http2Client client = http2();

        for (int i = 0; i < 10; i++) {
            assertThat(client.begin("POST", "/bad", true).response().status()).isEqualTo(502);
            assertThat(client.get("/").text()).isEqualTo("ok");
        }

        assertThat(target.usedConnections()).isEqualTo(1);
    }
}
