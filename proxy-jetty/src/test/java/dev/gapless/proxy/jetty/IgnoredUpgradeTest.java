package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An upgrade to {@code h2c}, which Java's HttpClient and {@code curl --http2} offer with each request in clear text, is ignored: the
 * bodies are those of any request.
 */
class IgnoredUpgradeTest extends ProxyScaffold {
    private static final String OFFER =
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__";

    private static ServiceOptions impatient(Buffering buffering) {
        return ServiceOptions.builder()
                .bodies(BodyOptions.builder()
                        .requestBuffering(buffering)
                        .responseBuffering(Buffering.FULL)
                        .requestPace(new Pace(0, Duration.ofMillis(100)))
                        .build())
                .build();
    }

    private RawTarget serveHeads(ServiceOptions options) throws Exception {
        return serve(RawTarget.answeringHeads((request, connection) -> connection.isLeft()), options);
    }

    @Test
    void aTargetSeesNothingOfAnUploadThatIsNeverWhole() throws Exception {
        RawTarget target = serveHeads(impatient(Buffering.FULL));

        RawMessage response = client().send(RawClient.head("POST", "/", OFFER, "Content-Length: 10") + "abc")
                .read();

        assertThat(response.status()).isEqualTo(408);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {OFFER, "Connection: Upgrade\r\nUpgrade: other"})
    void anUploadThatStallsOnItsWayToTheTargetIsTimedOut(String upgrade) throws Exception {
        serveHeads(impatient(Buffering.OFF));

        RawMessage response = client().send(RawClient.head("POST", "/", upgrade, "Content-Length: 10") + "abc")
                .read();

        assertThat(response.status()).isEqualTo(408);
    }

    @Test
    void aResponseThatBreaksOffIsABadGatewayAsNothingOfItHasGone() throws Exception {
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                    connection.close();
                }),
                impatient(Buffering.FULL));

        assertThat(client().get("/", OFFER).status()).isEqualTo(502);
    }
}
