package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that trickle, which end, and those that are slow but go on, which live. */
class SlowClientTest extends ProxyScaffold {
    private static final Duration SHORT = Duration.ofMillis(100);

    private final RequestLog log = new RequestLog();

    @BeforeEach
    void listen() {
        proxy = start(loopback().listener(log));
    }

    private static ServiceOptions options(Buffering buffering, Pace pace) {
        return ServiceOptions.builder()
                .bodies(BodyOptions.builder()
                        .requestBuffering(buffering)
                        .responseBuffering(buffering)
                        .requestPace(pace)
                        .responsePace(pace)
                        .build())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void anUploadThatStallsIsTimedOut(Buffering buffering) throws Exception {
        serve(RawTarget.answering(RawTarget.OK), options(buffering, new Pace(0, SHORT)));

        RawMessage response = client().send(RawClient.head("POST", "/", "Content-Length: 10") + "abc")
                .read();

        assertThat(response.status()).isEqualTo(408);
        assertThat(log.next().status()).isEqualTo(408);
        eventually("no request is in flight", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void anUploadThatTricklesIsTimedOut(Buffering buffering) throws Exception {
        serve(RawTarget.answering(RawTarget.OK), options(buffering, new Pace(1_000_000_000, SHORT)));
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 100000000"));

        Thread trickle = new Thread(() -> sendForEver(client));
        trickle.start();

        assertThat(client.read().status()).isEqualTo(408);
        trickle.join();
        assertThat(log.next().status()).isEqualTo(408);
    }

    @Test
    void anUploadThatStallsAfterItsServiceWasPausedIsTimedOut() throws Exception {
        RawTarget target =
                serve(RawTarget.answering(RawTarget.OK), options(Buffering.FULL, new Pace(0, Duration.ofMinutes(5))));
        proxy.services().pause("app", Duration.ofMinutes(5), Duration.ofMinutes(5));
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 10") + "abc");
        eventually("the upload is held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        deploy("app", options(Buffering.FULL, new Pace(0, SHORT)), target);
        proxy.services().resume("app");

        assertThat(client.read().status()).isEqualTo(408);
    }

    private static void sendForEver(RawClient client) {
        try {
            while (true) {
                client.send("x");
                LockSupport.parkNanos(100_000);
            }
        } catch (IOException e) {
            // The proxy reads no more.
        }
    }

    @Test
    void anUploadThatTricklesOverHttp2IsTimedOut() throws Exception {
        serve(RawTarget.answering(RawTarget.OK), options(Buffering.FULL, new Pace(0, SHORT)));

        Http2Client.Sent sent = http2().begin("POST", "/", false).data(new byte[3], false);

        assertThat(sent.response().status()).isEqualTo(408);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/grpc", "application/grpc+proto"})
    void aConversationMayPause(String type) throws Exception {
        serve(
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    connection.isLeft();
                }),
                options(Buffering.FULL, new Pace(1_000_000, Duration.ofNanos(1))));
        RawClient client =
                client().send(RawClient.head("POST", "/", "Content-Type: " + type, "Transfer-Encoding: chunked"));

        assertThat(client.readHead().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatTakesNothingIsCut(Buffering buffering) throws Exception {
        byte[] large = new byte[32 << 20];
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + large.length + "\r\n\r\n");
                    connection.send(large);
                }),
                options(buffering, new Pace(0, SHORT)));
        client().send(RawClient.head("GET", "/"));

        assertThat(log.next().failure()).contains("too slowly");
        eventually("no request is in flight", () -> requestsInFlight() == 0);
    }

    /** What a client still sends after it was answered is read for a while, but not at any pace. */
    @Test
    void aClientThatTricklesAfterItsAnswerIsCut() throws Exception {
        serve(RawTarget.answering(RawTarget.OK), options(Buffering.OFF, new Pace(0, SHORT)));
        proxy.services().stop("app", Duration.ZERO, "");
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 100000") + "abc");

        assertThat(client.read().status()).isEqualTo(503);
        assertThat(log.next().status()).isEqualTo(503); // Told when the proxy has done with it.
    }
}
