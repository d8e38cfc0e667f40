package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ServiceOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Ten thousand clients who want at once what nobody has yet. */
@Tag("proof")
class CacheHerdTest extends CacheScaffold {
    private static final int CONNECTIONS = 1000;
    private static final int STREAMS_EACH = 100;
    private static final int HTTP2_CONNECTIONS = 90;
    private static final int ALL = CONNECTIONS + HTTP2_CONNECTIONS * STREAMS_EACH;

    private static final List<String> CODINGS = List.of("gzip", "br", "zstd", "identity");
    private static final String BODY = "b".repeat(2000);

    @Test
    void tenThousandRequestsForOneColdKeyAreOneForTheTarget() throws Exception {
        askAtOnce(cached().build());
    }

    @Test
    void soTheyAreWhateverTheirClientsAccept() throws Exception {
        Map<String, Set<String>> bodies =
                askAtOnce(cached().compression(CompressionOptions.defaults()).build());

        assertThat(bodies.keySet()).containsExactlyInAnyOrder("gzip", "br", "zstd", "null");
        assertThat(bodies.values()).allSatisfy(each -> assertThat(each).hasSize(1));
        for (String coding : CODINGS.subList(0, 3)) {
            byte[] made = bodies.get(coding).iterator().next().getBytes(ISO_8859_1);
            assertThat(Decoded.whole(coding, made)).asString(ISO_8859_1).isEqualTo(BODY);
        }
    }

    /** {@return the different bodies that they got, by coding} */
    private Map<String, Set<String>> askAtOnce(ServiceOptions options) throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serveCached(
                counting((request, connection) -> {
                    RawTarget.awaitUninterrupted(goOn);
                    connection.send(fresh(BODY, "Content-Type: text/plain"));
                }),
                options);
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(client().send(RawClient.head("GET", "/", "Accept-Encoding: " + CODINGS.get(i % 4))));
        }
        List<Http2Client.Sent> streams = new ArrayList<>();
        for (int i = 0; i < HTTP2_CONNECTIONS; i++) {
            Http2Client http2 = http2();
            for (int j = 0; j < STREAMS_EACH; j++) {
                streams.add(http2.begin("GET", "/", true, "accept-encoding", CODINGS.get(j % 4)));
            }
        }
        waitUntilSomeWait(ALL - 1);

        goOn.countDown();

        Map<String, Set<String>> bodies = new HashMap<>();
        for (RawClient client : clients) {
            RawMessage response = client.read();
            bodiesOf(response.field("Content-Encoding"), bodies).add(response.text());
        }
        for (Http2Client.Sent stream : streams) {
            Http2Client.Response response = stream.response();
            bodiesOf(response.fields().get("content-encoding"), bodies).add(response.text());
        }
        assertThat(clients.size() + streams.size()).isEqualTo(ALL).isEqualTo(10_000);
        assertThat(asked).hasValue(1);
        assertThat(bodies.get("null")).containsExactly(BODY);
        return bodies;
    }

    private static Set<String> bodiesOf(String coding, Map<String, Set<String>> bodies) {
        return bodies.computeIfAbsent(String.valueOf(coding), none -> new HashSet<>());
    }
}
