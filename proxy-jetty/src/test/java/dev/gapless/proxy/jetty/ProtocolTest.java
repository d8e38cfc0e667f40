package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Which protocol a client is served in. */
class ProtocolTest extends ProxyScaffold {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final String EMPTY_SETTINGS = "\0\0\0\4\0\0\0\0\0";

    private RawTarget target() throws Exception {
        return serve(RawTarget.answering(RawTarget.OK));
    }

    /** Item 9b of the notes on Jetty. */
    @ParameterizedTest
    @ValueSource(strings = {"h2c", "H2C"})
    void anUpgradeToHttp2IsIgnoredAndTheRequestServedAsHttp11(String protocol) throws Exception {
        RawTarget target = target();
        RawClient client = client();

        RawMessage response = client.get(
                "/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: " + protocol, "HTTP2-Settings: AAMAAABkAAQAAP__");

        assertThat(response.startLine()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(target.taken().names()).doesNotContain("upgrade", "http2-settings", "connection");
        assertThat(client.get("/").status()).isEqualTo(200);
    }

    @Test
    void http2InClearTextWorksByPriorKnowledge() throws Exception {
        RawTarget target = target();
        Http2Client client = http2();

        for (int i = 0; i < 3; i++) {
            assertThat(client.get("/" + i).text()).isEqualTo("ok");
            assertThat(target.taken().startLine()).isEqualTo("GET /" + i + " HTTP/1.1");
        }
    }

    @Test
    void thePrefaceIsAnsweredWithSettings() throws Exception {
        target();

        String frame = client().send(PREFACE + EMPTY_SETTINGS).readBytes(4);

        assertThat(frame.charAt(3)).isEqualTo('\4');
    }

    @Test
    void manyStreamsShareAConnection() throws Exception {
        RawTarget target = target();
        Http2Client client = http2();
        Http2Client.Sent[] sent = new Http2Client.Sent[100];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = client.begin("GET", "/" + i, true);
        }

        for (Http2Client.Sent each : sent) {
            assertThat(each.response().text()).isEqualTo("ok");
        }
        assertThat(target.usedConnections()).isPositive();
    }

    /** Item 9b of the notes on Jetty: what a proxy cannot pass on unread is refused, and nothing reaches the target. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            })
    void whatCouldBeReadInTwoWaysIsMalformed(String request) throws Exception {
        RawTarget target = target();
        RawClient client = client();

        assertThat(client.send(request).read().status()).isEqualTo(400);

        assertThat(client.read()).isNull();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aTunnelIsNotOffered() throws Exception {
        target();

        assertThat(client().send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
                        .read()
                        .status())
                .isEqualTo(405);
    }
}
