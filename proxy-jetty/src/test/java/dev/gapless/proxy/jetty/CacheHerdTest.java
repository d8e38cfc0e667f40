package dev.gapless.proxy.jetty;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Ten thousand clients who want at once what nobody has yet. */
@Tag("proof")
class CacheHerdTest extends CacheScaffold {
    private static final int CONNECTIONS = 1000;
    private static final int STREAMS_EACH = 100;
    private static final int HTTP2_CONNECTIONS = 90;
    private static final int ALL = CONNECTIONS + HTTP2_CONNECTIONS * STREAMS_EACH;

    @Test
    void tenThousandRequestsForOneColdKeyAreOneForTheTarget() throws Exception {
        String body = "b".repeat(2000);
        CountDownLatch goOn = new CountDownLatch(1);
        serveCached(counting((request, connection) -> {
            RawTarget.awaitUninterrupted(goOn);
            connection.send(fresh(body));
        }));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(client().send(RawClient.head("GET", "/")));
        }
        List<Http2Client.Sent> streams = new ArrayList<>();
        for (int i = 0; i < HTTP2_CONNECTIONS; i++) {
            Http2Client http2 = http2();
            for (int j = 0; j < STREAMS_EACH; j++) {
                streams.add(http2.begin("GET", "/", true));
            }
        }
        waitUntilSomeWait(ALL - 1);

        goOn.countDown();

        for (RawClient client : clients) {
            assertThat(client.read().text()).isEqualTo(body);
        }
        for (Http2Client.Sent stream : streams) {
            assertThat(stream.response().text()).isEqualTo(body);
        }
        assertThat(clients.size() + streams.size()).isEqualTo(ALL).isEqualTo(10_000);
        assertThat(asked).hasValue(1);
    }
}
