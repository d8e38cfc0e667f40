package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.DnsRecords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How certificates are ordered, proved and kept. */
class AcmeCertificatesTest extends AcmeScaffold {
    @Test
    void eachHostGetsACertificateOfItsOwnWithAnEllipticKey() {
        SmallAcmeServer server = server();
        manage(server, "a.test", "b.test");

        assertThat(AcmeHosts.covers(certificate("a.test").chain().get(0), List.of("a.test")))
                .isTrue();
        assertThat(certificate("A.TEST.:443").key().getAlgorithm()).isEqualTo("EC");
        assertThat(certificate("a.test").chain()).hasSize(2);
        assertThat(server.ordered).containsExactly(List.of("a.test"), List.of("b.test"));
        assertThat(server.accounts).hasValue(1);
        assertThat(events).hasSize(2).allMatch(CertificateEvent.Obtained.class::isInstance);
        assertThat(certificates.certificate("c.test")).isEmpty();
    }

    @Test
    void aServicesHostsShareACertificateWhereThatIsWanted() {
        SmallAcmeServer server = server();
        certificates.manage(
                "web",
                List.of("a.test", "b.test"),
                options(server).orderScope(AcmeOptions.OrderScope.WHOLE_SERVICE).build());

        assertThat(server.ordered).containsExactly(List.of("a.test", "b.test"));
        assertThat(certificate("a.test")).isEqualTo(certificate("b.test"));
    }

    @Test
    void anRsaKeyComesOnRequestAndReplacesTheOther() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        certificates.manage(
                "web",
                List.of("a.test"),
                options(server).keyType(AcmeOptions.KeyType.RSA).build());

        assertThat(certificate("a.test").key().getAlgorithm()).isEqualTo("RSA");
    }

    @Test
    void theNextStartTakesCertificatesFromTheStore() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        ServerCertificate first = certificate("a.test");
        certificates.stop();
        start();
        manage(server, "a.test");

        assertThat(certificate("a.test")).isEqualTo(first);
        assertThat(server.ordered).hasSize(1);
        assertThat(server.accounts).hasValue(1);
    }

    @Test
    void keysAreInFilesOfTheOwnerOnly() throws Exception {
        manage(server(), "a.test");

        try (Stream<Path> files = Files.walk(directory.resolve("store"))) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .endsWith("------");
            }
        }
    }

    @Test
    void aChallengeIsAnsweredAtItsHostAndPathWhileItLasts() {
        SmallAcmeServer server = server();
        List<Optional<String>> answers = new ArrayList<>();
        server.prover = (host, type) -> {
            answers.add(certificates
                    .httpAnswer("a.test:80", "/.well-known/acme-challenge/token-1")
                    .join());
            answers.add(certificates
                    .httpAnswer("b.test", "/.well-known/acme-challenge/token-1")
                    .join());
            answers.add(certificates
                    .httpAnswer("a.test", "/.well-known/acme-challenge/other")
                    .join());
            return true;
        };
        manage(server, "a.test");

        assertThat(answers.get(0).orElseThrow()).startsWith("token-1.");
        assertThat(answers.subList(1, 3)).containsOnly(Optional.empty());
        assertThat(certificates
                        .httpAnswer("a.test", "/.well-known/acme-challenge/token-1")
                        .join())
                .isEmpty();
    }

    @Test
    void theNextWayIsTriedWhereThePreferredOneFails() {
        SmallAcmeServer server = server();
        List<Boolean> shown = new ArrayList<>();
        server.prover = (host, type) -> {
            shown.add(certificates.tlsAlpnAnswer(host).isPresent());
            return type.equals("tls-alpn-01");
        };
        manage(server, "a.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(shown).containsExactly(false, true);
        assertThat(server.ordered).hasSize(2);
        assertThat(events).singleElement().isInstanceOf(CertificateEvent.Obtained.class);
    }

    @Test
    void theNextWayIsTriedWhereThePreferredOneIsNotOffered() {
        SmallAcmeServer server = server();
        server.offered = List.of("tls-alpn-01");
        manage(server, "a.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void aWildcardIsProvedByItsRecordWhichIsRemovedAfterwards() {
        RememberedZone zone = new RememberedZone();
        dns.put("zone", zone);
        start();
        SmallAcmeServer server = server();
        certificates.manage(
                "web", List.of("*.a.test"), options(server).dnsRecords("zone").build());

        assertThat(certificate("any.a.test").chain()).isNotEmpty();
        assertThat(certificates.certificate("a.test")).isEmpty();
        assertThat(certificates.certificate("b.any.a.test")).isEmpty();
        assertThat(zone.calls).hasSize(2);
        assertThat(zone.calls.get(0)).startsWith("add _acme-challenge.a.test ");
        assertThat(zone.calls.get(1)).isEqualTo(zone.calls.get(0).replace("add", "remove"));
    }

    @Test
    void aRecordThatIsNeverAddedFailsInTime() {
        dns.put("zone", new SilentZone());
        start();
        certificates.manage(
                "web",
                List.of("a.test"),
                options(server())
                        .dnsRecords("zone")
                        .challenges(Challenge.DNS_01)
                        .build());
        clock.advance(Duration.ofMinutes(5));

        assertThat(failure().reason()).contains("_acme-challenge.a.test");
    }

    @Test
    void aWildcardWithoutRecordsIsRefused() {
        assertThatThrownBy(() -> manage(server(), "a.test", "*.a.test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"*.a.test\"")
                .hasMessageContaining("DNS_01");
        assertThat(events).isEmpty();
    }

    @Test
    void recordsThatNobodyGaveAreRefused() {
        assertThatThrownBy(() -> certificates.manage(
                        "web",
                        List.of("a.test"),
                        options(server()).dnsRecords("zone").build()))
                .hasMessageContaining("\"zone\"");
    }

    @Test
    void anAddressIsRefused() {
        assertThatThrownBy(() -> manage(server(), "127.0.0.1")).hasMessageContaining("\"127.0.0.1\"");
    }

    @Test
    void aHostThatStaysKeepsItsCertificateWhileTheNextIsOrdered() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        ServerCertificate first = certificate("a.test");
        server.slow = true;
        certificates.manage(
                "web",
                List.of("a.test", "b.test"),
                options(server).orderScope(AcmeOptions.OrderScope.WHOLE_SERVICE).build());

        assertThat(certificate("a.test")).isEqualTo(first);
        assertThat(certificates.certificate("b.test")).isEmpty();
        server.slow = false;
        clock.advance(Duration.ofSeconds(5));
        assertThat(certificate("a.test")).isNotEqualTo(first).isEqualTo(certificate("b.test"));
    }

    @Test
    void aServiceThatIsForgottenHasNoCertificatesAndNoTimers() {
        manage(server(), "a.test");
        certificates.forget("web");

        assertThat(certificates.certificate("a.test")).isEmpty();
        assertThat(now(certificates.wanted("web", "a.test"))).isFalse();
        assertThat(clock.scheduled()).isZero();
    }

    @Test
    void hostsOfAForgottenServiceThatWaitForTheirTurnAreNotOrdered() {
        SmallAcmeServer server = server();
        server.slow = true;
        String[] hosts = IntStream.range(0, 20).mapToObj(i -> "h" + i + ".test").toArray(String[]::new);
        manage(server, hosts);
        int begun = server.ordered.size();
        assertThat(begun).isLessThan(hosts.length);
        certificates.forget("web");
        server.slow = false;
        clock.advance(Duration.ofMinutes(1));

        assertThat(server.ordered).hasSize(begun);
    }

    @Test
    void manyRequestsOfAHostWaitForOneOrder() {
        SmallAcmeServer server = server();
        server.slow = true;
        manage(server, "a.test");
        List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(certificates.wanted("web", "a.test").toCompletableFuture());
        }
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        server.slow = false;
        clock.advance(Duration.ofSeconds(1));

        assertThat(waiting).allMatch(CompletableFuture::join);
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void aFirstRequestWaitsForABoundedTime() {
        SmallAcmeServer server = server();
        server.slow = true;
        manage(server, "a.test");
        CompletionStage<Boolean> waiting = certificates.wanted("web", "a.test");
        clock.advance(Duration.ofSeconds(9));
        assertThat(waiting.toCompletableFuture()).isNotDone();
        clock.advance(Duration.ofSeconds(1));

        assertThat(now(waiting)).isFalse();
    }

    @Test
    void aHostThatNobodyManagesIsNotWaitedFor() {
        manage(server(), "a.test");

        assertThat(now(certificates.wanted("web", "b.test"))).isFalse();
    }

    @Test
    void anExternalAccountIsBound() {
        SmallAcmeServer server = server();
        certificates.manage(
                "web",
                List.of("a.test"),
                options(server)
                        .externalAccount("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W")
                        .contact("admin@a.test")
                        .build());

        assertThat(server.accountText)
                .contains("externalAccountBinding", "mailto:admin@a.test", "\"termsOfServiceAgreed\":true");
    }

    private static final class RememberedZone implements DnsRecords {
        private final List<String> calls = new ArrayList<>();

        @Override
        public CompletionStage<?> add(String name, String value) {
            calls.add("add " + name + " " + value);
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<?> remove(String name, String value) {
            calls.add("remove " + name + " " + value);
            return CompletableFuture.completedFuture(true);
        }
    }

    /** Never says that a record was added. */
    private static final class SilentZone implements DnsRecords {
        @Override
        public CompletionStage<?> add(String name, String value) {
            return new CompletableFuture<>();
        }

        @Override
        public CompletionStage<?> remove(String name, String value) {
            return new CompletableFuture<>();
        }
    }
}
