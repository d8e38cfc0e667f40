package dev.gapless.proxy.jetty.tls;

import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Certificates from Pebble, whose challenges are answered by plain servers of the test. */
@Tag("proof")
class PebbleTest {
    private static final String MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

    @TempDir
    Path directory;

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final BlockingQueue<CertificateEvent> events = new LinkedBlockingQueue<>();
    private Pebble pebble;
    private AcmeCertificates certificates;
    private HttpServer http;
    private SSLServerSocket tls;

    private AcmeOptions.Builder start(Map<String, String> environment) throws Exception {
        return start(Pebble.start(directory, environment));
    }

    private AcmeOptions.Builder start(Pebble started) {
        pebble = started;
        certificates = certificates();
        return AcmeOptions.builder()
                .directory(pebble.url())
                .directoryAuthority(pebble.authority)
                .storeDirectory(directory.resolve("store"))
                .firstRequestWait(Duration.ofSeconds(50));
    }

    private AcmeCertificates certificates() {
        return new AcmeCertificates(new AcmeSetup(
                executor,
                this::schedule,
                TimeSource.system(),
                new Random(),
                Optional.empty(),
                Map.of("zone", new PebbleZone()),
                Map.of("anybody", host -> !host.startsWith("nobody")),
                (service, path) -> CompletableFuture.completedFuture(404),
                (service, event) -> events.add(event)));
    }

    private Scheduler.Cancellable schedule(Runnable task, Duration delay) {
        ScheduledFuture<?> scheduled = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }

    @AfterEach
    void end() throws Exception {
        if (certificates != null) {
            certificates.stop();
        }
        if (http != null) {
            http.stop(0);
        }
        if (tls != null) {
            tls.close();
        }
        if (pebble != null) {
            pebble.close();
        }
        timer.shutdownNow();
        executor.shutdownNow();
    }

    @Test
    void certificatesByHttp01() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "20"))
                .challenges(Challenge.HTTP_01)
                .orderScope(AcmeOptions.OrderScope.WHOLE_SERVICE)
                .build();
        answerHttp();
        certificates.manage("web", List.of("a.test", "b.test"), options);

        ServerCertificate made = certificate("a.test");
        assertThat(made.chain()).hasSizeGreaterThan(1);
        assertThat(AcmeHosts.covers(made.chain().get(0), List.of("a.test", "b.test")))
                .isTrue();
        assertThat(certificates.certificate("b.test")).contains(made);
        assertThat(events.poll(10, TimeUnit.SECONDS)).isInstanceOf(CertificateEvent.Obtained.class);
    }

    @Test
    void certificatesByTlsAlpn01() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "5"))
                .challenges(Challenge.TLS_ALPN_01)
                .keyType(AcmeOptions.KeyType.RSA)
                .build();
        answerTls();
        certificates.manage("web", List.of("a.test"), options);

        assertThat(certificate("a.test").key().getAlgorithm()).isEqualTo("RSA");
    }

    @Test
    void aWildcardAndItsApexByDns01() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "5"))
                .dnsRecords("zone")
                .challenges(Challenge.DNS_01)
                .orderScope(AcmeOptions.OrderScope.WHOLE_SERVICE)
                .build();
        certificates.manage("web", List.of("a.test", "*.a.test"), options);

        assertThat(AcmeHosts.covers(certificate("any.a.test").chain().get(0), List.of("a.test", "*.a.test")))
                .isTrue();
    }

    @Test
    void theNextWayWhereHttpIsNotAnswered() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "0")).build();
        answerTls();
        certificates.manage("web", List.of("a.test"), options);

        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    @Test
    void aHostThatIsNotProvedFailsWithTheServersProblem() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "0"))
                .challenges(Challenge.HTTP_01)
                .build();
        certificates.manage("web", List.of("a.test"), options);

        CertificateEvent event = events.poll(50, TimeUnit.SECONDS);
        assertThat(event).isInstanceOfSatisfying(CertificateEvent.Failed.class, failed -> {
            assertThat(failed.problem().orElseThrow().type()).asString().contains(":error:connection");
            assertThat(failed.reason()).contains("a.test");
        });
    }

    @Test
    void certificatesOnDemandForApprovedHosts() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "5"))
                .onDemand(new AcmeOptions.Approval.ByName("anybody"))
                .build();
        answerHttp();
        certificates.manage("web", List.of(), options);

        assertThat(wanted("nobody.test")).isFalse();
        assertThat(wanted("somebody.test")).isTrue();
        assertThat(certificates.certificate("somebody.test")).isPresent();
    }

    @Test
    void anAccountWithTheAuthorityIsNeededWhereItSaysSo() throws Exception {
        AcmeOptions.Builder options = start(Pebble.start(
                        directory,
                        Map.of("PEBBLE_WFE_NONCEREJECT", "5"),
                        "\"externalAccountBindingRequired\": true, \"externalAccountMACKeys\": {\"customer-1\": \""
                                + MAC_KEY + "\"}"))
                .challenges(Challenge.HTTP_01);
        answerHttp();
        certificates.manage("without", List.of("b.test"), options.build());
        assertThat(events.poll(50, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        CertificateEvent.Failed.class,
                        failed -> assertThat(failed.problem().orElseThrow().type())
                                .asString()
                                .endsWith(":error:externalAccountRequired"));

        certificates.manage(
                "web",
                List.of("a.test"),
                options.externalAccount("customer-1", MAC_KEY).build());

        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    @Test
    void theNextStartUsesTheAccountAndTheCertificate() throws Exception {
        AcmeOptions options = start(Map.of("PEBBLE_WFE_NONCEREJECT", "5"))
                .challenges(Challenge.HTTP_01)
                .build();
        answerHttp();
        certificates.manage("web", List.of("a.test"), options);
        ServerCertificate first = certificate("a.test");
        certificates.stop();
        certificates = certificates();
        certificates.manage("web", List.of("a.test", "b.test"), options);

        assertThat(certificate("a.test")).isEqualTo(first);
        assertThat(certificate("b.test")).isNotEqualTo(first);
    }

    private ServerCertificate certificate(String host) throws Exception {
        assertThat(wanted(host)).as("a certificate for %s; %s", host, events).isTrue();
        return certificates.certificate(host).orElseThrow();
    }

    private boolean wanted(String host) throws Exception {
        return certificates.wanted("web", host).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private void answerHttp() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), pebble.httpPort), 50);
        http.createContext("/", exchange -> {
            Optional<String> answer = certificates
                    .httpAnswer(
                            exchange.getRequestHeaders().getFirst("Host"),
                            exchange.getRequestURI().getPath())
                    .join();
            byte[] body = answer.orElse("").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.isPresent() ? 200 : 404, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
    }

    private void answerTls() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new AnsweringKeyManager()}, null, null);
        tls = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(pebble.tlsPort, 50, InetAddress.getLoopbackAddress());
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"acme-tls/1"});
        tls.setSSLParameters(parameters);
        executor.execute(() -> {
            while (!tls.isClosed()) {
                try (SSLSocket socket = (SSLSocket) tls.accept()) {
                    socket.startHandshake();
                } catch (IOException e) {
                    // The client, or the test, has gone.
                }
            }
        });
    }

    /** Shows the answer to the challenge of the host that the client names. */
    private final class AnsweringKeyManager extends X509ExtendedKeyManager {
        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return ((ExtendedSSLSession) ((SSLSocket) socket).getHandshakeSession())
                    .getRequestedServerNames().stream()
                            .map(name -> ((SNIHostName) name).getAsciiName())
                            .filter(host -> certificates
                                    .tlsAlpnAnswer(host)
                                    .map(answer -> answer.key().getAlgorithm().equals(keyType))
                                    .orElse(false))
                            .findFirst()
                            .orElse(null);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return certificates.tlsAlpnAnswer(alias).orElseThrow().chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return certificates.tlsAlpnAnswer(alias).orElseThrow().key();
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            throw new UnsupportedOperationException();
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
            // That server removes all records of a name, of which another may be needed yet.
            return CompletableFuture.completedFuture(true);
        }

        private CompletionStage<?> change(String command, String body) {
            return CompletableFuture.runAsync(
                    () -> {
                        try {
                            pebble.dns(command, body);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    executor);
        }
    }
}
