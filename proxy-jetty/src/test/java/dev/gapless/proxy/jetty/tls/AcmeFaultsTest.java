package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What goes wrong with the ACME server and the store, and that no certificate in use suffers from it. */
@Tag("proof")
class AcmeFaultsTest extends AcmeScaffold {
    /** Refuses all orders for twelve hours. */
    private static final class RateLimitingServer extends SmallAcmeServer {
        private boolean limits = true;

        RateLimitingServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            return limits && path.equals("/new-order")
                    ? Optional.of(
                            Answer.problem(429, "rateLimited", "too many certificates", Map.of("Retry-After", "43200")))
                    : Optional.empty();
        }
    }

    /** Says HTTP 503 to everything, and when to come again. */
    private static final class BusyServer extends SmallAcmeServer {
        BusyServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            return path.equals("/directory")
                    ? Optional.of(new Answer(503, "text/html", "<p>later</p>", Map.of("Retry-After", "7200")))
                    : Optional.empty();
        }
    }

    /** Takes no nonce the first few times. */
    private static final class NonceRejectingServer extends SmallAcmeServer {
        private int rejections;

        NonceRejectingServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            boolean signed = !path.equals("/directory") && !path.equals("/nonce");
            return signed && rejections++ % 3 != 2
                    ? Optional.of(Answer.problem(400, "badNonce", "no such nonce", Map.of()))
                    : Optional.empty();
        }
    }

    /** Has lost its accounts, as a test server that was restarted has. */
    private static final class ForgetfulServer extends SmallAcmeServer {
        private boolean forgot;

        ForgetfulServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            if (forgot && path.equals("/account")) {
                forgot = false;
            }
            return forgot && path.equals("/new-order")
                    ? Optional.of(Answer.problem(400, "accountDoesNotExist", "who?", Map.of()))
                    : Optional.empty();
        }
    }

    /** Finds that the zone's CAA records allow another authority only. */
    private static final class CaaHeedingServer extends SmallAcmeServer {
        CaaHeedingServer() {
            super(AUTHORITY);
            prover = (host, type) -> false;
        }

        @Override
        String problemOf(String host) {
            return "{\"type\": \"" + PROBLEM + "caa\", \"detail\": \"CAA record for " + host + " prevents issuance\"}";
        }
    }

    /** Loses what it makes: the chain is cut off. */
    private static final class TruncatingServer extends SmallAcmeServer {
        TruncatingServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            return path.startsWith("/certificate")
                    ? Optional.of(new Answer(
                            200, "application/pem-certificate-chain", "-----BEGIN CERTIFICATE-----\nMIIB", Map.of()))
                    : Optional.empty();
        }
    }

    /** Mistakes the host of the first order. */
    private static final class MistakenServer extends SmallAcmeServer {
        MistakenServer() {
            super(AUTHORITY);
        }

        @Override
        List<String> certified(List<String> hosts) {
            return ordered.size() == 1 ? List.of("other.test") : hosts;
        }
    }

    /** Sends a body without end. */
    private static final class FloodingServer extends SmallAcmeServer {
        FloodingServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            return Optional.of(new Answer(200, "application/json", " ".repeat(3 << 20), Map.of()));
        }
    }

    /** Takes requests, and answers none before it is closed. */
    private static final class SilentServer extends SmallAcmeServer {
        private final CountDownLatch end = new CountDownLatch(1);

        SilentServer() {
            super(AUTHORITY);
        }

        @Override
        Optional<Answer> misbehave(String path) {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            end.countDown();
            super.close();
        }
    }

    /** Reads, but does not write. */
    private static final class ReadOnlyStore implements CertificateStore {
        private final CertificateStore store;
        private boolean readOnly = true;

        ReadOnlyStore(Path directory) {
            store = FileCertificateStore.in(directory);
        }

        @Override
        public Optional<byte[]> load(String name) throws IOException {
            return store.load(name);
        }

        @Override
        public void save(String name, byte[] content) throws IOException {
            if (readOnly) {
                throw new IOException("Read-only file system");
            }
            store.save(name, content);
        }

        @Override
        public void delete(String name) throws IOException {
            store.delete(name);
        }
    }

    @Test
    void aServerThatIsDownIsReportedAndTriedAgainAtGrowingIntervals() {
        SmallAcmeServer server = server();
        var options = options(server).build();
        server.close();
        certificates.manage("web", List.of("a.test"), options);

        assertThat(failure().reason()).contains("cannot be reached");
        assertThat(failure().problem()).isEmpty();
        assertThat(failure().nextTry()).isBetween(Duration.ofSeconds(48), Duration.ofMinutes(1));
        clock.advance(Duration.ofMinutes(1));
        assertThat(events).hasSize(2);
        assertThat(failure().nextTry()).isBetween(Duration.ofSeconds(144), Duration.ofMinutes(3));
        clock.advance(Duration.ofDays(7));
        assertThat(failure().nextTry()).isBetween(Duration.ofMinutes(288), Duration.ofHours(6));
        assertThat(events.size()).isBetween(28, 45);
    }

    @Test
    void whileTheNextTryIsOffNobodyWaits() {
        RateLimitingServer server = serving(new RateLimitingServer());
        manage(server, "a.test");

        assertThat(now(certificates.wanted("web", "a.test"))).isFalse();
    }

    @Test
    void aRateLimitIsReportedWithTheServersProblemAndHeeded() {
        RateLimitingServer server = serving(new RateLimitingServer());
        manage(server, "a.test");

        CertificateEvent.Failed failure = failure();
        assertThat(failure.problem().orElseThrow().type()).hasToString(SmallAcmeServer.PROBLEM + "rateLimited");
        assertThat(failure.problem().orElseThrow().detail()).isEqualTo("too many certificates");
        assertThat(failure.nextTry()).isBetween(Duration.ofMinutes(719), Duration.ofMinutes(721));
        server.limits = false;
        clock.advance(Duration.ofHours(11));
        assertThat(certificates.certificate("a.test")).isEmpty();
        clock.advance(Duration.ofHours(2));
        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    @Test
    void aServerThatIsBusyIsLeftAloneForAsLongAsItSays() {
        manage(serving(new BusyServer()), "a.test");

        assertThat(failure().reason()).contains("503");
        assertThat(failure().nextTry()).isEqualTo(Duration.ofHours(2));
    }

    @Test
    void rejectedNoncesAreRepeated() {
        manage(serving(new NonceRejectingServer()), "a.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(events).singleElement().isInstanceOf(CertificateEvent.Obtained.class);
    }

    @Test
    void anAccountThatTheServerForgotIsRegisteredAgain() {
        ForgetfulServer server = serving(new ForgetfulServer());
        manage(server, "a.test");
        server.forgot = true;
        manage(server, "a.test", "b.test");

        assertThat(certificate("b.test").chain()).isNotEmpty();
        assertThat(server.accounts).hasValue(2);
    }

    @Test
    void aHostThatCannotBeProvedIsReportedWithTheServersProblemForEachWay() {
        SmallAcmeServer server = server();
        server.prover = (host, type) -> false;
        manage(server, "a.test");

        assertThat(server.ordered).hasSize(2);
        assertThat(failure().reason()).contains("a.test", "tls-alpn-01", "no proof of a.test");
        assertThat(failure().problem().orElseThrow().type()).hasToString(SmallAcmeServer.PROBLEM + "unauthorized");
        assertThat(certificates
                        .httpAnswer("a.test", "/.well-known/acme-challenge/token-1")
                        .join())
                .isEmpty();
        assertThat(certificates.tlsAlpnAnswer("a.test")).isEmpty();
    }

    @Test
    void anotherAuthoritysCaaRecordIsReported() {
        manage(serving(new CaaHeedingServer()), "a.test");

        assertThat(failure().problem().orElseThrow().type()).hasToString(SmallAcmeServer.PROBLEM + "caa");
        assertThat(failure().problem().orElseThrow().document()).contains("prevents issuance");
    }

    @Test
    void oneHostThatCannotBeProvedDoesNotKeepTheOthersFromTheirs() {
        SmallAcmeServer server = server();
        server.prover = (host, type) -> !host.equals("b.test");
        manage(server, "a.test", "b.test", "c.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(certificate("c.test").chain()).isNotEmpty();
        assertThat(certificates.certificate("b.test")).isEmpty();
    }

    @Test
    void aTruncatedCertificateIsRefusedAndFetchedAgainWithoutANewOrder() {
        TruncatingServer server = serving(new TruncatingServer());
        manage(server, "a.test");

        assertThat(failure().nextTry()).isPositive();
        clock.advance(Duration.ofMinutes(1));
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void aBodyWithoutEndIsCut() {
        manage(serving(new FloodingServer()), "a.test");

        assertThat(failure().reason()).contains("1048576 bytes");
    }

    @Test
    void aServerThatNeverAnswersIsGivenUp() {
        manage(serving(new SilentServer()), "a.test");

        assertThat(failure().reason()).contains("cannot be reached", "15 s");
    }

    @Test
    void aServerWhoseCertificateNobodySignedIsNotTrusted() throws Exception {
        SmallAcmeServer server = serving(new SmallAcmeServer(TestAuthority.make()));
        manage(server, "a.test");

        assertThat(failure().reason()).contains("cannot be reached", "PKIX");
    }

    @Test
    void anAuthorityFileThatIsMissingIsNamed() throws Exception {
        SmallAcmeServer server = server();
        Files.delete(directory.resolve("authority.pem"));
        manage(server, "a.test");

        assertThat(failure().reason()).contains("authority.pem");
    }

    @Test
    void aFailedRenewalLeavesTheCertificateInUse() {
        RateLimitingServer server = serving(new RateLimitingServer());
        server.limits = false;
        server.lifetime = Duration.ofDays(9);
        manage(server, "a.test");
        ServerCertificate first = certificate("a.test");
        server.limits = true;
        clock.advance(Duration.ofDays(7));

        assertThat(failure().reason()).contains("too many certificates");
        assertThat(certificate("a.test")).isEqualTo(first);
        assertThat(now(certificates.wanted("web", "a.test"))).isTrue();
        clock.advance(Duration.ofDays(3));
        assertThat(certificate("a.test")).as("an old one is better than none").isEqualTo(first);
    }

    @Test
    void anOrderThatAKilledProcessBeganIsTakenUp() {
        SmallAcmeServer server = server();
        server.slow = true;
        manage(server, "a.test");
        assertThat(certificates.certificate("a.test")).isEmpty();
        store = FileCertificateStore.in(directory.resolve("copied"));
        copy(directory.resolve("store"), directory.resolve("copied"));
        server.slow = false;
        start();
        manage(server, "a.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(server.ordered).hasSize(1);
    }

    @Test
    void anOrderWhoseCertificateHasExpiredMeanwhileIsBegunAnew() {
        SmallAcmeServer server = server();
        server.lifetime = Duration.ofDays(6);
        server.slow = true;
        manage(server, "a.test");
        store = FileCertificateStore.in(directory.resolve("copied"));
        copy(directory.resolve("store"), directory.resolve("copied"));
        certificates.stop();
        clock.advance(Duration.ofDays(7));
        server.slow = false;
        server.validFrom = clock.now();
        start();
        manage(server, "a.test");

        assertThat(certificate("a.test").chain().get(0).getNotAfter().toInstant())
                .isAfter(clock.now());
        assertThat(server.ordered).hasSize(2);
    }

    @Test
    void aCertificateForAnotherHostIsRefusedAndOrderedAnew() {
        MistakenServer server = serving(new MistakenServer());
        manage(server, "a.test");
        assertThat(failure().reason()).contains("not for [a.test]");
        clock.advance(Duration.ofMinutes(1));

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(server.ordered).hasSize(2);
    }

    @Test
    void anOrderThatTheServerLostIsBegunAnew() {
        SmallAcmeServer server = server();
        server.slow = true;
        manage(server, "a.test");
        replaceInStore("order-a.test", "/order/1", "/lost/1");
        clock.advance(Duration.ofMinutes(2).plusSeconds(10));
        server.slow = false;
        assertThat(failure().reason()).contains("PROCESSING");
        clock.advance(Duration.ofMinutes(2));

        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(server.ordered).hasSize(2);
    }

    @Test
    void aDamagedCertificateInTheStoreIsReportedAndReplaced() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        certificates.stop();
        replaceInStore("certificate-a.test", "PRIVATE", "PIRATE");
        start();
        manage(server, "a.test");

        assertThat(events)
                .anySatisfy(event -> assertThat(event)
                        .isInstanceOfSatisfying(
                                CertificateEvent.Failed.class,
                                failed -> assertThat(failed.reason()).contains("certificate-a.test", "damaged")));
        assertThat(certificate("a.test").chain()).isNotEmpty();
        assertThat(server.ordered).hasSize(2);
    }

    @Test
    void aDamagedAccountInTheStoreIsSetAsideAndReplaced() {
        SmallAcmeServer server = server();
        manage(server, "a.test");
        certificates.stop();
        replaceInStore("account-own", "PRIVATE", "PIRATE");
        start();
        manage(server, "b.test");

        assertThat(certificate("b.test").chain()).isNotEmpty();
        assertThat(server.accounts).hasValue(2);
        assertThat(inStore("account-own-damaged")).content().contains("PIRATE");
    }

    @Test
    void aCertificateOfAnotherHostInTheStoreIsNotUsed() throws Exception {
        SmallAcmeServer server = server();
        manage(server, "a.test", "b.test");
        certificates.stop();
        Files.copy(inStore("certificate-b.test"), inStore("certificate-a.test"), StandardCopyOption.REPLACE_EXISTING);
        start();
        manage(server, "a.test");

        assertThat(AcmeHosts.covers(certificate("a.test").chain().get(0), List.of("a.test")))
                .isTrue();
    }

    @Test
    void nothingIsOrderedThatCannotBeKept() {
        SmallAcmeServer server = server();
        store = new ReadOnlyStore(directory.resolve("store"));
        start();
        manage(server, "a.test");

        assertThat(failure().reason()).contains("Read-only file system");
        assertThat(server.ordered).isEmpty();
    }

    @Test
    void aStoreThatTurnsReadOnlyDisturbsNoCertificateAndIsTriedAgain() {
        SmallAcmeServer server = server();
        ReadOnlyStore readOnly = new ReadOnlyStore(directory.resolve("store"));
        readOnly.readOnly = false;
        store = readOnly;
        start();
        manage(server, "a.test");
        ServerCertificate first = certificate("a.test");
        readOnly.readOnly = true;
        server.validFrom = clock.now().plus(Duration.ofDays(58));
        clock.advance(Duration.ofDays(62));
        assertThat(certificate("a.test")).isEqualTo(first);
        assertThat(failure().reason()).contains("Read-only file system");
        readOnly.readOnly = false;
        clock.advance(Duration.ofHours(6));

        assertThat(certificate("a.test")).isNotEqualTo(first);
    }

    @Test
    void aCertificateThatCannotBeKeptIsUsedAllTheSame() {
        ReadOnlyStore readOnly = new ReadOnlyStore(directory.resolve("store"));
        readOnly.readOnly = false;
        store = readOnly;
        start();
        SmallAcmeServer server = server();
        server.prover = (host, type) -> {
            readOnly.readOnly = true;
            return true;
        };
        manage(server, "a.test");
        assertThat(failure().reason()).contains("not kept", "Read-only file system");
        ServerCertificate used = certificate("a.test");
        readOnly.readOnly = false;
        clock.advance(Duration.ofMinutes(1));
        certificates.stop();
        start();
        manage(server, "a.test");

        assertThat(certificate("a.test")).isEqualTo(used);
    }

    @Test
    void aListenerThatThrowsChangesNothing() {
        certificates = new AcmeCertificates(new AcmeSetup(
                Runnable::run,
                clock,
                clock,
                new Random(1),
                Optional.of(store),
                dns,
                approvals,
                question,
                (service, event) -> {
                    throw new IllegalStateException("a listener that throws");
                }));
        manage(server(), "a.test");

        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    private Path inStore(String name) {
        try (Stream<Path> files = Files.walk(directory.resolve("store"))) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void replaceInStore(String name, String text, String replacement) {
        try {
            Path file = inStore(name);
            String content = Files.readString(file, StandardCharsets.UTF_8);
            Files.writeString(file, content.replace(text, replacement));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
