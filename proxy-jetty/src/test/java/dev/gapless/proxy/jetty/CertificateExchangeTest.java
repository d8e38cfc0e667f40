package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.TlsOptions;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Certificates that change under a constant stream of new handshakes. One that saw the chain of one and the key of another
 * would fail, as a client verifies the signature.
 */
@Tag("proof")
class CertificateExchangeTest extends TlsScaffold {
    private static final String HOST = "a.example";
    private static final int CLIENTS = 4;
    private static final int CERTIFICATES = 6;

    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger handshakes = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> clients = new ArrayList<>();
    private volatile List<X509Certificate> known = List.of();

    private List<Issuer.Issued> issue() throws Exception {
        List<Issuer.Issued> issued = new ArrayList<>();
        for (int i = 0; i < CERTIFICATES; i++) {
            Instant now = Instant.now();
            String algorithm = i % 3 == 2 ? "RSA" : "EC";
            issued.add(
                    issuer.issue("number-" + i, Keys.of(algorithm), now.minus(Issuer.DAY), now.plus(Issuer.DAY), HOST));
        }
        known = issued.stream().map(Issuer.Issued::leaf).toList();
        return issued;
    }

    private void startClients() {
        for (int i = 0; i < CLIENTS; i++) {
            String version = i % 2 == 0 ? "TLSv1.3" : "TLSv1.2";
            Thread client = new Thread(() -> shakeHands(version), "client-" + i);
            client.start();
            clients.add(client);
        }
    }

    /** With a context of its own for each, so that no session is resumed. */
    private void shakeHands(String version) {
        while (!over.get()) {
            try {
                SSLContext fresh = issuer.trusting();
                try (SSLSocket socket = connectOnce(fresh, version)) {
                    X509Certificate shown =
                            (X509Certificate) socket.getSession().getPeerCertificates()[0];
                    if (!known.contains(shown)) {
                        failures.add("unknown: " + shown.getSubjectX500Principal());
                    }
                }
                handshakes.incrementAndGet();
            } catch (Exception e) {
                failures.add(String.valueOf(e));
            }
        }
    }

    private SSLSocket connectOnce(SSLContext context, String version) throws Exception {
        SSLSocket socket = (SSLSocket)
                context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), proxy.httpsPort());
        socket.setSoTimeout(20_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {version});
        parameters.setServerNames(List.of(new SNIHostName(HOST)));
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private void endClients() throws InterruptedException {
        over.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(failures).isEmpty();
    }

    private interface Exchange {
        void carryOut(Issuer.Issued next) throws Exception;
    }

    /** Exchanges so many times, each time for the next certificate, with handshakes between any two. */
    private void exchange(int times, List<Issuer.Issued> issued, Exchange exchange) throws Exception {
        startClients();
        for (int i = 1; i <= times && failures.isEmpty(); i++) {
            int before = handshakes.get();
            exchange.carryOut(issued.get(i % issued.size()));
            eventually("a handshake", () -> handshakes.get() > before || !failures.isEmpty());
        }
        endClients();
    }

    private void exchangeInMemory(int times) throws Exception {
        List<Issuer.Issued> issued = issue();
        AtomicReference<ServerCertificate> current =
                new AtomicReference<>(issued.get(0).certificate());
        proxy = start(secure().certificateSource("memory", host -> Optional.of(current.get())));
        deploy(
                "shop",
                hosts(HOST)
                        .tlsOptions(
                                TlsOptions.builder().certificateSource("memory").build())
                        .build());

        exchange(times, issued, next -> current.set(next.certificate()));
        assertThat(handshakes.get()).isGreaterThanOrEqualTo(times);
    }

    private void exchangeByDeployments(int times) throws Exception {
        List<Issuer.Issued> issued = issue();
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        proxy = start(secure());
        deploy("shop", hosts(HOST).tlsOptions(from(issued.get(0))).build(), target);

        exchange(
                times,
                issued,
                next -> deploy("shop", hosts(HOST).tlsOptions(from(next)).build(), target));
    }

    @Test
    void noHandshakeFailsOrSeesAMixtureWhileCertificatesChange() throws Exception {
        exchangeInMemory(2 * CERTIFICATES);
    }

    @Test
    void norWhileServicesAreDeployedWithOthers() throws Exception {
        exchangeByDeployments(CERTIFICATES);
    }

    @Test
    void norInAThousandExchanges() throws Exception {
        exchangeInMemory(1_000);
    }

    @Test
    void norInAThousandDeployments() throws Exception {
        exchangeByDeployments(1_000);
    }
}
