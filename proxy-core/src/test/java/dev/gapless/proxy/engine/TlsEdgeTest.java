package dev.gapless.proxy.engine;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TlsOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

/** Handshakes follow the routes: certificates are checked before anything else, and change hands with the requests. */
final class TlsEdgeTest {
    private static final ClientCertificates CERTIFIED = ClientCertificates.required(Path.of("/clients.pem"));

    private final MemoryStateStore store = new MemoryStateStore();
    private EngineFixture proxy = new EngineFixture(store);

    private static ServiceOptions.Builder tls(String... hosts) {
        ServiceOptions.Builder options = ServiceOptions.builder().tls(true);
        for (String host : hosts) {
            options.host(host);
        }
        return options;
    }

    @Test
    void theServiceWithTheRootPathServesItsHostsOverTls() {
        proxy.serve("shop", tls("shop.example", "*.shop.example"));
        proxy.serve("api", ServiceOptions.builder().host("shop.example").pathPrefix("/api"));
        proxy.serve("only-api", ServiceOptions.builder().host("api.example").pathPrefix("/api"));
        proxy.serve("plain", ServiceOptions.builder());

        assertThat(proxy.edge.served())
                .isEqualTo(Map.of(
                        "", "nobody",
                        "*.shop.example", "shop by 1",
                        "api.example", "nobody",
                        "shop.example", "shop by 1"));
    }

    @Test
    void anotherDeploymentIsServedByWhatWasPreparedForIt() {
        proxy.serve("shop", tls());

        proxy.serve("shop", tls());

        assertThat(proxy.edge.served()).isEqualTo(Map.of("", "shop by 2"));
    }

    @Test
    void aRolloutAndItsPromotionKeepWhatTheirServiceHas() {
        proxy.serve("shop", tls());
        proxy.rollOut("shop", "next");
        done(proxy.engine.promoteRolloutAsync("shop", Duration.ZERO));
        proxy.serve("other", ServiceOptions.builder().host("other.example"));

        assertThat(proxy.edge.served()).containsEntry("", "shop by 1");
        assertThat(proxy.edge.prepared()).containsExactly("prepared shop", "prepared other");
    }

    @Test
    void whatIsRemovedIsServedNoMore() {
        proxy.serve("shop", tls());

        done(proxy.engine.removeAsync("shop", Duration.ZERO));

        assertThat(proxy.edge.served()).isEmpty();
    }

    @Test
    void aCertificateThatCannotBeUsedFailsTheDeploymentBeforeAnythingIsProbed() {
        proxy.serve("shop", tls("shop.example"));
        int asked = proxy.probe.asked().size();
        proxy.edge.cannotPrepare("certificate file \"/chain.pem\" is empty");

        DeployFailedException failure = failure(
                proxy.deploy(Deployment.builder("shop")
                        .target("new")
                        .options(tls("shop.example").build())
                        .build()),
                DeployFailedException.class);

        assertThat(failure).hasMessageContaining("certificate file \"/chain.pem\" is empty");
        assertThat(proxy.probe.asked()).hasSize(asked);
        assertThat(proxy.edge.served()).isEqualTo(Map.of("shop.example", "shop by 1"));
    }

    @Test
    void aRestoredServiceIsServedAgain() {
        proxy.serve("shop", tls("shop.example"));
        proxy = new EngineFixture(store);

        proxy.engine.restore();

        assertThat(proxy.edge.prepared()).containsExactly("restored shop");
        assertThat(proxy.edge.served()).isEqualTo(Map.of("shop.example", "shop by 1"));
    }

    @Test
    void aServiceWithoutACertificateIsNotRestoredButStaysListed() {
        proxy.serve("shop", tls("shop.example"));
        proxy.serve("other", ServiceOptions.builder().host("other.example"));
        proxy = new EngineFixture(store);
        proxy.edge.cannotPrepare("certificate file \"/chain.pem\" does not exist");

        proxy.engine.restore();

        assertThat(proxy.info("shop").state()).isEqualTo(ServiceInfo.State.NOT_RESTORED);
        assertThat(proxy.info("shop").message()).contains("/chain.pem");
        assertThat(proxy.edge.served()).isEqualTo(Map.of("other.example", "nobody"));
    }

    @Test
    void aSourceOfCertificatesComesBackByItsName() {
        proxy.serve(
                "shop",
                tls().tlsOptions(TlsOptions.builder().certificateSource("vault").build()));
        proxy = new EngineFixture(store);

        proxy.engine.restore();

        assertThat(proxy.info("shop").options().tlsOptions().certificate()).hasToString("Source[name=vault]");
    }

    @Test
    void whatHappensToCertificatesIsToldToListeners() {
        proxy.edge.tell("shop", new CertificateEvent.NotReloaded(List.of(), Path.of("/chain.pem"), "it is empty"));

        assertThat(proxy.listener.heard()).containsExactly("shop NotReloaded");
    }

    @Test
    void aRequestWhoseHandshakeWasForAnotherHostIsMisdirected() {
        ServiceOptions.Builder shop = tls("shop.example")
                .tlsOptions(TlsOptions.builder().clientCertificates(CERTIFIED).build());
        proxy.serve("shop", shop);
        proxy.serve("api", ServiceOptions.builder().host("shop.example").pathPrefix("/api"));

        assertThat(proxy.answer("https://shop.example/")).isEqualTo("421");
        assertThat(proxy.answer("https://shop.example/api")).isEqualTo("421");
        assertThat(proxy.answer(new Secured("https://shop.example/", CERTIFIED.withSubjectHeader("X-Other"))))
                .isEqualTo("421");
        assertThat(proxy.answer(new Secured("https://shop.example/", CERTIFIED)))
                .isEqualTo("shop:80");
        assertThat(proxy.answer(new Secured("https://shop.example/api", CERTIFIED)))
                .isEqualTo("api:80");
        assertThat(proxy.answer("http://shop.example/")).isEqualTo("301 https://shop.example/");
    }

    @Test
    void whereCertificatesAreOptionalNothingIsMisdirected() {
        proxy.serve(
                "shop",
                tls().tlsOptions(TlsOptions.builder()
                        .clientCertificates(ClientCertificates.optional(Path.of("/clients.pem")))
                        .build()));

        assertThat(proxy.answer("https://shop.example/")).isEqualTo("shop:80");
    }

    @Test
    void strictTransportSecurityIsThatOfTheRootOfTheHost() {
        StrictTransportSecurity year = StrictTransportSecurity.of(Duration.ofDays(365));
        assertThat(proxy.engine.strictTransportSecurity(Request.to("https://shop.example/")))
                .isEmpty();
        proxy.serve(
                "shop",
                tls("shop.example")
                        .tlsOptions(TlsOptions.builder()
                                .strictTransportSecurity(year)
                                .build()));
        proxy.serve("other", tls("other.example"));

        assertThat(proxy.engine.strictTransportSecurity(Request.to("https://Shop.example/x")))
                .contains(year);
        assertThat(proxy.engine.strictTransportSecurity(Request.to("https://other.example/")))
                .isEmpty();
        assertThat(proxy.engine.strictTransportSecurity(Request.to("https://nobody.example/")))
                .isEmpty();
    }

    /** Over a connection in whose handshake the client was asked for a certificate. */
    private static final class Secured implements SecuredRequest {
        private final RequestHead head;
        private final ClientCertificates asked;

        Secured(String uri, ClientCertificates asked) {
            this.head = Request.to(uri);
            this.asked = asked;
        }

        @Override
        public Optional<ClientCertificates> askedFor() {
            return Optional.of(asked);
        }

        @Override
        public String method() {
            return head.method();
        }

        @Override
        public boolean secure() {
            return head.secure();
        }

        @Override
        public String host() {
            return head.host();
        }

        @Override
        public String path() {
            return head.path();
        }

        @Override
        public @Nullable String query() {
            return head.query();
        }

        @Override
        public @Nullable String header(String name) {
            return head.header(name);
        }

        @Override
        public String remoteAddress() {
            return head.remoteAddress();
        }
    }
}
