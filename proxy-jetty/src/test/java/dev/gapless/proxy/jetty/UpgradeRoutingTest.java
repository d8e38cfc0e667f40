package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Which target a WebSocket gets, when, and what that hears of its client: what any other request gets to have. */
class UpgradeRoutingTest extends TunnelScaffold {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofMinutes(5);

    private CompletableFuture<TunnelClient> opening(Wire wire) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return open(wire);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private TunnelTarget another() throws Exception {
        return closing(TunnelTarget.ofWebSockets());
    }

    private static void assertJoined(TunnelClient client, TunnelTarget.End end) throws Exception {
        client.send("question");
        assertThat(end.read(8)).isEqualTo("question");
        end.send("answer");
        assertThat(client.read(6)).isEqualTo("answer");
        end.close();
        client.readToEnd();
        client.finish();
    }

    @ParameterizedTest
    @EnumSource
    void aPausedServiceHoldsItAndLetsItThroughWhenItIsResumed(Wire wire) throws Exception {
        serveWebSockets();
        proxy.services().pause("app", SHORT, LONG);

        CompletableFuture<TunnelClient> opening = opening(wire);
        eventually("it is held", () -> proxy.services().list().get(0).requestsHeld() == 1);
        assertThat(opening).isNotDone();
        proxy.services().resume("app");

        assertJoined(opening.get(20, TimeUnit.SECONDS), target.next());
        assertThat(log.next().held()).isPositive();
    }

    @Test
    void whatIsSaidWhileItIsHeldIsNotLost() throws Exception {
        serveWebSockets();
        proxy.services().pause("app", SHORT, LONG);
        TunnelClient.OfConnection client = connection(Wire.HTTP1);
        client.send(RawClient.head("GET", "/ws", WebSockets.asked()) + "early");
        Http2Client http2 = http2();
        Http2Client.Sent stream = http2.connect("websocket", "/ws");
        stream.data(new byte[] {'e', 'a', 'r', 'l', 'y'}, false);
        eventually("they are held", () -> proxy.services().list().get(0).requestsHeld() == 2);

        proxy.services().resume("app");

        assertThat(target.next().read(5)).isEqualTo("early");
        assertThat(target.next().read(5)).isEqualTo("early");
        assertThat(client.client().readHead().status()).isEqualTo(101);
        assertThat(stream.nextStatus()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWhileItIsHeldLeavesTheQueue(Wire wire) throws Exception {
        serveWebSockets();
        proxy.services().pause("app", SHORT, LONG);
        TunnelClient client;
        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            client = new TunnelClient.OfStream(http2, http2.connect("websocket", "/ws"));
        } else {
            client = connection(wire).send(RawClient.head("GET", "/ws", WebSockets.asked()));
        }
        eventually("it is held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        client.reset();

        eventually("the queue is empty", () -> proxy.services().list().get(0).requestsHeld() == 0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @EnumSource
    void aStoppedServiceRefusesIt(Wire wire) throws Exception {
        serveWebSockets();
        proxy.services().stop("app", SHORT, "gone fishing");

        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            assertThat(http2.connect("websocket", "/ws").response().status()).isEqualTo(503);
            assertThat(http2.connect("websocket", "/ws").response().fields().get("retry-after"))
                    .isNotNull();
        } else {
            RawClient client = connection(wire).client();
            assertThat(client.get("/ws", WebSockets.asked()).status()).isEqualTo(503);
            assertThat(client.get("/ws", WebSockets.asked()).field("Retry-After"))
                    .isNotNull();
        }
    }

    /** Its GET is as good as any other (RFC 9110, section 9.2.2). */
    @ParameterizedTest
    @EnumSource
    void aTargetThatRefusesTheConnectionCostsNone(Wire wire) throws Exception {
        proxy = start(listening());
        TunnelTarget first = another();
        TunnelTarget second = another();
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(first.target().address())
                        .target(second.target().address())
                        .options(overEachWire().build())
                        .build());
        first.target().leave();

        for (int i = 0; i < 4; i++) {
            assertJoined(open(wire), second.next());
        }

        assertThat(log.retries()).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatHangsUpInsteadOfAnAnswerCostsNone(Wire wire) throws Exception {
        proxy = start(listening());
        TunnelTarget second = another();
        RawTarget hangingUp = closing(RawTarget.answeringHeads((request, connection) -> connection.close()));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(hangingUp.address())
                        .target(second.target().address())
                        .options(overEachWire().build())
                        .build());

        for (int i = 0; i < 4; i++) {
            assertJoined(open(wire), second.next());
        }

        assertThat(log.retries()).isNotEmpty();
    }

    @Test
    void aPostThatMayHaveHadAnEffectIsNotRepeated() throws Exception {
        proxy = start(listening());
        RawTarget hangingUp = RawTarget.answering((request, connection) -> connection.close());
        serve(hangingUp, overEachWire().build());

        assertThat(client().send(RawClient.head(
                                        "POST", "/exec", "Connection: Upgrade", "Upgrade: tcp", "Content-Length: 2")
                                + "{}")
                        .read()
                        .status())
                .isEqualTo(502);

        hangingUp.taken();
        assertThat(hangingUp.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itGoesToReadersOnlyWhereThatIsWanted(boolean toReaders) throws Exception {
        proxy = start(listening());
        TunnelTarget writer = another();
        TunnelTarget reader = another();
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(writer.target().address())
                        .reader(reader.target().address())
                        .options(overEachWire()
                                .balancing(Balancing.builder()
                                        .webSocketsToReaders(toReaders)
                                        .build())
                                .build())
                        .build());

        for (Wire wire : Wire.values()) {
            assertJoined(open(wire), (toReaders ? reader : writer).next());
        }
    }

    @Test
    void itGoesToTheRolloutIfItsClientIsIn() throws Exception {
        serveWebSockets();
        TunnelTarget rollout = another();
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(rollout.target().address())
                        .asRollout()
                        .build());
        proxy.services().splitRollout("app", RolloutSplit.allowing(List.of("chosen")));

        TunnelClient.OfConnection client = connection(Wire.HTTP1);
        client.send(RawClient.head("GET", "/ws", WebSockets.asked("Cookie: kamal-rollout=chosen")));
        assertThat(client.client().readHead().status()).isEqualTo(101);
        assertJoined(client, rollout.next());
        Http2Client http2 = http2();
        Http2Client.Sent stream = http2.connect("websocket", "/ws", "cookie", "kamal-rollout=chosen");
        assertThat(stream.nextStatus()).isEqualTo(200);
        assertJoined(new TunnelClient.OfStream(http2, stream), rollout.next());
        assertJoined(open(Wire.HTTP1), target.next());
        assertJoined(open(Wire.HTTP2), target.next());
    }

    @Test
    void thePrefixIsStripped() throws Exception {
        proxy = start(listening());
        serve(TunnelTarget.ofWebSockets(), ServiceOptions.builder().pathPrefix("/app"));

        client().send(RawClient.head("GET", "/app/a%2Fb?c=d", WebSockets.asked()));
        assertThat(target.next().request().requestTarget()).isEqualTo("/a%2Fb?c=d");
        http2().connect("websocket", "/app/a%2Fb?c=d");
        assertThat(target.next().request().requestTarget()).isEqualTo("/a%2Fb?c=d");
    }

    @ParameterizedTest
    @EnumSource
    void itsTargetHearsWhoItsClientIs(Wire wire) throws Exception {
        serveWebSockets(overEachWire()
                .headers(HeaderOptions.builder().trustForwarded(false).build()));
        String scheme = wire == Wire.TLS ? "https" : "http";

        open(wire);

        RawMessage request = target.next().request();
        assertThat(request.field("Host")).isEqualTo("example.com");
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo(scheme);
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
        assertThat(request.field("X-Request-ID")).isNotEmpty();
        assertThat(request.field("X-Kamal-Target")).isEqualTo(target.target().address());
    }

    @Test
    void whatAClientClaimsToBeIsNotPassedOn() throws Exception {
        serveWebSockets(overEachWire()
                .headers(HeaderOptions.builder().trustForwarded(false).build()));

        client().send(RawClient.head(
                "GET",
                "/ws",
                WebSockets.asked("X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil")));

        RawMessage request = target.next().request();
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
    }

    @ParameterizedTest
    @EnumSource
    void headersAreChangedAsTheRulesSay(Wire wire) throws Exception {
        serveWebSockets(overEachWire()
                .headers(HeaderOptions.builder()
                        .requestRules(HeaderRules.builder()
                                .set("X-Added", "to the request")
                                .remove("Origin")
                                .build())
                        .responseRules(HeaderRules.builder()
                                .set("X-Added", "to the response")
                                .build())
                        .build()));

        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            Http2Client.Sent stream = http2.connect("websocket", "/ws", "origin", "http://a");
            assertThat(stream.nextStatus()).isEqualTo(200);
            stream.data(new byte[0], true);
        } else {
            TunnelClient.OfConnection client = connection(wire);
            client.send(RawClient.head("GET", "/ws", WebSockets.asked("Origin: http://a")));
            RawMessage head = client.client().readHead();
            assertThat(head.status()).isEqualTo(101);
            assertThat(head.field("X-Added")).isEqualTo("to the response");
            assertThat(head.field("Upgrade")).isEqualTo("websocket");
        }

        RawMessage request = target.next().request();
        assertThat(request.field("X-Added")).isEqualTo("to the request");
        assertThat(request.names()).doesNotContain("origin");
        assertThat(request.field("Upgrade")).isEqualTo("websocket");
        assertThat(request.field("Connection")).isEqualTo("Upgrade");
    }

    @Test
    void itIsNotOneOfTheConnectionsThatATargetGets() throws Exception {
        proxy = start(listening().maxConnectionsPerTarget(1));
        serveWebSockets();

        List<TunnelClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(open(i % 2 == 0 ? Wire.HTTP1 : Wire.HTTP2));
        }

        for (TunnelClient client : clients) {
            assertJoined(client, target.next());
        }
    }

    @ParameterizedTest
    @EnumSource
    void itIsReportedOnceAndWhenItEnds(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.send("12345");
        assertThat(end.read(5)).isEqualTo("12345");
        end.send("1234567");
        assertThat(client.read(7)).isEqualTo("1234567");
        assertThat(log.isEmpty()).isTrue();

        end.close();
        client.readToEnd();
        client.finish();

        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(wire == Wire.HTTP2 ? 200 : 101);
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.target()).hasToString(target.target().address());
        assertThat(summary.path()).isEqualTo("/ws");
        assertThat(summary.scheme()).isEqualTo(wire == Wire.TLS ? "https" : "http");
        assertThat(summary.requestBytes()).isEqualTo(5);
        assertThat(summary.responseBytes()).isEqualTo(7);
        assertThat(summary.timeToResponse()).isPositive().isLessThan(summary.duration());
        assertThat(summary.failure()).isNull();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.isEmpty()).isTrue();
    }
}
