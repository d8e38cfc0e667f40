package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.HostApproval;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Automatic certificates from a small ACME server, all on the test's thread, by a clock that the test moves. */
abstract class AcmeScaffold {
    static final TestAuthority AUTHORITY = TestAuthority.make();

    @TempDir
    Path directory;

    final MovedClock clock = new MovedClock();
    final List<CertificateEvent> events = Collections.synchronizedList(new ArrayList<>());
    final Map<String, DnsRecords> dns = new HashMap<>();
    final Map<String, HostApproval> approvals = new HashMap<>();
    AcmeSetup.ServiceQuestion question = (service, path) -> CompletableFuture.completedFuture(404);
    CertificateStore store;
    AcmeCertificates certificates;

    private final List<AutoCloseable> servers = new ArrayList<>();

    @BeforeEach
    void prepare() throws Exception {
        AUTHORITY.writeTo(directory.resolve("authority.pem"));
        store = FileCertificateStore.in(directory.resolve("store"));
        start();
    }

    @AfterEach
    void end() throws Exception {
        certificates.stop();
        for (AutoCloseable server : servers) {
            server.close();
        }
    }

    /** Starts, again perhaps, with what is in the store. */
    void start() {
        certificates = another(store);
    }

    /** Another proxy. */
    AcmeCertificates another(CertificateStore of) {
        return new AcmeCertificates(new AcmeSetup(
                Runnable::run,
                clock,
                clock,
                new Random(1),
                Optional.of(of),
                dns,
                approvals,
                (service, path) -> question.status(service, path),
                (service, event) -> events.add(event)));
    }

    <S extends SmallAcmeServer> S serving(S server) {
        servers.add(server);
        return server;
    }

    SmallAcmeServer server() {
        return serving(new SmallAcmeServer(AUTHORITY));
    }

    AcmeOptions.Builder options(SmallAcmeServer server) {
        return AcmeOptions.builder()
                .directory(server.directory())
                .directoryAuthority(directory.resolve("authority.pem"));
    }

    void manage(SmallAcmeServer server, String... hosts) {
        certificates.manage("web", List.of(hosts), options(server).build());
    }

    ServerCertificate certificate(String host) {
        Optional<ServerCertificate> certificate = certificates.certificate(host);
        assertThat(certificate).as("certificate of %s, after %s", host, events).isPresent();
        return certificate.get();
    }

    CertificateEvent.Failed failure() {
        assertThat(events).last().isInstanceOf(CertificateEvent.Failed.class);
        return (CertificateEvent.Failed) events.get(events.size() - 1);
    }

    static boolean now(CompletionStage<Boolean> answer) {
        assertThat(answer.toCompletableFuture()).isDone();
        return answer.toCompletableFuture().join();
    }
}
