package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Requests that wait for a connection to their target, all of which are in use. */
class QueuedRequestTest extends ProxyScaffold {
    private final CountDownLatch over = new CountDownLatch(1);

    /** Whose requests are all on one lane, which has one connection, as is right for one client. */
    private Http2Client client;

    @BeforeEach
    void useTheOnlyConnection() throws Exception {
        proxy = start(loopback().maxConnectionsPerTarget(1));
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
                    RawTarget.awaitUninterrupted(over);
                }),
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(300)).build());
        client = http2();
        assertThat(client.begin("GET", "/events", true).nextStatus()).isEqualTo(200);
    }

    @AfterEach
    void endTheStream() {
        over.countDown();
    }

    @Test
    void oneWithoutABodyIsGivenUpInTime() throws Exception {
        assertThat(client.get("/").status()).isEqualTo(504);
    }

    @Test
    void soIsOneWithABody() throws Exception {
        Http2Client.Sent sent = client.begin("POST", "/", false, "content-length", "5");

        assertThat(sent.data("hello".getBytes(ISO_8859_1), true).response().status())
                .isEqualTo(504);
    }

    @Test
    void soIsOneWhoseBodyIsStillToCome() throws Exception {
        assertThat(client.begin("POST", "/", false).response().status()).isEqualTo(504);
    }
}
