package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** What becomes of the requests of a service that is paused or stopped. */
class PausedServiceTest extends HoldScaffold {
    @Test
    void aHeldRequestIsForwardedWhenTheServiceIsResumed() throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(RawClient.head("GET", "/a?b"));
        awaitHeld(1);
        assertThat(target.hasTakenNone()).isTrue();

        resume();

        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(target.taken().requestTarget()).isEqualTo("/a?b");
        assertThat(client.get("/next").text()).isEqualTo("ok");
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.held()).isPositive().isLessThan(summary.duration());
        assertThat(log.next().held()).isNull();
    }

    @Test
    void aHeldRequestIsForwardedOverHttp2WhenTheServiceIsResumed() throws Exception {
        RawTarget target = servePaused();
        Http2Client.Sent sent = http2().begin("GET", "/a", true);
        awaitHeld(1);

        resume();

        assertThat(sent.response().text()).isEqualTo("ok");
        assertThat(target.taken().requestTarget()).isEqualTo("/a");
    }

    @Test
    void aHeldRequestIsForwardedOverTlsWhenTheServiceIsResumed() throws Exception {
        Certificates certificate = Certificates.shared();
        proxy = start(loopback().listener(log).httpsPort(0).certificate(certificate.chain(), certificate.key()));
        servePaused(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().tls(true).build());
        RawClient left = closing(new RawClient(
                        certificate.trusting().getSocketFactory().createSocket("localhost", proxy.httpsPort())))
                .send(RawClient.head("GET", "/left"));
        RawClient client = closing(new RawClient(
                        certificate.trusting().getSocketFactory().createSocket("localhost", proxy.httpsPort())))
                .send(post("/", "hello"));
        awaitHeld(2);
        left.close();
        awaitHeld(1);

        resume();

        assertThat(client.read().text()).isEqualTo("ok");
    }

    @Test
    void requestsAreReleasedInTheOrderInWhichTheyCame() throws Exception {
        RawTarget target = servePaused(RawTarget.answering(RawTarget.OK), limited(100, 1 << 20, 1));
        Http2Client http2 = http2();
        for (int i = 0; i < 30; i++) {
            switch (i % 3) {
                case 0 -> client().send(RawClient.head("GET", "/" + i));
                case 1 -> client().send(post("/" + i, "hello"));
                default -> http2.begin("GET", "/" + i, true);
            }
            awaitHeld(i + 1);
        }

        resume();

        for (int i = 0; i < 30; i++) {
            assertThat(target.taken().requestTarget()).isEqualTo("/" + i);
        }
    }

    @Test
    void noMoreAreReleasedAtOnceThanMayBe() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        servePaused(RawTarget.answeringAfter(goOn, RawTarget.OK), limited(100, 0, 3));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            clients.add(client().send(RawClient.head("GET", "/" + i)));
        }
        awaitHeld(10);

        resume();

        awaitHeld(7);
        eventually("the released are in flight", () -> requestsInFlight() == 3);
        RawClient late = client().send(RawClient.head("GET", "/late"));
        eventually("who comes later does not queue", () -> requestsInFlight() == 4);
        goOn.countDown();
        for (RawClient client : clients) {
            assertThat(client.read().status()).isEqualTo(200);
        }
        assertThat(late.read().status()).isEqualTo(200);
    }

    @Test
    void pipelinedRequestsStayIntact() throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(post("/1", "hello") + post("/2", "world") + RawClient.head("GET", "/3"));
        awaitHeld(1);
        client.send(post("/4", "again"));

        resume();

        for (int i = 1; i <= 4; i++) {
            assertThat(client.read().text()).isEqualTo("ok");
            assertThat(target.taken().requestTarget()).isEqualTo("/" + i);
        }
    }

    @Test
    void theNextRequestOfAHeldOneWaitsItsTurn() throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(RawClient.head("GET", "/1"));
        awaitHeld(1);
        client.send(RawClient.head("GET", "/2")).send(RawClient.head("GET", "/3"));

        resume();

        for (int i = 1; i <= 3; i++) {
            assertThat(client.read().text()).isEqualTo("ok");
            assertThat(target.taken().requestTarget()).isEqualTo("/" + i);
        }
    }

    @Test
    void aRequestThatHasBeenHeldForTheMaximumGets504() throws Exception {
        servePaused();
        proxy.services().pause("app", LONG, SHORT);
        RawClient client = client().send(RawClient.head("GET", "/"));
        Http2Client.Sent sent = http2().begin("POST", "/", false, "content-length", "5");

        assertThat(client.read().status()).isEqualTo(504);
        assertThat(sent.response().status()).isEqualTo(504);
        assertThat(info().requestsHeld()).isZero();
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(504);
        assertThat(summary.held()).isGreaterThanOrEqualTo(SHORT);
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.target()).isNull();
        assertThat(summary.slot()).isNull();
        assertThat(client.send(RawClient.head("GET", "/")).read().status()).isEqualTo(504);
    }

    @Test
    void requestsOfAStoppedServiceGetItsMessage() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        proxy.services().stop("app", "Back <soon> & well");

        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.field("Retry-After")).isNotNull();
        assertThat(response.field("Cache-Control")).isEqualTo("no-store");
        assertThat(response.text()).contains("Back &lt;soon&gt; &amp; well");
        Http2Client.Response http2 = http2().get("/");
        assertThat(http2.status()).isEqualTo(503);
        assertThat(http2.text()).contains("Back &lt;soon&gt; &amp; well");
    }

    @Test
    void whatIsHeldWhenAServiceIsStoppedGetsItsMessage() throws Exception {
        servePaused();
        RawClient client = client().send(post("/", "hello"));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        awaitHeld(2);

        proxy.services().stop("app", "later");

        RawMessage response = client.read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.field("Retry-After")).isNotNull();
        assertThat(response.field("Cache-Control")).isEqualTo("no-store");
        assertThat(response.text()).contains("later");
        assertThat(sent.response().status()).isEqualTo(503);
        proxy.services().resume("app");
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void theHealthPathGoesOnBeingAnsweredWithoutTheTarget() throws Exception {
        RawTarget target = RawTarget.answering(RawTarget.OK);
        ServiceOptions options = ServiceOptions.builder()
                .pathPrefix("/api")
                .healthCheck(HealthCheck.builder().path("/health?deep").build())
                .build();
        servePaused(target, options);
        assertThat(target.taken().requestTarget()).as("the probe").isEqualTo("/health?deep");
        RawClient client = client();

        for (String method : List.of("GET", "HEAD")) {
            client.send(RawClient.head(method, "/api/health"));
            RawMessage response = method.equals("GET") ? client.read() : client.readHead();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.field("Content-Length")).isEqualTo("0");
        }
        proxy.services().stop("app", "");
        assertThat(client.get("/api/health").status()).isEqualTo(200);
        assertThat(http2().get("/api/health").status()).isEqualTo(200);

        assertThat(client.get("/api/health/x").status()).isEqualTo(503);
        assertThat(client.send(RawClient.head("POST", "/api/health", "Content-Length: 0"))
                        .read()
                        .status())
                .isEqualTo(503);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void whatIsHeldWhenAServiceIsRemovedGets404AtOnce() throws Exception {
        servePaused();
        RawClient client = client().send(post("/", "hello"));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        awaitHeld(2);

        proxy.services().remove("app");

        assertThat(client.read().status()).isEqualTo(404);
        assertThat(sent.response().status()).isEqualTo(404);
        assertThat(log.next().service()).isEqualTo("app");
    }

    @Test
    void aServiceThatIsResumedDuringTheDrainOfItsPauseAnswersAll() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        RawTarget target = RawTarget.answering((request, connection) -> {
            if (request.requestTarget().equals("/slow")) {
                RawTarget.awaitUninterrupted(goOn);
            }
            connection.send(RawTarget.OK);
        });
        serve(target);
        RawClient slow = client().send(RawClient.head("GET", "/slow"));
        target.taken();
        CompletionStage<DrainResult> pause = proxy.services().pauseAsync("app", LONG, LONG);
        RawClient held = client().send(RawClient.head("GET", "/held"));
        awaitHeld(1);

        resume();

        assertThat(held.read().status()).isEqualTo(200);
        assertThat(pause.toCompletableFuture().get(10, TimeUnit.SECONDS).requestsCut())
                .isZero();
        goOn.countDown();
        assertThat(slow.read().status()).isEqualTo(200);
    }

    @Test
    void whatIsStillInFlightAtTheDrainTimeoutOfAPauseGets504() throws Exception {
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        RawClient client = client().send(RawClient.head("GET", "/"));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        target.taken();
        target.taken();

        DrainResult drained = proxy.services().pause("app", SHORT, LONG);

        assertThat(drained.requestsCut()).isEqualTo(2);
        assertThat(client.read().status()).isEqualTo(504);
        assertThat(sent.response().status()).isEqualTo(504);
        assertThat(info().requestsHeld()).isZero();
    }

    @Test
    void aProxyThatStopsAnswersWhatItHolds() throws Exception {
        proxy = start(loopback().listener(log).shutdownGrace(LONG));
        servePaused();
        RawClient client = client().send(RawClient.head("GET", "/"));
        RawClient uploading = client().send(RawClient.head("POST", "/", "Content-Length: 10") + "hello");
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        awaitHeld(3);

        Thread stopping = new Thread(proxy::stop);
        stopping.start();

        RawMessage response = client.read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.field("Retry-After")).isNotNull();
        assertThat(uploading.read().status()).isEqualTo(503);
        uploading.close();
        assertThat(sent.response().status()).isEqualTo(503);
        stopping.join(20_000);
        assertThat(stopping.isAlive()).isFalse();
    }

    @Test
    void aHeldRequestIsNotIdle() throws Exception {
        servePaused();
        RawClient get = client().send(RawClient.head("GET", "/"));
        RawClient post = client().send(post("/", "hello"));
        RawClient chunked =
                client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n");
        RawClient expecting = client().send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        Http2Client http2 = http2();
        Http2Client.Sent getting = http2.begin("GET", "/", true);
        Http2Client.Sent posting = http2.begin("POST", "/", false).data("hello".getBytes(ISO_8859_1), true);
        awaitHeld(6);
        awaitIdleTimeouts();

        resume();

        assertThat(get.read().text()).isEqualTo("ok");
        assertThat(post.read().text()).isEqualTo("ok");
        assertThat(chunked.read().text()).isEqualTo("ok");
        assertThat(expecting.readHead().status()).isEqualTo(100);
        assertThat(expecting.send("hello").read().text()).isEqualTo("ok");
        assertThat(getting.response().text()).isEqualTo("ok");
        assertThat(posting.response().text()).isEqualTo("ok");
    }

    @Test
    void aClientThatIsSilentWithinItsBodyIsNotHeldForEver() throws Exception {
        proxy = start(loopback().listener(log));
        servePaused();
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 5") + "hel");
        awaitHeld(1);

        awaitIdleTimeouts();

        assertThat(client.read().status()).isEqualTo(408);
        awaitHeld(0); // It leaves the queue when its answer has been written.
    }

    /** The target has done its part; how long the client takes for the rest of its upload is nobody else's loss. */
    @Test
    void aClientThatDoesNotFinishItsUploadKeepsNobodyInTheQueue() throws Exception {
        servePaused(
                RawTarget.answeringHeads((request, connection) -> connection.send(RawTarget.OK)),
                ServiceOptions.builder()
                        .holdLimits(new HoldLimits(10, 10 << 20, 1))
                        .bodies(streaming().bodies())
                        .build());
        RawClient uploading = client().send(RawClient.head("POST", "/", "Content-Length: 100000") + "begin");
        awaitHeld(1);
        RawClient next = client().send(RawClient.head("GET", "/"));
        awaitHeld(2);

        resume();

        assertThat(uploading.read().status()).isEqualTo(200);
        assertThat(next.read().status()).isEqualTo(200);
    }

    /** No target is burdened by it before its body is whole. */
    @Test
    void aClientWhoseUploadIsBufferedKeepsNobodyInTheQueue() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(10, 10 << 20, 1));
        RawClient uploading = client().send(RawClient.head("POST", "/", "Content-Length: 10") + "begin");
        awaitHeld(1);
        RawClient next = client().send(RawClient.head("GET", "/"));
        awaitHeld(2);

        resume();

        assertThat(next.read().status()).isEqualTo(200);
        assertThat(uploading.send("ended").read().status()).isEqualTo(200);
    }

    /** It has lost its place, as it was released once, but waits like any other. */
    @Test
    void aClientThatIsStillUploadingWhenTheServiceIsPausedAgainWaitsOnceMore() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(10, 10 << 20, 1));
        RawClient uploading = client().send(RawClient.head("POST", "/", "Content-Length: 10") + "begin");
        awaitHeld(1);
        resume();
        awaitHeld(0);
        pause();

        uploading.send("ended");
        awaitHeld(1);
        resume();

        assertThat(uploading.read().status()).isEqualTo(200);
    }
}
