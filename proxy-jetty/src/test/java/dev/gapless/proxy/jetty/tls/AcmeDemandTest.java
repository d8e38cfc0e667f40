package dev.gapless.proxy.jetty.tls;

import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.CertificateEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Certificates for hosts that nobody configured. */
class AcmeDemandTest extends AcmeScaffold {
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    private void approve(SmallAcmeServer server, String... approved) {
        approvals.put("tenants", host -> {
            asked.add(host);
            return List.of(approved).contains(host);
        });
        start();
        manage(server, new Approval.ByName("tenants"));
    }

    private void manage(SmallAcmeServer server, Approval approval) {
        certificates.manage("web", List.of(), options(server).onDemand(approval).build());
    }

    @Test
    void anApprovedHostGetsACertificateAtItsFirstHandshake() {
        SmallAcmeServer server = server();
        approve(server, "a.test");

        assertThat(server.ordered).isEmpty();
        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
        assertThat(asked).containsExactly("a.test");
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void aHostThatIsNotApprovedIsAskedForOnceInAWhile() {
        SmallAcmeServer server = server();
        approve(server, "a.test");

        assertThat(now(certificates.wanted("web", "b.test"))).isFalse();
        assertThat(now(certificates.wanted("web", "B.test."))).isFalse();
        assertThat(asked).hasSize(1);
        clock.advance(Duration.ofMinutes(1));
        assertThat(now(certificates.wanted("web", "b.test"))).isFalse();
        assertThat(asked).hasSize(2);
        assertThat(server.requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "[::1]", "a b.test", "*.a.test", "", "../a"})
    void whatIsNoNameIsNotAskedFor(String host) {
        approve(server(), host);

        assertThat(now(certificates.wanted("web", host))).isFalse();
        assertThat(asked).isEmpty();
    }

    @Test
    void aPredicateThatThrowsDoesNotApprove() {
        approvals.put("tenants", host -> {
            throw new IllegalStateException("no database");
        });
        start();
        SmallAcmeServer server = server();
        manage(server, new Approval.ByName("tenants"));

        assertThat(now(certificates.wanted("web", "a.test"))).isFalse();
        assertThat(server.ordered).isEmpty();
    }

    @Test
    void aPredicateThatNobodyGaveIsRefused() {
        assertThatThrownBy(() -> manage(server(), new Approval.ByName("tenants")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"tenants\"");
    }

    @Test
    void hostsAndDemandExcludeEachOther() {
        approvals.put("tenants", host -> true);
        start();
        AcmeOptions options =
                options(server()).onDemand(new Approval.ByName("tenants")).build();

        assertThatThrownBy(() -> certificates.manage("web", List.of("a.test"), options))
                .hasMessageContaining("hosts and certificates on demand");
        assertThatThrownBy(() -> certificates.manage("web", List.of(), AcmeOptions.defaults()))
                .hasMessageContaining("no hosts");
    }

    @Test
    void aFloodOfUnknownNamesStartsNoOrderAndIsForgotten() {
        SmallAcmeServer server = server();
        approve(server, "a.test");
        for (int i = 0; i < AcmeDemand.MOST_REFUSED + 100; i++) {
            assertThat(now(certificates.wanted("web", "host" + i + ".test"))).isFalse();
        }

        assertThat(server.requests).isEmpty();
        assertThat(clock.scheduled()).isZero();
        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
    }

    @Test
    void soManyApprovalsAreUnderWayAndNoMore() {
        List<String> waiting = new ArrayList<>();
        question = (service, path) -> {
            waiting.add(path);
            return new CompletableFuture<>();
        };
        SmallAcmeServer server = server();
        manage(server, new Approval.ByPath("/check"));
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            answers.add(certificates.wanted("web", "host" + i + ".test").toCompletableFuture());
        }

        assertThat(waiting).hasSize(AcmeDemand.MOST_UNDER_WAY);
        assertThat(answers.stream().filter(answer -> !answer.isDone())).hasSize(AcmeDemand.MOST_UNDER_WAY);
        clock.advance(Duration.ofSeconds(2));
        assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).isFalse());
        assertThat(server.requests).isEmpty();
    }

    private void manageThreeAMinute(SmallAcmeServer server) {
        certificates.manage(
                "web",
                List.of(),
                options(server)
                        .onDemand(new Approval.ByName("tenants"))
                        .onDemandPerMinute(3)
                        .build());
    }

    @Test
    void soManyOrdersAreBegunInAMinuteAndNoMore() {
        approvals.put("tenants", host -> true);
        start();
        SmallAcmeServer server = server();
        manageThreeAMinute(server);
        for (int i = 0; i < 10; i++) {
            certificates.wanted("web", "host" + i + ".test");
        }
        assertThat(server.ordered).hasSize(3);
        clock.advance(Duration.ofMinutes(1));

        assertThat(now(certificates.wanted("web", "host9.test"))).isTrue();
    }

    @Test
    void aDeploymentBeginsNoOtherMinute() {
        approvals.put("tenants", host -> true);
        start();
        SmallAcmeServer server = server();
        for (int i = 0; i < 10; i++) {
            manageThreeAMinute(server);
            certificates.wanted("web", "host" + i + ".test");
        }
        assertThat(server.ordered).hasSize(3);
        clock.advance(Duration.ofMinutes(1));

        assertThat(now(certificates.wanted("web", "host9.test"))).isTrue();
    }

    @Test
    void aDeploymentForgetsARefusalOnlyIfItSaysOtherwiseHowCertificatesAreHad() {
        SmallAcmeServer server = server();
        approve(server, "a.test");
        assertThat(now(certificates.wanted("web", "b.test"))).isFalse();
        manage(server, new Approval.ByName("tenants"));
        assertThat(now(certificates.wanted("web", "b.test"))).isFalse();
        assertThat(asked).hasSize(1);

        question = (service, path) -> CompletableFuture.completedFuture(200);
        manage(server, new Approval.ByPath("/check"));
        assertThat(now(certificates.wanted("web", "b.test"))).isTrue();
    }

    @Test
    void concurrentHandshakesOfAHostCauseOneQuestionAndOneOrder() {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        question = (service, path) -> {
            asked.add(service + " " + path);
            return answer;
        };
        SmallAcmeServer server = server();
        manage(server, new Approval.ByPath("/check?x=1"));
        List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(certificates.wanted("web", "a.test").toCompletableFuture());
        }
        answer.complete(200);

        assertThat(waiting).allMatch(CompletableFuture::join);
        assertThat(asked).containsExactly("web /check?x=1&host=a.test");
        assertThat(server.ordered).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"200, true", "204, false", "201, false", "302, false", "404, false", "500, false"})
    void aPathApprovesByExactly200(int status, boolean approved) {
        question = (service, path) -> CompletableFuture.completedFuture(status);
        manage(server(), new Approval.ByPath("/check"));

        assertThat(now(certificates.wanted("web", "a.test"))).isEqualTo(approved);
    }

    @Test
    void aUrlIsAskedWithTheHostAndItsRedirectsAreNotFollowed() throws Exception {
        HttpServer application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        application.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().toString());
            boolean moved = exchange.getRequestURI().toString().contains("moved");
            if (moved) {
                exchange.getResponseHeaders().add("Location", "/elsewhere");
            }
            exchange.sendResponseHeaders(moved ? 302 : 200, -1);
            exchange.close();
        });
        application.start();
        try {
            manage(
                    server(),
                    new Approval.ByUrl(URI.create(
                            "http://127.0.0.1:" + application.getAddress().getPort() + "/check")));

            assertThat(certificates
                            .wanted("web", "a.test")
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(certificates
                            .wanted("web", "moved.test")
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS))
                    .isFalse();
            assertThat(asked).containsExactly("/check?host=a.test", "/check?host=moved.test");
        } finally {
            application.stop(0);
        }
    }

    @Test
    void aCertificateInTheStoreIsUsedWithoutAQuestionAfterARestart() {
        SmallAcmeServer server = server();
        approve(server, "a.test");
        certificates.wanted("web", "a.test");
        certificates.stop();
        approve(server, "a.test");

        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
        assertThat(asked).hasSize(1);
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void approvalIsAskedAgainAtRenewal() {
        SmallAcmeServer server = server();
        List<String> approved = new ArrayList<>(List.of("a.test", "b.test"));
        approvals.put("tenants", host -> {
            asked.add(host);
            return approved.contains(host);
        });
        start();
        manage(server, new Approval.ByName("tenants"));
        certificates.wanted("web", "a.test");
        certificates.wanted("web", "b.test");
        approved.remove("b.test");
        server.validFrom = clock.now().plus(Duration.ofDays(58));
        clock.advance(Duration.ofDays(61));

        assertThat(server.ordered).containsExactly(List.of("a.test"), List.of("b.test"), List.of("a.test"));
        assertThat(asked).filteredOn("a.test"::equals).hasSize(2);
        assertThat(certificates.certificate("b.test")).as("valid still").isPresent();
        assertThat(events).filteredOn(CertificateEvent.Failed.class::isInstance).isNotEmpty();
        clock.advance(Duration.ofDays(30));
        assertThat(certificates.certificate("b.test")).isEmpty();
        assertThat(certificates.certificate("a.test")).isPresent();
    }

    @Test
    void anOrderThatFailsIsNotTriedAgainUntilSomebodyAsks() {
        SmallAcmeServer server = server();
        server.prover = (host, type) -> false;
        approve(server, "a.test");
        assertThat(now(certificates.wanted("web", "a.test"))).isFalse();
        int orders = server.ordered.size();
        clock.advance(Duration.ofHours(1));

        assertThat(server.ordered).hasSize(orders);
        assertThat(clock.scheduled()).isZero();
        server.prover = (host, type) -> true;
        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
    }

    @Test
    void aHostThatWasDemandedAndIsConfiguredNowIsTriedUntilItHasACertificate() {
        SmallAcmeServer server = server();
        approve(server, "a.test");
        server.slow = true;
        certificates.wanted("web", "a.test");
        manage(server, "a.test");
        clock.advance(Duration.ofMinutes(3));
        assertThat(certificates.certificate("a.test")).isEmpty();
        server.slow = false;
        clock.advance(Duration.ofMinutes(10));

        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    @Test
    void aDeploymentKeepsTheCertificatesThatWereDemanded() {
        SmallAcmeServer server = server();
        approve(server, "a.test");
        certificates.wanted("web", "a.test");
        manage(server, new Approval.ByName("tenants"));

        assertThat(certificates.certificate("a.test")).isPresent();
        certificates.forget("web");
        assertThat(certificates.certificate("a.test")).isEmpty();
        assertThat(now(certificates.wanted("web", "a.test"))).isFalse();
    }
}
