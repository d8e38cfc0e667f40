package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that send so little of a head now and then that they are never idle (slowloris), and those that are slow otherwise.
 * The time is that of other requests.
 */
class SlowHeadTest extends ProxyScaffold {
    private static final Duration HEAD_TIMEOUT = Duration.ofMillis(300);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Certificates certificate = Certificates.shared();
    private RawClient other;

    @BeforeEach
    void listen() throws Exception {
        proxy = start(loopback()
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .clientHeadTimeout(HEAD_TIMEOUT));
        serve(RawTarget.answering(RawTarget.OK), streaming());
        other = client();
    }

    /** Ways to begin something without an end. */
    enum Trickle {
        HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: ", "x"),
        EMPTY_LINES("", "\r\n"),
        SECOND_HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /", "x"),
        HTTP2_PREFACE_OF_NO_END("PRI * HTTP/2.0\r\n", "X: y\r\n"),
        HTTP2_HEAD(Trickle.PREFACE + "\0\77\0\1\5\0\0\0\1", "\0"),
        HTTP2_HEAD_WITHOUT_END(Trickle.PREFACE + "\0\0\1\1\1\0\0\0\1\202", "\0\0\1\11\0\0\0\0\1\0"),
        HTTP2_FRAME_OF_NO_TYPE(Trickle.PREFACE + "\0\77\0\125\0\0\0\0\0", "\0"),
        TLS_HANDSHAKE("\26\3\1\20\0\1\0\17\374\3\3", "\0");

        private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0";

        private final String begin;
        private final String more;

        Trickle(String begin, String more) {
            this.begin = begin;
            this.more = more;
        }
    }

    /** All at once, as each takes its time. */
    @Test
    void whoTricklesIsClosed() throws Exception {
        Map<Trickle, Trickling> clients = new EnumMap<>(Trickle.class);
        for (Trickle trickle : Trickle.values()) {
            clients.put(trickle, begin(trickle));
        }
        long begin = System.nanoTime();
        while (!clients.isEmpty()) {
            assertThatAnotherIsServed();
            assertThat(System.nanoTime() - begin).as("%s", clients.keySet()).isLessThan(PATIENCE.toNanos());
            for (Trickle trickle : List.copyOf(clients.keySet())) {
                Trickling begun = clients.get(trickle);
                if (isClosed(begun.client, trickle.more)) {
                    assertThat(System.nanoTime() - begun.nanoTime).isGreaterThan(HEAD_TIMEOUT.toNanos());
                    clients.remove(trickle);
                }
            }
        }
    }

    /** A client, and when it began. */
    private record Trickling(RawClient client, long nanoTime) {}

    private Trickling begin(Trickle trickle) throws Exception {
        long now = System.nanoTime();
        int port = trickle == Trickle.TLS_HANDSHAKE ? proxy.httpsPort() : proxy.port();
        return new Trickling(closing(RawClient.to(port)).send(trickle.begin), now);
    }

    private static boolean isClosed(RawClient client, String more) {
        try {
            client.send(more);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Longer than the head timeout, and than it takes to notice. */
    private void letTimePass() throws IOException {
        long end = System.nanoTime() + HEAD_TIMEOUT.plusSeconds(1).toNanos();
        while (System.nanoTime() - end < 0) {
            assertThatAnotherIsServed();
        }
    }

    /** Now and then: it is not to be a load. */
    private void assertThatAnotherIsServed() throws IOException {
        assertThat(other.get("/other").status()).isEqualTo(200);
        LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }

    @Test
    void whoIsSlowOtherwiseGoesOn() throws Exception {
        RawClient idle = client();
        assertThat(idle.get("/").status()).isEqualTo(200);
        RawClient inBody = client().send(RawClient.head("POST", "/", "Content-Length: 2") + "x");
        FrameClient idleHttp2 = closing(FrameClient.to(proxy.port()));
        idleHttp2.send(FrameClient.get(1, "/"));
        assertThat(idleHttp2.readStatusOf(1)).isEqualTo(200);
        FrameClient inHttp2Body = closing(FrameClient.to(proxy.port()));
        inHttp2Body.send(
                FrameClient.post(1, "/", FrameClient.literal("content-length", "2")),
                // A byte of a frame of two.
                new byte[] {0, 0, 2, 0, 1, 0, 0, 0, 1, 'x'});
        Socket idleAfterHandshake = certificate
                .trusting()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), proxy.httpsPort());
        RawClient tls = closing(new RawClient(idleAfterHandshake));
        assertThat(tls.get("/").status()).isIn(200, 503);

        letTimePass();

        assertThat(idle.get("/").status()).isEqualTo(200);
        assertThat(inBody.send("y").read().status()).isEqualTo(200);
        idleHttp2.send(FrameClient.get(3, "/"));
        assertThat(idleHttp2.readToEndOf(1)).isNotNull();
        assertThat(idleHttp2.readStatusOf(3)).isEqualTo(200);
        inHttp2Body.send(new byte[] {'y'});
        assertThat(inHttp2Body.readStatusOf(1)).isEqualTo(200);
        assertThat(tls.get("/").status()).isIn(200, 503);
    }
}
