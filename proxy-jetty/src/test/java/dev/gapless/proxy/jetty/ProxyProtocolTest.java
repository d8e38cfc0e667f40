package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ProxyProtocolTest extends ProxyScaffold {
    private static final String CLIENT = "192.0.2.7";
    private static final int CLIENT_PORT = 56324;
    private static final byte[] V1 = bytes("PROXY TCP4 " + CLIENT + " 10.0.0.1 " + CLIENT_PORT + " 443\r\n");
    private static final byte[] V1_UNKNOWN = bytes("PROXY UNKNOWN\r\n");
    private static final byte[] V2 = ProxyHeaderTest.v2(
            0x21,
            0x11,
            ByteBuffer.allocate(19)
                    .put(new byte[] {(byte) 192, 0, 2, 7, 10, 0, 0, 1})
                    .putShort((short) CLIENT_PORT)
                    .putShort((short) 443)
                    // A checksum that is wrong.
                    .put(new byte[] {3, 0, 4, 1, 2, 3, 4})
                    .array());
    private static final byte[] V2_LOCAL = ProxyHeaderTest.v2(0x20, 0, new byte[0]);
    private static final byte[] GET = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    private final Certificates certificate = Certificates.shared();

    private final RequestLog log = new RequestLog();
    private RawTarget target;

    /** A socket whose first segment begins with these bytes. */
    private static final class BeginningWith extends Socket {
        private final byte[] first;
        private boolean begun;

        BeginningWith(byte[] first, int port) throws IOException {
            super(InetAddress.getLoopbackAddress(), port);
            this.first = first;
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    byte[] all = begun ? new byte[0] : first;
                    begun = true;
                    ByteBuffer joined = ByteBuffer.allocate(all.length + length).put(all);
                    out.write(joined.put(bytes, offset, length).array());
                }
            };
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private ProxyServer.Builder builder(String... trusted) {
        return loopback()
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .listener(log)
                .proxyProtocol(trusted);
    }

    private void serve(ProxyServer.Builder builder, HeaderOptions headers) throws Exception {
        proxy = start(builder);
        target = serve(
                RawTarget.answering((request, connection) -> {
                    if (!request.requestTarget().equals("/slow")) {
                        connection.send(RawTarget.OK);
                    }
                }),
                ServiceOptions.builder()
                        .tls(true)
                        .redirectToHttps(false)
                        .headers(headers)
                        .build());
    }

    private void serveTrusted() throws Exception {
        serve(builder("192.0.2.0/24", "127.0.0.0/8"), HeaderOptions.defaults());
    }

    private Socket connect(byte[] header, Protocol protocol) throws Exception {
        Socket socket = new BeginningWith(header, protocol.isTls() ? proxy.httpsPort() : proxy.port());
        if (!protocol.isTls()) {
            return closing(socket);
        }
        SSLSocket secure = (SSLSocket)
                certificate.trusting().getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol.isHttp2() ? "h2" : "http/1.1"});
        secure.setSSLParameters(parameters);
        closing(secure).startHandshake();
        return secure;
    }

    /** Sends a request, which the proxy gets in one go with the header, or, over TLS, the header with the handshake's begin. */
    private AutoCloseable request(byte[] header, Protocol protocol, String path) throws Exception {
        Socket socket = connect(header, protocol);
        if (protocol.isHttp2()) {
            return new FrameClient(socket).greet().send(FrameClient.get(1, path));
        }
        return new RawClient(socket).send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private int status(byte[] header, Protocol protocol) throws Exception {
        AutoCloseable client = request(header, protocol, "/");
        return client instanceof FrameClient http2
                ? http2.readStatusOf(1)
                : ((RawClient) client).read().status();
    }

    @ParameterizedTest
    @EnumSource
    void theClientIsWhoTheHeaderSays(Protocol protocol) throws Exception {
        serveTrusted();
        for (byte[] header : new byte[][] {V1, V2}) {
            assertThat(status(header, protocol)).isEqualTo(200);

            assertThat(target.taken().field("X-Forwarded-For")).isEqualTo(CLIENT);
            RequestSummary summary = log.next();
            assertThat(summary.remoteAddress()).isEqualTo(CLIENT);
            assertThat(summary.remotePort()).isEqualTo(CLIENT_PORT);
            assertThat(summary.scheme()).isEqualTo(protocol.isTls() ? "https" : "http");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoSaysNothingOfAClientIsTheClient(Protocol protocol) throws Exception {
        serveTrusted();
        for (byte[] header : new byte[][] {V1_UNKNOWN, V2_LOCAL}) {
            assertThat(status(header, protocol)).isEqualTo(200);

            assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
            assertThat(log.next().remoteAddress()).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void aClientOfIpv6IsWrittenAsAnyOther() throws Exception {
        serveTrusted();

        RawClient client = client().send("PROXY TCP6 2001:db8::7 ::1 1 443\r\n").send(GET);

        assertThat(client.read().status()).isEqualTo(200);
        assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("2001:db8:0:0:0:0:0:7");
        assertThat(log.next().remoteAddress()).isEqualTo("2001:db8:0:0:0:0:0:7");
    }

    @Test
    void theHeaderMayComeByteByByte() throws Exception {
        serveTrusted();
        for (byte[] header : new byte[][] {V1, V2}) {
            RawClient client = client();
            for (byte each : header) {
                client.send(new byte[] {each});
            }
            assertThat(client.send(GET).read().status()).isEqualTo(200);
            assertThat(target.taken().field("X-Forwarded-For")).isEqualTo(CLIENT);
        }
    }

    @Test
    void aLongHeaderMayComeWithTheRequest() throws Exception {
        serveTrusted();
        for (int length : new int[] {400, 495, 496, 497, 600, 2_000, 8_190, 9_000, 16 * 1024 - 16}) {
            byte[] body = new byte[length];
            System.arraycopy(V2, 16, body, 0, 12);
            byte[] header = ProxyHeaderTest.v2(0x21, 0x11, body);
            byte[] large = bytes(RawClient.head("GET", "/", "X: " + "x".repeat(10_000)));

            assertThat(client().send(FrameClient.joined(header, large)).read().status())
                    .isEqualTo(200);
            assertThat(target.taken().field("X-Forwarded-For")).isEqualTo(CLIENT);
        }
    }

    @Test
    void theClientOfAHeaderIsTheOneThatServicesTrustOrNot() throws Exception {
        serve(
                builder("127.0.0.1"),
                HeaderOptions.builder().trustFrom("192.0.2.0/24").build());
        byte[] get = bytes(RawClient.head("GET", "/", "X-Forwarded-For: 203.0.113.1"));

        client().send(V1).send(get).read();
        assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("203.0.113.1, " + CLIENT);
        client().send(V1_UNKNOWN).send(get).read();
        assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }

    @Test
    void aSecondRequestNeedsNoHeader() throws Exception {
        serveTrusted();
        RawClient client = client().send(V1).send(GET);
        assertThat(client.read().status()).isEqualTo(200);

        assertThat(client.send(GET).read().status()).isEqualTo(200);
        assertThat(client.send(V1).read().status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "PROXY TCP4 localhost 10.0.0.1 1 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "PROXY TCP4 192.0.2.7 10.0.0.1 1 443\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\r\n\r\n\0\r\nQUIT\n\61\21\0\0"
            })
    void whoMustSpeakTheProtocolAndDoesNotIsClosed(String bytes) throws Exception {
        serveTrusted();

        assertThat(client().send(bytes).readToEndOrReset()).isEmpty();

        assertThat(target.hasTakenNone()).isTrue();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> connect(bytes("GET"), Protocol.HTTP_1_1_OVER_TLS));
    }

    @Test
    void aLineWithoutAnEndIsClosed() throws Exception {
        serveTrusted();

        assertThat(client().send("PROXY UNKNOWN " + "x".repeat(200)).readToEndOrReset())
                .isEmpty();
    }

    @Test
    void whoLeavesWithinItsHeaderLeavesNothing() throws Exception {
        serveTrusted();
        client().send("PROXY").finishSending().readToEnd();
    }

    @Test
    void aHeaderThatStallsIsClosedAfterTheIdleTimeout() throws Exception {
        serve(builder("127.0.0.1").clientIdleTimeout(Duration.ofMillis(200)), HeaderOptions.defaults());

        assertThat(client().readToEnd()).isEmpty();
        assertThat(client().send("PROXY TCP4 ").readToEnd()).isEmpty();
    }

    @Test
    void aHeaderThatTricklesIsClosedAfterTheHeadTimeout() throws Exception {
        serve(builder("127.0.0.1").clientHeadTimeout(Duration.ofMillis(200)), HeaderOptions.defaults());
        RawClient other = client().send(V2);
        RawClient trickling = client().send("\r\n\r\n\0\r\nQUIT\n\41\21\77\360");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
            for (int i = 0; i < 1_000_000; i++) {
                trickling.send("\0");
                assertThat(other.send(GET).read().status()).isEqualTo(200);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void othersAreServedWithoutAHeader(Protocol protocol) throws Exception {
        serve(builder("192.0.2.0/24"), HeaderOptions.defaults());

        assertThat(status(new byte[0], protocol)).isEqualTo(200);
        assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }

    @Test
    void aHeaderOfOthersIsMalformed() throws Exception {
        serve(builder("192.0.2.0/24"), HeaderOptions.defaults());
        for (byte[] header : new byte[][] {V1, V2}) {
            assertThat(client().send(header).send(GET).read().status()).isEqualTo(400);
            assertThatExceptionOfType(SSLException.class).isThrownBy(() -> connect(header, Protocol.HTTP_1_1_OVER_TLS));
        }
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesBehindABalancerIsNoticed(Protocol protocol) throws Exception {
        serveTrusted();
        AutoCloseable client = request(V2, protocol, "/slow");
        target.taken();

        client.close();

        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(499);
        assertThat(summary.remoteAddress()).isEqualTo(CLIENT);
        eventually("nothing is in flight", () -> requestsInFlight() == 0);
        eventually("the target is left", () -> target.openConnections() == 0);
    }

    @Test
    void rangesAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyServer.builder().proxyProtocol("balancer.example.com"))
                .withMessageContaining("\"balancer.example.com\"");
    }
}
