package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.jetty.tls.PendingCertificates;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which certificate a client gets to see. */
class SniTest extends TlsScaffold {
    private void assertRefused(@Nullable String host, String alert) {
        assertThatThrownBy(() -> shown(host))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining(alert);
    }

    @Test
    void eachHostHasItsServicesCertificate() throws Exception {
        proxy = start(secure());
        deploySecure("exact", "shop.example.com");
        deploySecure("wildcard", "*.example.com");
        deploySecure("any");

        assertThat(shown("shop.example.com")).isEqualTo("exact");
        assertThat(shown("SHOP.Example.com")).isEqualTo("exact");
        assertThat(shown("other.example.com")).isEqualTo("wildcard");
        assertThat(shown("example.com")).isEqualTo("any");
        assertThat(shown("two.levels.example.com")).isEqualTo("any");
    }

    @Test
    void aServiceOnAPathIsServedUnderTheCertificateOfItsHostsRoot() throws Exception {
        proxy = start(secure());
        deploySecure("shop", "shop.example.com");
        RawTarget api = deploy(
                "api",
                ServiceOptions.builder()
                        .host("shop.example.com")
                        .pathPrefix("/api")
                        .build());

        SSLSocket socket = connect(issuer.trusting(), "shop.example.com");

        assertThat(get(socket, "shop.example.com", "/api/x").status()).isEqualTo(200);
        assertThat(api.taken().requestTarget()).isEqualTo("/x");
    }

    @Test
    void aNameThatNobodyServesOverTlsIsNotRecognized() throws Exception {
        proxy = start(secure());
        deploySecure("shop", "shop.example.com");
        deploy("plain", ServiceOptions.builder().host("plain.example.com").build());
        deploy(
                "api",
                ServiceOptions.builder()
                        .host("api.example.com")
                        .pathPrefix("/api")
                        .build());

        assertRefused("other.example.com", "unrecognized_name");
        assertRefused("plain.example.com", "unrecognized_name");
        assertRefused("api.example.com", "unrecognized_name");
        assertThat(shown("shop.example.com")).isEqualTo("shop");
    }

    @Test
    void theProxysOwnCertificateIsForServicesWithoutOneAndForClientsThatNameNoHost() throws Exception {
        Issuer.Issued own = issuer.issue("own", "own.example.com");
        proxy = start(secure().certificate(own.chain(), own.key()));
        assertRefused("own.example.com", "unrecognized_name");
        assertThat(shown(null)).isEqualTo("own");

        deploy("one", hosts("own.example.com").build());
        deploySecure("two", "two.example.com");

        assertThat(shown("own.example.com")).isEqualTo("own");
        assertThat(shown("two.example.com")).isEqualTo("two");
        assertThat(shown(null)).isEqualTo("own");
        assertRefused("three.example.com", "unrecognized_name");
    }

    @Test
    void withoutOneOfItsOwnTheProxyShowsAnyServicesToClientsThatNameNoHost() throws Exception {
        proxy = start(secure());
        assertRefused(null, "handshake_failure");

        deploySecure("b", "b.example.com");
        assertThat(shown(null)).isEqualTo("b");
        assertThat(shown("127.0.0.1")).isEqualTo("b");

        deploySecure("a", "a.example.com");
        assertThat(shown(null)).isEqualTo("a");

        deploySecure("any");
        assertThat(shown(null)).isEqualTo("any");
    }

    @Test
    void whatIsDeployedReplacedOrRemovedCountsForTheNextHandshake() throws Exception {
        proxy = start(secure());
        assertRefused("shop.example.com", "unrecognized_name");
        deploySecure("shop", "shop.example.com");
        SSLSocket before = connect(issuer.trusting(), "shop.example.com");
        Issuer.Issued next = issuer.issue("next", "shop.example.com");

        deploy("shop", hosts("shop.example.com").tlsOptions(from(next)).build());

        assertThat(shown("shop.example.com")).isEqualTo("next");
        assertThat(get(before, "shop.example.com", "/").status()).isEqualTo(200);
        proxy.services().remove("shop", Duration.ZERO);
        assertRefused("shop.example.com", "unrecognized_name");
        assertThat(get(before, "shop.example.com", "/").status()).isEqualTo(404);
    }

    @Test
    void theHostApplicationGivesCertificatesByName() throws Exception {
        ConcurrentHashMap<String, ServerCertificate> vault = new ConcurrentHashMap<>();
        proxy = start(secure().certificateSource("vault", host -> Optional.ofNullable(vault.get(host)))
                .certificateSource("broken", host -> {
                    throw new IllegalStateException("broken on purpose");
                }));
        TlsOptions.Builder tls = TlsOptions.builder();
        deploy(
                "shop",
                hosts("a.example", "b.example")
                        .tlsOptions(tls.certificateSource("vault").build())
                        .build());
        deploy(
                "odd",
                hosts("c.example")
                        .tlsOptions(tls.certificateSource("broken").build())
                        .build());
        vault.put("a.example", issuer.issue("in-memory", "a.example").certificate());

        assertThat(shown("a.example")).isEqualTo("in-memory");
        assertRefused("b.example", "unrecognized_name");
        assertRefused("c.example", "unrecognized_name");
        assertThat(shown(null)).isEqualTo("in-memory");
        vault.put("b.example", issuer.issue("later", "b.example").certificate());
        assertThat(shown("b.example")).isEqualTo("later");
    }

    @Test
    void aSourceThatTheHostHasNotGivenFailsTheDeployment() {
        proxy = start(secure().certificateSource("vault", host -> Optional.empty()));

        assertThatThrownBy(() -> deploy(
                        "shop",
                        hosts("a.example")
                                .tlsOptions(TlsOptions.builder()
                                        .certificateSource("walt")
                                        .build())
                                .build()))
                .hasMessageContaining("certificate source \"walt\" is unknown")
                .hasMessageContaining("[vault]");
    }

    /** Gets certificates when the test says so. */
    private static final class AwaitedCertificates implements PendingCertificates {
        final CompletableFuture<Boolean> over = new CompletableFuture<>();
        final CountDownLatch asked = new CountDownLatch(1);
        volatile @Nullable ServerCertificate proof;

        @Override
        public CompletionStage<Boolean> wanted(String service, String host) {
            asked.countDown();
            return over;
        }

        @Override
        public Optional<ServerCertificate> tlsAlpnAnswer(String host) {
            return Optional.ofNullable(proof);
        }
    }

    private ProxyServer.Builder awaiting(
            AwaitedCertificates pending, ConcurrentHashMap<String, ServerCertificate> vault) {
        ProxyServer.Builder builder = secure().certificateSource("vault", host -> Optional.ofNullable(vault.get(host)));
        builder.pendingCertificates = Optional.of(pending);
        return builder;
    }

    @Test
    void aHandshakeWaitsForACertificateThatIsBeingGotWhileOthersGoOn() throws Exception {
        AwaitedCertificates pending = new AwaitedCertificates();
        ConcurrentHashMap<String, ServerCertificate> vault = new ConcurrentHashMap<>();
        proxy = start(awaiting(pending, vault));
        TlsOptions tls = TlsOptions.builder().certificateSource("vault").build();
        deploy("shop", hosts("a.example").tlsOptions(tls).build());
        deploySecure("other", "b.example");

        CompletableFuture<String> waiting = inBackground("a.example");
        assertThat(pending.asked.await(20, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(shown("b.example")).isEqualTo("other");
        }
        assertThat(waiting).isNotDone();
        vault.put("a.example", issuer.issue("got", "a.example").certificate());
        pending.over.complete(true);

        assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo("got");
    }

    private CompletableFuture<String> inBackground(String host) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return shown(host);
            } catch (Exception e) {
                return String.valueOf(e.getMessage());
            }
        });
    }

    @Test
    void aHandshakeIsRefusedWhenItsCertificateCannotBeGot() throws Exception {
        AwaitedCertificates pending = new AwaitedCertificates();
        proxy = start(awaiting(pending, new ConcurrentHashMap<>()));
        TlsOptions tls = TlsOptions.builder().certificateSource("vault").build();
        deploy("shop", hosts("a.example").tlsOptions(tls).build());
        pending.over.completeExceptionally(new IllegalStateException("no"));

        assertRefused("a.example", "unrecognized_name");
        assertThat(pending.asked.getCount()).isZero();
    }

    @Test
    void nothingIsWaitedForWhereNobodyServesTheName() {
        AwaitedCertificates pending = new AwaitedCertificates();
        proxy = start(awaiting(pending, new ConcurrentHashMap<>()));

        assertRefused("a.example", "unrecognized_name");
        assertThat(pending.asked.getCount()).isEqualTo(1);
    }

    @Test
    void anAuthorityGetsToSeeTheProofThatItAsksFor() throws Exception {
        AwaitedCertificates pending = new AwaitedCertificates();
        proxy = start(awaiting(pending, new ConcurrentHashMap<>()));
        deploySecure("shop", "a.example");
        SSLContext context = issuer.trusting();
        assertThatThrownBy(() -> connect(context, "a.example", SniTest::asAuthority))
                .hasMessageContaining("no_application_protocol");
        pending.proof = issuer.issue("proof", "a.example").certificate();

        SSLSocket authority = connect(context, "a.example", SniTest::asAuthority);

        assertThat(nameOf(authority)).isEqualTo("proof");
        assertThat(authority.getApplicationProtocol()).isEqualTo("acme-tls/1");
        authority.getOutputStream().write(new byte[10]);
        assertThat(authority.getInputStream().read()).isEqualTo(-1);
        assertThat(shown("a.example")).isEqualTo("shop");
    }

    private static SSLParameters asAuthority(SSLParameters parameters) {
        parameters.setApplicationProtocols(new String[] {"acme-tls/1"});
        return parameters;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\n\r\n", "\u0015\u0003\u0001\u0000\u0002\u0001\u0000", "\u0080\u0080\u0001"})
    void whatIsNoHelloEndsTheConnectionAndNothingElse(String bytes) throws Exception {
        proxy = start(secure());
        deploySecure("shop", "a.example");

        RawClient client = closing(new RawClient(new Socket(InetAddress.getLoopbackAddress(), proxy.httpsPort())));

        assertThat(client.send(bytes).readToEnd()).isEmpty();
        assertThat(shown("a.example")).isEqualTo("shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001\u0000\u0000", // An empty record.
                "\u0016\u0003\u0001\u0000\u0005\u0002\u0000\u0000\u0001\u0000", // Another message.
                "\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000", // A hello of one byte.
                "\u0016\u0003\u0001\u0000\u0004\u0001\u00ff\u00ff\u00ff" // A hello of 16 MiB.
            })
    void aHelloThatCannotBeIsAnAlert(String bytes) throws Exception {
        proxy = start(secure());

        RawClient client = closing(new RawClient(new Socket(InetAddress.getLoopbackAddress(), proxy.httpsPort())));

        assertThat(client.send(bytes).readToEnd()).isEqualTo("\u0015\u0003\u0003\u0000\u0002\u0002" + "2");
    }

    @Test
    void aClientThatTakesItsTimeForItsHelloIsClosed() throws Exception {
        proxy = start(secure().clientHeadTimeout(Duration.ofMillis(50)));

        RawClient client = closing(new RawClient(new Socket(InetAddress.getLoopbackAddress(), proxy.httpsPort())));

        assertThat(client.send("\u0016\u0003\u0001").readToEnd()).isEmpty();
    }
}
