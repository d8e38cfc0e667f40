package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Challenges that reach another proxy of the store than the one that has ordered. */
class AcmeElsewhereTest extends AcmeScaffold {
    private static final String PATH = "/.well-known/acme-challenge/";
    private static final String VALIDATION = "1.3.6.1.5.5.7.1.31";

    private CountingStore shared;
    private AcmeCertificates other;
    private SmallAcmeServer server;

    @BeforeEach
    void startAnother() {
        shared = new CountingStore(FileCertificateStore.in(directory.resolve("store")));
        other = another(shared);
        server = server();
    }

    @AfterEach
    void stopTheOther() {
        other.stop();
    }

    /** It has the service, too, but not the claim to order. */
    private void manageElsewhere(String... hosts) {
        other.manage("web", List.of(hosts), options(server).build());
        shared.loaded.clear();
    }

    private Optional<String> askedElsewhere(String host, String path) {
        CompletableFuture<Optional<String>> answer = other.httpAnswer(host, path);
        assertThat(answer).isDone();
        return answer.join();
    }

    @Test
    void aChallengeOverHttpIsAnsweredByAnyOfThem() {
        List<Optional<String>> answers = new ArrayList<>();
        server.prover = (host, type) -> {
            manageElsewhere("a.test");
            answers.add(askedElsewhere("A.test:80", PATH + "token-1"));
            answers.add(certificates.httpAnswer("a.test", PATH + "token-1").join());
            answers.add(askedElsewhere("b.test", PATH + "token-1"));
            return true;
        };
        manage(server, "a.test");

        assertThat(answers.get(0).orElseThrow()).startsWith("token-1.");
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
        assertThat(answers.get(2)).isEmpty();
        assertThat(certificate("a.test").chain()).isNotEmpty();
    }

    @Test
    void aChallengeOverTlsIsAnsweredByAnyOfThem() {
        server.offered = List.of("tls-alpn-01");
        List<ServerCertificate> shown = new ArrayList<>();
        server.prover = (host, type) -> {
            manageElsewhere("a.test");
            assertThat(other.tlsAlpnAnswer("a.test")).isEmpty();
            shown.add(
                    now(other.proofWanted("a.test"))
                            ? other.tlsAlpnAnswer("a.test").orElseThrow()
                            : null);
            shown.add(certificates.tlsAlpnAnswer("a.test").orElseThrow());
            return true;
        };
        manage(server, "a.test");

        assertThat(shown.get(0)).isNotNull();
        assertThat(Chain.leaf(shown.get(0)).getExtensionValue(VALIDATION))
                .isNotNull()
                .isEqualTo(Chain.leaf(shown.get(1)).getExtensionValue(VALIDATION));
        assertThat(Chain.names(Chain.leaf(shown.get(0)))).containsExactly("a.test");
    }

    @Test
    void onceItIsProvedNobodyAnswers() {
        server.prover = (host, type) -> {
            manageElsewhere("a.test");
            return askedElsewhere("a.test", PATH + "token-1").isPresent();
        };
        manage(server, "a.test");
        clock.advance(AcmeElsewhere.REMEMBERED.plusSeconds(1));

        assertThat(askedElsewhere("a.test", PATH + "token-1")).isEmpty();
    }

    @Test
    void strangersHaveTheStoreReadForAHostNowAndThenWhateverTheySend() {
        manage(server, "a.test");
        manageElsewhere("a.test");
        for (int i = 0; i < 1_000; i++) {
            assertThat(other.httpAnswer("a.test", PATH + "../../token" + i)).isNotNull();
        }
        assertThat(shared.loaded).hasSize(1);
        clock.advance(Duration.ofSeconds(10));

        assertThat(shared.loaded)
                .as("the second for all who came meanwhile")
                .hasSize(2)
                .allMatch(name -> name.endsWith("/challenge-a.test"));
    }

    @Test
    void whoeverComesBeforeTheStoreIsReadAgainLearnsWhatIsThereThen() {
        List<CompletableFuture<Optional<String>>> answers = new ArrayList<>();
        server.prover = (host, type) -> {
            manageElsewhere("a.test");
            shared.fails = true;
            assertThat(askedElsewhere("a.test", PATH + "token-1")).isEmpty();
            shared.fails = false;
            answers.add(other.httpAnswer("a.test", PATH + "token-1"));
            assertThat(answers.get(0)).as("answered by what was read before").isNotDone();
            clock.advance(AcmeElsewhere.PACE);
            return true;
        };
        manage(server, "a.test");

        assertThat(answers.get(0).join().orElseThrow()).startsWith("token-1.");
    }

    @Test
    void aHostThatIsNotOursCostsNothing() {
        manage(server, "a.test");
        manageElsewhere("a.test");

        assertThat(askedElsewhere("b.test", PATH + "token-1")).isEmpty();
        assertThat(askedElsewhere("../../a.test", PATH + "token-1")).isEmpty();
        assertThat(askedElsewhere("a.test", "/any")).isEmpty();
        assertThat(now(other.proofWanted("b.test"))).isFalse();
        assertThat(shared.loaded).isEmpty();
    }

    @Test
    void hostsOnDemandAreLookedForAFewAtATime() {
        other.manage(
                "web",
                List.of(),
                options(server).onDemand(new Approval.ByPath("/allowed")).build());
        for (int i = 0; i < 1_000; i++) {
            assertThat(now(other.proofWanted("host" + i + ".test"))).isFalse();
        }
        assertThat(now(other.proofWanted("no/name"))).isFalse();

        assertThat(shared.loaded).hasSize(32).allMatch(name -> name.matches("[^/]+/challenge-host[0-9]+\\.test"));
        clock.advance(AcmeElsewhere.PACE);
        assertThat(now(other.proofWanted("another.test"))).isFalse();
        assertThat(shared.loaded).hasSize(33);
    }

    @Test
    void aStoreThatFailsHasNoProof() {
        manage(server, "a.test");
        manageElsewhere("a.test");
        shared.fails = true;

        assertThat(askedElsewhere("a.test", PATH + "token-1")).isEmpty();
    }

    @Test
    void aProofThatCannotBeSharedIsGivenByTheProxyThatHasOrdered() {
        CountingStore unwilling = new CountingStore(store);
        unwilling.refused = "/challenge-";
        AcmeCertificates alone = another(unwilling);
        server.prover =
                (host, type) -> alone.httpAnswer(host, PATH + "token-1").join().isPresent();
        alone.manage("web", List.of("a.test"), options(server).build());

        assertThat(alone.certificate("a.test")).isPresent();
        alone.stop();
    }

    /** Says what was loaded, and fails where it is to. */
    private static final class CountingStore implements CertificateStore {
        final List<String> loaded = new ArrayList<>();
        boolean fails;
        String refused = " ";
        private final CertificateStore store;

        CountingStore(CertificateStore store) {
            this.store = store;
        }

        @Override
        public Optional<byte[]> load(String name) throws IOException {
            loaded.add(name);
            if (fails) {
                throw new IOException("no disk");
            }
            return store.load(name);
        }

        @Override
        public void save(String name, byte[] content) throws IOException {
            if (name.contains(refused)) {
                throw new IOException("no room");
            }
            store.save(name, content);
        }

        @Override
        public void delete(String name) throws IOException {
            store.delete(name);
        }

        @Override
        public Optional<Claim> claim(String name) throws IOException {
            return store.claim(name);
        }
    }
}
