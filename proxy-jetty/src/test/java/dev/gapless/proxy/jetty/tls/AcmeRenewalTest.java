package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** When certificates are renewed, and by whom. */
@Tag("proof")
class AcmeRenewalTest extends AcmeScaffold {
    @Test
    void aCertificateIsRenewedAtTwoThirdsOfItsLifetimeWithANewKey() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        ServerCertificate first = certificate("a.test");
        clock.advance(Duration.ofDays(55));
        assertThat(server.ordered).hasSize(1);
        server.validFrom = clock.now();
        clock.advance(Duration.ofDays(6));

        assertThat(certificate("a.test").key()).isNotEqualTo(first.key());
        assertThat(server.ordered).hasSize(2);
        assertThat(events.get(1)).isInstanceOf(CertificateEvent.Renewed.class);
    }

    @Test
    void theServersRenewalInformationDecidesWhereItIsOffered() {
        SmallAcmeServer server = server();
        server.renewalWindow = window(Duration.ofDays(10), Duration.ofDays(11));
        manage(server, "a.test");
        clock.advance(Duration.ofDays(9));
        assertThat(server.ordered).hasSize(1);
        server.validFrom = clock.now();
        server.renewalWindow = window(Duration.ofDays(60), Duration.ofDays(61));
        clock.advance(Duration.ofDays(3));
        assertThat(server.ordered).hasSize(1);
        server.renewalWindow = window(Duration.ZERO, Duration.ofHours(1));
        clock.advance(Duration.ofDays(1));

        assertThat(server.ordered.size()).isGreaterThanOrEqualTo(2);
        assertThat(server.newOrders.get(1)).contains("replaces");
    }

    private Optional<String> window(Duration start, Duration end) {
        return Optional.of(
                "{\"suggestedWindow\": {\"start\": \"" + seconds(start) + "\", \"end\": \"" + seconds(end) + "\"}}");
    }

    private Instant seconds(Duration from) {
        return clock.now().plus(from).truncatedTo(ChronoUnit.SECONDS);
    }

    @Test
    void renewalInformationThatIsRubbishIsNoFailure() {
        SmallAcmeServer server = server();
        server.renewalWindow = Optional.of("{\"suggestedWindow\": \"tomorrow\"}");
        manage(server, "a.test");
        clock.advance(Duration.ofDays(10));

        assertThat(server.ordered).hasSize(1);
        assertThat(events).singleElement().isInstanceOf(CertificateEvent.Obtained.class);
    }

    @Test
    void aClockThatRunsYearsAheadMakesNoTightLoop() {
        SmallAcmeServer server = server();
        clock.setTimeOfDay(clock.now().plus(Duration.ofDays(3650)));
        manage(server, "a.test");
        clock.advance(Duration.ofDays(1));

        assertThat(server.ordered).hasSizeBetween(1, 6);
        assertThat(certificates.certificate("a.test")).isPresent();
    }

    @Test
    void aClockThatRunsYearsBehindChangesNothing() {
        SmallAcmeServer server = server();
        clock.setTimeOfDay(clock.now().minus(Duration.ofDays(3650)));
        manage(server, "a.test");
        clock.advance(Duration.ofDays(1));

        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void aClockThatIsSetRightIsNoticed() {
        SmallAcmeServer server = server();
        clock.setTimeOfDay(clock.now().minus(Duration.ofDays(3650)));
        manage(server, "a.test");
        clock.setTimeOfDay(clock.now().plus(Duration.ofDays(3650 + 70)));
        server.validFrom = clock.now();
        clock.advance(Duration.ofHours(7));

        assertThat(server.ordered).hasSize(2);
    }

    @Test
    void proxiesThatShareAStoreOrderOnceAndRenewOnce() {
        SmallAcmeServer server = server();
        AcmeCertificates second = another(FileCertificateStore.in(directory.resolve("store")));
        manage(server, "a.test");
        second.manage("web", List.of("a.test"), options(server).build());
        assertThat(server.ordered).hasSize(1);
        server.validFrom = clock.now().plus(Duration.ofDays(55));
        clock.advance(Duration.ofDays(61));

        assertThat(server.ordered).hasSize(2);
        assertThat(second.certificate("a.test")).contains(certificate("a.test"));
        second.stop();
    }

    @Test
    void aProxyThatOrdersLetsTheOtherWaitForItsCertificate() {
        SmallAcmeServer server = server();
        server.slow = true;
        AcmeCertificates second = another(FileCertificateStore.in(directory.resolve("store")));
        manage(server, "a.test");
        second.manage("web", List.of("a.test"), options(server).build());
        assertThat(server.ordered).hasSize(1);
        var waiting = second.wanted("web", "a.test");
        server.slow = false;
        clock.advance(Duration.ofSeconds(9));

        assertThat(now(waiting)).isTrue();
        assertThat(server.ordered).hasSize(1);
        second.stop();
    }

    @Test
    void aProxyThatDiesWhileItOrdersLeavesTheOrderToTheOther() throws Exception {
        SmallAcmeServer server = server();
        CertificateStore shared = FileCertificateStore.in(directory.resolve("store"));
        server.slow = true;
        manage(server, "a.test");
        // What the system does with the locks of a process that dies.
        AcmeCertificates second = another(new StoreWithoutLocks(shared));
        certificates.stop();
        server.slow = false;
        second.manage("web", List.of("a.test"), options(server).build());

        assertThat(second.certificate("a.test")).isPresent();
        assertThat(server.ordered).hasSize(1);
        second.stop();
    }

    private record StoreWithoutLocks(CertificateStore store) implements CertificateStore {
        @Override
        public Optional<byte[]> load(String name) throws IOException {
            return store.load(name);
        }

        @Override
        public void save(String name, byte[] content) throws IOException {
            store.save(name, content);
        }

        @Override
        public void delete(String name) throws IOException {
            store.delete(name);
        }
    }
}
