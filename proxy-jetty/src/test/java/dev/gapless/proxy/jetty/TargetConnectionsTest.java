package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The connections that the proxy keeps to targets. */
class TargetConnectionsTest extends ProxyScaffold {
    /** Item 11 of the notes on Jetty: the target closes its kept connections without a word, and no client notices. */
    @Test
    void aKeptConnectionThatTheTargetHasClosedCostsNoRequest() throws Exception {
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            connection.send(RawTarget.OK);
            connection.close();
        }));
        RawClient client = client();

        for (int i = 0; i < 100; i++) {
            assertThat(client.get("/" + i).text()).isEqualTo("ok");
        }

        assertThat(target.usedConnections()).isEqualTo(100);
    }

    /** As above: the connection dies under the request, before any response. */
    @Test
    void aRequestWhoseKeptConnectionDiesUnderItIsSentAgain() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            if (seen.incrementAndGet() == 2) {
                connection.close();
            } else {
                connection.send(RawTarget.OK);
            }
        }));
        RawClient client = client();

        assertThat(client.get("/1").text()).isEqualTo("ok");
        assertThat(client.get("/2").text()).isEqualTo("ok");

        assertThat(List.of(target.taken(), target.taken(), target.taken()))
                .extracting(RawMessage::requestTarget)
                .containsExactly("/1", "/2", "/2");
    }

    /** As above: what may have had an effect is not done twice. */
    @Test
    void aPostIsNotSentAgain() throws Exception {
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.close()));

        RawMessage response = client().send(RawClient.head("POST", "/", "Content-Length: 2") + "hi")
                .read();

        assertThat(response.status()).isEqualTo(502);
        target.taken();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aConnectionThatIsIdleForLongerThanTheTargetMayKeepItIsClosed() throws Exception {
        proxy = start(loopback().targetKeepAlive(Duration.ofMillis(10)));
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        client().get("/");

        eventually("the connection is closed", () -> target.openConnections() == 0);
        assertThat(client().get("/").text()).isEqualTo("ok");
    }

    /** Item 14 of the notes on Jetty: neither connections nor destinations of replaced targets stay. */
    @Test
    void theConnectionsOfAReplacedTargetAreClosed() throws Exception {
        RawTarget first = serve(RawTarget.answering(RawTarget.OK));
        client().get("/");
        client().get("/");
        assertThat(first.openConnections()).isPositive();

        serve(RawTarget.answering(RawTarget.OK));

        eventually("its connections are closed", () -> first.openConnections() == 0);
    }

    @Test
    void theConnectionsOfARemovedServiceAreClosed() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();
        client.get("/");

        proxy.services().remove("app");

        eventually("its connections are closed", () -> target.openConnections() == 0);
        assertThat(client.get("/").status()).isEqualTo(404);
    }

    @Test
    void aTargetThatIsDeployedAgainGetsNewConnections() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();
        client.get("/");

        deploy("app", ServiceOptions.defaults(), target);
        client.get("/");

        assertThat(target.usedConnections()).isEqualTo(2);
        eventually("the old one is closed", () -> target.openConnections() == 1);
    }

    @Test
    void aClientKeepsItsConnectionAcrossDeployments() throws Exception {
        proxy = start(loopback());
        RawClient client = client();
        Http2Client http2 = http2();
        for (String version : List.of("v1", "v2", "v3")) {
            RawTarget replaced = serve(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + version));

            assertThat(client.get("/").text()).isEqualTo(version);
            assertThat(http2.get("/").text()).isEqualTo(version);
            assertThat(replaced.taken().requestTarget()).isEqualTo("/");
        }
    }

    @Test
    void aRequestUnderWayIsFinishedByTheReplacedTarget() throws Exception {
        CountDownLatch swapped = new CountDownLatch(1);
        RawTarget first = serve(RawTarget.answeringAfter(swapped, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"));
        RawClient early = client().send(RawClient.head("GET", "/"));
        first.taken();
        RawTarget second = closing(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"));

        var deployment = proxy.services()
                .deployAsync(Deployment.of("app", second.address()))
                .toCompletableFuture();
        eventually("the swap", () -> proxy.services().list().get(0).generation() == 2);

        assertThat(client().get("/").text()).isEqualTo("new");
        assertThat(deployment).isNotDone();
        swapped.countDown();
        assertThat(early.read().text()).isEqualTo("old");
        assertThat(deployment).succeedsWithin(Duration.ofSeconds(10));
    }

    /** Item 14 of the notes on Jetty: more requests at once than Jetty's 64 connections. */
    @Test
    void aTargetGetsAsManyRequestsAtOnceAsThereAre() throws Exception {
        int requests = 300;
        CountDownLatch all = new CountDownLatch(requests);
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            all.countDown();
            RawTarget.awaitUninterrupted(all);
            connection.send(RawTarget.OK);
        }));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            clients.add(client().send(RawClient.head("GET", "/")));
        }

        for (RawClient client : clients) {
            assertThat(client.read().text()).isEqualTo("ok");
        }
        assertThat(target.usedConnections()).isEqualTo(requests);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    /** Item 14 of the notes on Jetty: beyond the limits a request is answered, not lost. */
    @Test
    void requestsBeyondWhatMayWaitForATargetAre503() throws Exception {
        int requests = Runtime.getRuntime().availableProcessors() * 30;
        CountDownLatch refused = new CountDownLatch(1);
        RequestLog log = new RequestLog();
        proxy = start(loopback().maxConnectionsPerTarget(1).listener(log));
        serve(RawTarget.answeringAfter(refused, RawTarget.OK));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            clients.add(client().send(RawClient.head("GET", "/")));
        }

        assertThat(log.next().status()).isEqualTo(503);
        refused.countDown();

        int ok = 0;
        int unavailable = 0;
        for (RawClient client : clients) {
            RawMessage response = client.read();
            ok += response.status() == 200 ? 1 : 0;
            unavailable += response.status() == 503 && response.field("Retry-After") != null ? 1 : 0;
        }
        assertThat(ok).isPositive();
        assertThat(unavailable).isPositive();
        assertThat(ok + unavailable).isEqualTo(requests);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void beyondTheLimitOfConnectionsAClientWaitsUntilAnotherLeaves() throws Exception {
        proxy = start(loopback().maxConnections(2));
        serve(RawTarget.answering(RawTarget.OK));
        RawClient first = client();
        RawClient second = client();
        assertThat(first.get("/").status()).isEqualTo(200);
        assertThat(second.get("/").status()).isEqualTo(200);
        RawClient third = client().send(RawClient.head("GET", "/third"));

        assertThat(first.get("/").status()).isEqualTo(200);
        first.close();

        assertThat(third.read().status()).isEqualTo(200);
        assertThat(second.get("/").status()).isEqualTo(200);
    }
}
