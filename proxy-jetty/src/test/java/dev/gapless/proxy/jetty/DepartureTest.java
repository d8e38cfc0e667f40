package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients that leave while their request is held, or just as it is released or refused. */
class DepartureTest extends HoldScaffold {
    private static final int ROUNDS = 6;
    private static final int ROUNDS_OF_PROOF = 300;

    /** Ways to leave the queue. */
    enum Way {
        GET,
        GET_WITH_ANOTHER_BEHIND,
        GET_WITH_PART_OF_ANOTHER_BEHIND,
        WHOLE_BODY,
        PART_OF_A_BODY,
        NOTHING_OF_A_BODY,
        STREAM,
        STREAM_WITH_BODY,
        STREAM_WITH_PART_OF_A_BODY,
        STREAM_WITHOUT_LENGTH,
        CONNECTION_OF_A_STREAM;

        private static final String HEAD = RawClient.head("POST", "/", "Content-Length: 10");

        boolean isHttp2() {
            return name().contains("STREAM");
        }

        private String bytes() {
            return switch (this) {
                case GET -> RawClient.head("GET", "/");
                case GET_WITH_ANOTHER_BEHIND -> RawClient.head("GET", "/") + RawClient.head("GET", "/next");
                case GET_WITH_PART_OF_ANOTHER_BEHIND -> RawClient.head("GET", "/") + "GET /ne";
                case WHOLE_BODY -> HEAD + "helloworld";
                case PART_OF_A_BODY -> HEAD + "hello";
                default -> HEAD;
            };
        }

        private Http2Client.Sent begin(Http2Client client) throws Exception {
            return switch (this) {
                case STREAM_WITH_BODY ->
                    client.begin("POST", "/", false, "content-length", "5").data("hello".getBytes(ISO_8859_1), true);
                case STREAM_WITH_PART_OF_A_BODY ->
                    client.begin("POST", "/", false, "content-length", "9").data("hello".getBytes(ISO_8859_1), false);
                case STREAM_WITHOUT_LENGTH ->
                    client.begin("POST", "/", false).data("hello".getBytes(ISO_8859_1), false);
                default -> client.begin("GET", "/", true);
            };
        }
    }

    /** Sends a request; what it returns leaves. */
    private AutoCloseable send(Way way) throws Exception {
        if (!way.isHttp2()) {
            return client().send(way.bytes());
        }
        Http2Client client = http2();
        Http2Client.Sent sent = way.begin(client);
        return way == Way.CONNECTION_OF_A_STREAM ? client::disconnect : sent::reset;
    }

    @ParameterizedTest
    @EnumSource
    void whoLeavesLeavesTheQueue(Way way) throws Exception {
        servePaused();
        AutoCloseable leaving = send(way);
        awaitHeld(1);

        leaving.close();

        awaitHeld(0);
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(499);
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.target()).isNull();
        assertThat(summary.held()).isNotNull();
        eventually("nothing is counted as under way", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_WITH_ANOTHER_BEHIND") // Which may be answered, or not.
    void whoLeavesJustAsItIsReleasedGivesItsPlaceUpOnce(Way way) throws Exception {
        leaveJustAsReleased(way, ROUNDS);
    }

    @Tag("proof")
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_WITH_ANOTHER_BEHIND")
    void nobodyGivesItsPlaceUpTwice(Way way) throws Exception {
        leaveJustAsReleased(way, ROUNDS_OF_PROOF);
    }

    private void leaveJustAsReleased(Way way, int rounds) throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(100, 10 << 20, 2));
        for (int i = 0; i < rounds; i++) {
            AutoCloseable leaving = send(way);
            awaitHeld(1);
            Thread resuming = new Thread(this::resume);
            resuming.start();
            leaving.close();
            resuming.join();
            log.next();
            pause();
        }
        theReleaseLimitIsStill(2);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_WITH_ANOTHER_BEHIND") // Which may be answered, or not.
    void whoLeavesJustAsItIsRefusedIsReportedOnce(Way way) throws Exception {
        leaveJustAsRefused(way, ROUNDS);
    }

    @Tag("proof")
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_WITH_ANOTHER_BEHIND")
    void nobodyIsReportedTwice(Way way) throws Exception {
        leaveJustAsRefused(way, ROUNDS_OF_PROOF);
    }

    private void leaveJustAsRefused(Way way, int rounds) throws Exception {
        servePaused();
        for (int i = 0; i < rounds; i++) {
            AutoCloseable leaving = send(way);
            awaitHeld(1);
            Thread stopping = new Thread(() -> proxy.services().stop("app", "away"));
            stopping.start();
            leaving.close();
            stopping.join();
            assertThat(log.next().status()).isIn(499, 503);
            awaitHeld(0); // It is reported a moment before it leaves the queue.
            pause();
        }
        assertThat(log.isEmpty()).isTrue();
    }

    @Test
    void massDeparturesDuringTheReleaseLoseNoPlace() throws Exception {
        RawTarget target = servePaused(RawTarget.answering(RawTarget.OK), limited(1000, 10 << 20, 4));
        for (int round = 0; round < 3; round++) {
            List<AutoCloseable> all = new ArrayList<>();
            Http2Client http2 = http2();
            for (int i = 0; i < 120; i++) {
                Http2Client.Sent sent = http2.begin("GET", "/h2", true);
                all.add(sent::reset);
                all.add(client().send(i % 2 == 0 ? RawClient.head("GET", "/h1") : post("/h1", "hello")));
            }
            awaitHeld(240);
            Collections.shuffle(all, new Random(round));
            RawClient last = client().send(RawClient.head("GET", "/last"));
            awaitHeld(241);

            Thread leaving = new Thread(() -> all.forEach(DepartureTest::close));
            leaving.start();
            resume();

            assertThat(last.read().text()).isEqualTo("ok");
            leaving.join();
            awaitHeld(0);
            eventually("nothing is in flight", () -> requestsInFlight() == 0);
            pause();
        }
        assertThat(target.hasTakenNone()).isFalse();
        theReleaseLimitIsStill(4);
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** With a target that does not answer, exactly so many of what is held are released. */
    private void theReleaseLimitIsStill(int limit) throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        RawTarget blocking = closing(RawTarget.answeringAfter(goOn, RawTarget.OK));
        deploy("app", limited(100, 10 << 20, limit), blocking);
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 3 * limit; i++) {
            clients.add(client().send(RawClient.head("GET", "/" + i)));
        }
        awaitHeld(3 * limit);
        resume();
        eventually("as many are in flight as may be", () -> requestsInFlight() == limit);
        assertThat(info().requestsHeld()).isEqualTo(2 * limit);
        goOn.countDown();
        for (RawClient client : clients) {
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    @Test
    void aServiceWithoutAHealthyTargetAnswersWhatItReleases() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        ServiceOptions options = ServiceOptions.builder()
                .holdLimits(new HoldLimits(10_000, 0, 1))
                .healthCheck(HealthCheck.builder()
                        .path("/health")
                        .interval(Duration.ofMillis(20))
                        .build())
                .build();
        proxy = start(loopback());
        Deployment.Builder deployment = Deployment.builder("app").options(options);
        for (int i = 0; i < 2; i++) {
            RawTarget target = RawTarget.answering((request, connection) ->
                    connection.send(broken.get() ? RawTarget.OK.replace("200", "500") : RawTarget.OK));
            deployment.target(closing(target).address());
        }
        proxy.services().deploy(deployment.build());
        pause();
        List<Http2Client.Sent> sent = new ArrayList<>();
        for (int connection = 0; connection < 5; connection++) {
            Http2Client http2 = http2();
            for (int stream = 0; stream < 100; stream++) {
                sent.add(http2.begin("GET", "/", true));
            }
        }
        awaitHeld(500);
        broken.set(true);
        eventually("none is healthy", () -> info().targets().stream().noneMatch(target -> target.healthy()));

        resume();

        for (Http2Client.Sent each : sent) {
            assertThat(each.response().status()).isEqualTo(503);
            assertThat(each.response().fields().get("Retry-After")).isNotNull();
        }
    }

    @Test
    void aTargetThatHangsUpDoesNotKeepTheQueueFromMoving() throws Exception {
        servePaused(RawTarget.answering((request, connection) -> connection.close()), limited(1000, 0, 2));
        Http2Client http2 = http2();
        List<Http2Client.Sent> sent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sent.add(http2.begin("POST", "/", true));
        }
        awaitHeld(100);

        resume();

        for (Http2Client.Sent each : sent) {
            assertThat(each.response().status()).isEqualTo(502);
        }
    }
}
