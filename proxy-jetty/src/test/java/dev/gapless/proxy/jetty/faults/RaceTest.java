package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.RequestSummary;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Two ends that meet: repeated often enough for each order to happen. */
class RaceTest extends FaultTest {
    /** How often it is repeated. */
    int rounds() {
        return 20;
    }

    @ParameterizedTest
    @EnumSource
    void aClientLeavesWhileItsResponseArrives(Leaving way) throws Exception {
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            String body = call.body();
            spin(call.head().length() % 50);
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        }));
        for (int i = 0; i < rounds(); i++) {
            try (RawClient client = client()) {
                client.send(i % 2 == 0 ? GET : POST);
                target.awaitRequest();
                spin(i % 100);
                way.leave(client);
                assertThat(awaitEnded().status()).isIn(200, 499);
            }
        }
        await("the end of all leases", () -> requestsInFlight() == 0);
        assertThat(target.heads()).hasSize(rounds());
    }

    @Test
    void theNextRequestArrivesJustAsTheResponseIsSent() throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        try (RawClient client = client()) {
            for (int i = 0; i < 5 * rounds(); i++) {
                client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
                target.awaitRequest();
                spin(i % 100);
                client.send("GET /2 HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(i % 1100) + "\r\n\r\n");
                assertThat(client.readResponse()).endsWith("\r\n\r\nPOST /1 abc");
                assertThat(client.readResponse()).endsWith("\r\n\r\nGET /2 ");
                target.awaitRequest();
            }
        }
    }

    @Test
    void aRequestArrivesJustAsItsTargetIsReplacedAndCut() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        deploy(new EchoingTarget());
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String request = i % 2 == 0 ? GET : POST;
                clients.add(threads.submit(() -> {
                    RawClient client = client();
                    while (!over.get()) {
                        String response = client.send(request).readResponse();
                        // Cut, as the drain has no time at all; but never lost, and never a bad gateway.
                        assertThat(response.startsWith("HTTP/1.1 200 ") || response.startsWith("HTTP/1.1 504 "))
                                .as(response)
                                .isTrue();
                        if (response.contains("Connection: close\r\n")) {
                            client.close();
                            client = client();
                        }
                    }
                    client.close();
                    return null;
                }));
            }
            List<EchoingTarget> replaced = new ArrayList<>();
            for (int i = 0; i < rounds() / 2; i++) {
                EchoingTarget next = new EchoingTarget();
                deploy(Duration.ZERO, next);
                replaced.add(next);
            }
            over.set(true);
            for (Future<?> client : clients) {
                client.get();
            }
            replaced.remove(replaced.size() - 1);
            await(
                    "the end of all connections to replaced targets",
                    () -> replaced.stream().allMatch(target -> target.open() == 0));
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
        for (RequestSummary summary : ended) {
            assertThat(summary.status()).isIn(200, 504);
        }
    }

    @Test
    void slowResponsesOutliveTheDeploymentsThatReplaceTheirTargets() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        List<RawClient> clients = new ArrayList<>();
        List<Future<?>> deployments = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            for (int i = 0; i < 20; i++) {
                ScriptedTarget target = new ScriptedTarget(call -> {
                    call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n");
                    goOn.await();
                    call.send("3\r\nend\r\n0\r\n\r\n");
                    return true;
                });
                int before = proxy.services().list().size();
                deployments.add(threads.submit(() -> deploy(LONGER_THAN_ANYONE_WAITS, target)));
                if (before == 0) {
                    deployments.get(0).get();
                }
                RawClient client = client();
                client.send(GET).readHead();
                clients.add(client);
            }
            goOn.countDown();
            for (RawClient client : clients) {
                assertThat(new String(client.in().readNBytes(23), StandardCharsets.US_ASCII))
                        .contains("begin")
                        .endsWith("0\r\n\r\n");
                client.close();
            }
            for (Future<?> deployment : deployments) {
                deployment.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void spin(int micros) {
        long until = System.nanoTime() + micros * 1000L;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }
}
