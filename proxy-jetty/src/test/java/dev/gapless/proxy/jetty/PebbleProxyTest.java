package dev.gapless.proxy.jetty;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.jetty.tls.Pebble;
import dev.gapless.proxy.spi.DnsRecords;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.http.HttpVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Certificates from Pebble, which comes to the proxy's own ports for its proofs. */
@Tag("proof")
class PebbleProxyTest extends TlsScaffold {
    private static final String HOST = "example.com";
    /** Long enough for a renewal to come in time, and short enough to wait for. */
    private static final Duration SHORT_LIFE = Duration.ofSeconds(20);

    private final LeapingTime time = closing(new LeapingTime());
    private Pebble pebble;
    private SSLContext client;

    @BeforeEach
    void startPebble() throws Exception {
        client = Trust.inAnybody();
        startPebble("\"externalAccountBindingRequired\": false");
    }

    private void startPebble(String settings) throws Exception {
        pebble = closing(Pebble.start(directory, Map.of("PEBBLE_WFE_NONCEREJECT", "10"), settings));
        proxy = start(withStore(time).httpPort(pebble.httpPort).httpsPort(pebble.tlsPort));
    }

    /** One of the proxies that share the store. */
    private ProxyServer.Builder withStore(LeapingTime time) {
        ProxyServer.Builder builder = loopback()
                .certificateStore(FileCertificateStore.in(directory.resolve("certificates")))
                .hostApproval("tenants", host -> host.startsWith("tenant"))
                .dnsRecords("zone", new PebbleZone())
                .listener(telling());
        builder.certificateTime = time;
        builder.certificateScheduler = Optional.of(time);
        return builder;
    }

    private AcmeOptions.Builder automatic() {
        return AcmeOptions.builder()
                .directory(pebble.url())
                .directoryAuthority(pebble.authority)
                .firstRequestWait(Duration.ofSeconds(50));
    }

    private static ServiceOptions with(AcmeOptions.Builder automatic, String... hosts) {
        return hosts(hosts)
                .tlsOptions(TlsOptions.builder().automatic(automatic.build()).build())
                .build();
    }

    private X509Certificate shownTo(String host) throws Exception {
        try (SSLSocket socket = connect(client, host)) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private void assertCovers(String host) throws Exception {
        X509Certificate shown = shownTo(host);
        assertThat(shown.getIssuerX500Principal().getName()).contains("Pebble");
        assertThat(shown.getSubjectAlternativeNames())
                .anySatisfy(name -> assertThat(name.get(1)).hasToString(host));
    }

    @ParameterizedTest
    @EnumSource(
            value = Challenge.class,
            names = {"HTTP_01", "TLS_ALPN_01"})
    void aServiceGetsItsCertificateByTheProxysOwnPorts(Challenge challenge) throws Exception {
        RawTarget target = deploy("shop", with(automatic().challenges(challenge), HOST));

        assertCovers(HOST);

        SSLSocket http1 = connect(client, HOST);
        assertThat(get(http1, HOST, "/one").text()).isEqualTo("ok");
        Http2Client http2 = closing(Http2Client.overTls(proxy.httpsPort(), client));
        assertThat(http2.get("/two").status()).isEqualTo(200);
        assertThat(List.of(target.taken().requestTarget(), target.taken().requestTarget()))
                .containsExactly("/one", "/two");
        assertThat(ask(HOST).status()).isEqualTo(301);
    }

    @Test
    void oneCertificateServesHttp1Http2AndHttp3() throws Exception {
        Http3Native.assume();
        proxy.stop();
        proxy = start(withStore(time)
                .httpPort(pebble.httpPort)
                .httpsPort(pebble.tlsPort)
                .http3(true));
        deploy("shop", with(automatic(), HOST));

        assertCovers(HOST);
        Http3Client http3 = closing(Http3Client.trustingAnybody(directory, proxy.httpsPort()));

        assertThat(get(connect(client, HOST), HOST, "/").status()).isEqualTo(200);
        Http2Client http2 = closing(Http2Client.overTls(proxy.httpsPort(), client));
        assertThat(http2.get("/").status()).isEqualTo(200);
        assertThat(http3.get(HOST, "/").getVersion()).isEqualTo(HttpVersion.HTTP_3);
        assertThat(http3.shown(HOST)).isEqualTo(shownTo(HOST));
    }

    private RawMessage ask(String host) throws Exception {
        return client().send(request(host, "/")).read();
    }

    @Test
    void aStoppedServiceGetsItsCertificate() throws Exception {
        deploy("shop", ServiceOptions.builder().host(HOST).build());
        proxy.services().stop("shop", Duration.ZERO, "closed");
        deploy("shop", with(automatic().challenges(Challenge.HTTP_01), HOST));

        SSLSocket socket = connect(client, HOST);

        assertThat(get(socket, HOST, "/").status()).isEqualTo(503);
    }

    @Test
    void noRequestFailsWhileACertificateIsRenewed() throws Exception {
        deploy("shop", with(automatic(), HOST));
        X509Certificate first = shownTo(HOST);
        Traffic traffic = new Traffic();

        time.leap(Duration.between(
                        first.getNotBefore().toInstant(), first.getNotAfter().toInstant())
                .multipliedBy(7)
                .dividedBy(10));

        BigInteger replaced = first.getSerialNumber();
        eventually("another certificate", () -> traffic.lastSeen.get() > 0 && !traffic.serial.equals(replaced));
        int before = traffic.requests.get();
        eventually("more requests", () -> traffic.requests.get() > before + 50 || !traffic.failures.isEmpty());
        traffic.end();
        assertThat(heard).anyMatch(event -> event.startsWith("shop Renewed"));
    }

    @Test
    void aWildcardByDns01() throws Exception {
        deploy("shop", with(automatic().dnsRecords("zone"), "*." + HOST));

        assertThat(shownTo("any." + HOST).getSubjectAlternativeNames())
                .anySatisfy(name -> assertThat(name.get(1)).hasToString("*." + HOST));
        assertThatThrownBy(() -> shownTo(HOST)).hasMessageContaining("unrecognized_name");
    }

    @Test
    void hostsOnDemandByAPredicate() throws Exception {
        deploy("tenants", with(automatic().onDemand(new Approval.ByName("tenants"))));

        assertCovers("tenant1.test");
        assertThatThrownBy(() -> shownTo("stranger.test")).hasMessageContaining("unrecognized_name");
    }

    @Test
    void hostsOnDemandByAPathOfTheService() throws Exception {
        RawTarget target = closing(RawTarget.answering((request, connection) -> connection.send(
                request.requestTarget().equals("/allowed?host=stranger.test")
                        ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                        : RawTarget.OK)));
        deploy("tenants", with(automatic().onDemand(new Approval.ByPath("/allowed"))), target);

        assertCovers("tenant1.test");
        assertThatThrownBy(() -> shownTo("stranger.test")).hasMessageContaining("unrecognized_name");
    }

    /** The authority comes to the first proxy, whoever orders. */
    @ParameterizedTest
    @EnumSource(
            value = Challenge.class,
            names = {"HTTP_01", "TLS_ALPN_01"})
    void aProofIsGivenByAnotherProxyThatSharesTheStore(Challenge challenge) throws Exception {
        AcmeOptions.Builder options = automatic().challenges(challenge).onDemand(new Approval.ByName("tenants"));
        deploy("tenants", with(options));
        ProxyServer first = proxy;

        proxy = start(withStore(closing(new LeapingTime())).httpsPort(0));
        deploy("tenants", with(options));
        assertCovers("tenant1.test");
        X509Certificate had = shownTo("tenant1.test");

        proxy = first;
        assertThat(shownTo("tenant1.test")).isEqualTo(had);
        assertThat(pebble.orders()).isEqualTo(1);
    }

    @Test
    void proxiesThatShareAStoreOrderOnceAndRenewOnce() throws Exception {
        pebble.close();
        proxy.stop();
        startPebble("\"certificateValidityPeriod\": " + SHORT_LIFE.toSeconds());
        LeapingTime othersTime = closing(new LeapingTime());
        ProxyServer first = proxy;
        deploy("shop", with(automatic(), HOST));
        X509Certificate had = shownTo(HOST);

        proxy = start(withStore(othersTime).httpsPort(0));
        ProxyServer other = proxy;
        deploy("shop", with(automatic(), HOST));
        assertThat(shownTo(HOST)).isEqualTo(had);
        assertThat(pebble.orders()).isEqualTo(1);

        Instant due =
                had.getNotBefore().toInstant().plus(SHORT_LIFE.multipliedBy(2).dividedBy(3));
        eventually("the renewal is due", () -> Instant.now().isAfter(due));
        othersTime.leap(Duration.ZERO);
        eventually("the other has renewed", () -> !shownBy(other).equals(had));
        time.leap(Duration.ZERO);
        eventually("the first has the same", () -> shownBy(first).equals(shownBy(other)));
        assertThat(pebble.orders()).isEqualTo(2);
    }

    private X509Certificate shownBy(ProxyServer asked) {
        proxy = asked;
        try {
            return shownTo(HOST);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** The DNS of Pebble's challenge test server. */
    private final class PebbleZone implements DnsRecords {
        @Override
        public CompletionStage<?> add(String name, String value) {
            return change("set-txt", "{\"host\": \"" + name + ".\", \"value\": \"" + value + "\"}");
        }

        @Override
        public CompletionStage<?> remove(String name, String value) {
            return change("clear-txt", "{\"host\": \"" + name + ".\"}");
        }

        private CompletionStage<?> change(String command, String body) {
            return CompletableFuture.runAsync(() -> {
                try {
                    pebble.dns(command, body);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    /** Requests that never end: over a connection that stays, and over one of its own each. */
    private final class Traffic {
        final AtomicInteger requests = new AtomicInteger();
        final AtomicInteger lastSeen = new AtomicInteger();
        final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        volatile BigInteger serial = BigInteger.ZERO;
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> clients = new ArrayList<>();

        Traffic() throws Exception {
            SSLSocket staying = connect(client, HOST);
            RawClient keeping = new RawClient(staying);
            run(() -> keeping.send(request(HOST, "/")).read());
            run(() -> {
                try (SSLSocket fresh = connect(Trust.inAnybody(), HOST)) {
                    serial = ((X509Certificate) fresh.getSession().getPeerCertificates()[0]).getSerialNumber();
                    lastSeen.incrementAndGet();
                    return get(fresh, HOST, "/");
                }
            });
        }

        private interface Request {
            RawMessage send() throws Exception;
        }

        private void run(Request request) {
            Thread thread = new Thread(() -> {
                while (!over.get()) {
                    try {
                        RawMessage response = request.send();
                        if (response.status() != 200) {
                            failures.add("status " + response.status());
                        }
                        requests.incrementAndGet();
                    } catch (Exception | AssertionError e) {
                        failures.add(String.valueOf(e));
                    }
                }
            });
            thread.start();
            clients.add(thread);
        }

        void end() throws InterruptedException {
            over.set(true);
            for (Thread thread : clients) {
                thread.join();
            }
            assertThat(failures).isEmpty();
        }
    }
}
