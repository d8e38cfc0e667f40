package dev.gapless.proxy.jetty;

import dev.gapless.proxy.FileStateStore;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

/** Certificates in files: what is refused, and what becomes of one that changes. */
class CertificateFilesTest extends TlsScaffold {
    private static final String HOST = "a.example";

    private void deployFiles(Path chain, Path key, String... hosts) throws Exception {
        deploy(
                "shop",
                hosts(hosts)
                        .tlsOptions(TlsOptions.builder().certificate(chain, key).build())
                        .build());
    }

    private void assertRefused(Path chain, Path key, Path named, String... words) {
        if (proxy == null) {
            proxy = start(secure());
        }
        assertThatThrownBy(() -> deployFiles(chain, key, HOST))
                .hasMessageContaining("certificate")
                .hasMessageContaining("\"" + named + "\"")
                .hasMessageContainingAll(words);
        assertThat(proxy.services().list()).isEmpty();
    }

    private Path write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void whatCannotBeServedIsRefusedWithItsReason() throws Exception {
        Issuer.Issued good = issuer.issue("good", HOST);
        Issuer.Issued other = issuer.issue("other", HOST);
        Path missing = directory.resolve("missing.pem");
        Path empty = write("empty.pem", "\n");
        Path garbage = write("garbage.pem", Issuer.pem("CERTIFICATE", new byte[20]));
        Path encrypted = write("encrypted.key", Issuer.pem("ENCRYPTED PRIVATE KEY", new byte[20]));
        Path earlier = write(
                "earlier.key",
                "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
                        + "-----END EC PRIVATE KEY-----\n");

        assertRefused(missing, good.key(), missing, "does not exist");
        assertRefused(good.chain(), missing, missing, "does not exist");
        assertRefused(directory, good.key(), directory, "cannot be read");
        assertRefused(empty, good.key(), empty, "is empty");
        assertRefused(good.chain(), empty, empty, "is empty");
        assertRefused(garbage, good.key(), garbage, "number 1 cannot be read");
        assertRefused(good.key(), good.key(), good.key(), "has no certificate");
        assertRefused(good.chain(), good.chain(), good.chain(), "has no private key");
        assertRefused(good.chain(), encrypted, encrypted, "encrypted");
        assertRefused(good.chain(), earlier, earlier, "encrypted");
        assertRefused(good.chain(), other.key(), other.key(), "another certificate");
    }

    @Test
    void whatClientsWouldRefuseIsRefused() throws Exception {
        Instant now = Instant.now();
        KeyPair keys = Keys.of("EC");
        Issuer.Issued expired =
                issuer.issue("expired", keys, now.minus(Duration.ofDays(3)), now.minus(Issuer.DAY), HOST);
        Issuer.Issued early = issuer.issue("early", keys, now.plus(Issuer.DAY), now.plus(Duration.ofDays(3)), HOST);
        Issuer.Issued elsewhere = issuer.issue("elsewhere", "b.example", "*.a.example");

        assertRefused(expired.chain(), expired.key(), expired.chain(), "has expired");
        assertRefused(early.chain(), early.key(), early.chain(), "not valid yet");
        assertRefused(elsewhere.chain(), elsewhere.key(), elsewhere.chain(), "none of", "[a.example]");
    }

    @Test
    void aChainThatLacksAnIssuerIsRefusedWhereThatCanBeTold() throws Exception {
        Issuer.Issued logged = issuer.issueLogged("logged");
        Issuer.Issued good = issuer.issue("good", HOST);
        String leaf = good.chainText().substring(0, good.chainText().indexOf("-----BEGIN", 1));
        String stranger = Files.readString(Issuer.make(directory, "stranger").pemFile());
        Path unrelated = write("unrelated.pem", leaf + stranger);
        Path alone = write("alone.pem", leaf);
        proxy = start(secure());

        assertThatThrownBy(() -> deployFiles(logged.chain(), logged.key()))
                .hasMessageContaining("\"" + logged.chain() + "\"")
                .hasMessageContaining("lacks its issuer \"CN=authority\"");
        assertRefused(unrelated, good.key(), unrelated, "lacks its issuer \"CN=authority\"");
        deployFiles(alone, good.key(), HOST);
        assertThat(shown(HOST)).isEqualTo("good");
    }

    @Test
    void issuersInAnyOrderAndStrangersAmongThemAreSetRight() throws Exception {
        Issuer.Issued good = issuer.issue("good", HOST);
        int second = good.chainText().indexOf("-----BEGIN", 1);
        String stranger = Files.readString(Issuer.make(directory, "stranger").pemFile());
        Path mixed = write(
                "mixed.pem",
                "Some words\n" + good.chainText().substring(0, second) + stranger
                        + good.chainText().substring(second));
        proxy = start(secure());

        deployFiles(mixed, good.key(), HOST);

        assertThat(connect(issuer.trusting(), HOST).getSession().getPeerCertificates())
                .containsExactlyElementsOf(good.certificate().chain());
    }

    @Test
    void hostsThatAreNotCoveredAreToldOfAndServedAllTheSame() throws Exception {
        Issuer.Issued some = issuer.issue("some", HOST, "*.b.example");
        proxy = start(secure());

        deployFiles(some.chain(), some.key(), HOST, "x.b.example", "*.b.example", "c.example", "y.x.b.example");

        eventually("the event", () -> !heard.isEmpty());
        assertThat(heard)
                .containsExactly("shop NotCovered[hosts=[c.example, y.x.b.example], file=" + some.chain() + "]");
        assertThat(shown("c.example")).isEqualTo("some");
    }

    @ParameterizedTest
    @CsvSource({"RSA, RSA PRIVATE KEY", "EC, EC PRIVATE KEY", "RSA, PRIVATE KEY"})
    void keysAreReadInTheFormsThatThereAre(String algorithm, String form) throws Exception {
        KeyPair keys = Keys.of(algorithm);
        Instant now = Instant.now();
        Issuer.Issued issued = issuer.issue("formed", keys, now.minus(Issuer.DAY), now.plus(Issuer.DAY), HOST);
        byte[] pkcs8 = keys.getPrivate().getEncoded();
        byte[] bytes = form.equals("PRIVATE KEY") ? pkcs8 : innerKey(pkcs8, algorithm);
        Path key = write(
                "formed-other.key",
                "-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n" + Issuer.pem(form, bytes));
        proxy = start(secure());

        deployFiles(issued.chain(), key, HOST);

        assertThat(shown(HOST)).isEqualTo("formed");
    }

    /** What PKCS#8 has in its last element, an octet string, of a key of 2048 bits or of the curve P-256. */
    private static byte[] innerKey(byte[] pkcs8, String algorithm) {
        boolean rsa = algorithm.equals("RSA");
        int lengthOfAll = rsa ? 4 : 2;
        int version = 3;
        int identifier = rsa ? 15 : 21;
        int lengthOfKey = rsa ? 4 : 2;
        return Arrays.copyOfRange(pkcs8, lengthOfAll + version + identifier + lengthOfKey, pkcs8.length);
    }

    private void checkFiles() {
        proxy.assembly.tls().checkFiles();
    }

    private static void replace(Issuer.Issued old, String chain, String key) throws Exception {
        Path nextChain = Files.writeString(old.chain().resolveSibling("next.pem"), chain);
        Path nextKey = Files.writeString(old.key().resolveSibling("next.key"), key);
        Files.move(nextKey, old.key(), StandardCopyOption.REPLACE_EXISTING);
        Files.move(nextChain, old.chain(), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void filesThatChangeAreReadAgainWithoutADroppedConnection() throws Exception {
        Issuer.Issued first = issuer.issue("first", HOST);
        Issuer.Issued second = issuer.issue("second", HOST);
        proxy = start(secure());
        deployFiles(first.chain(), first.key(), HOST);
        SSLSocket before = connect(issuer.trusting(), HOST);

        replace(first, second.chainText(), second.keyText());
        checkFiles();

        assertThat(shown(HOST)).isEqualTo("second");
        assertThat(get(before, HOST, "/").status()).isEqualTo(200);
        eventually("the event", () -> !heard.isEmpty());
        assertThat(heard)
                .singleElement()
                .asString()
                .startsWith("shop Reloaded[hosts=[a.example], file=" + first.chain());
    }

    @Test
    void filesAreLookedAtByThemselves() throws Exception {
        Issuer.Issued first = issuer.issue("first", HOST);
        Issuer.Issued second = issuer.issue("second", HOST);
        proxy = start(secure());
        deployFiles(first.chain(), first.key(), HOST);

        replace(first, second.chainText(), second.keyText());

        eventually("the event", () -> !heard.isEmpty());
        assertThat(shown(HOST)).isEqualTo("second");
    }

    @Test
    void aNewFileThatCannotBeUsedIsToldOfOnceAndTheOldCertificateGoesOn() throws Exception {
        Issuer.Issued first = issuer.issue("first", HOST);
        Issuer.Issued second = issuer.issue("second", HOST);
        proxy = start(secure());
        deployFiles(first.chain(), first.key(), HOST);

        write("first.pem", second.chainText());
        checkFiles();
        assertThat(shown(HOST)).isEqualTo("first");
        checkFiles();
        checkFiles();
        checkFiles();

        eventually("the event", () -> !heard.isEmpty());
        assertThat(heard)
                .singleElement()
                .asString()
                .startsWith(
                        "shop NotReloaded[hosts=[a.example], file=" + first.chain() + ", reason=certificate key file");
        assertThat(shown(HOST)).isEqualTo("first");
        write("first.key", second.keyText());
        checkFiles();
        assertThat(shown(HOST)).isEqualTo("second");
        Files.delete(first.key());
        checkFiles();
        checkFiles();
        assertThat(shown(HOST)).isEqualTo("second");
    }

    @Test
    void theProxysOwnCertificateIsReadAgain() throws Exception {
        Issuer.Issued first = issuer.issue("first", HOST);
        Issuer.Issued second = issuer.issue("second", HOST);
        proxy = start(secure().certificate(first.chain(), first.key()));

        replace(first, second.chainText(), second.keyText());
        checkFiles();

        assertThat(shown(null)).isEqualTo("second");
        eventually("the event", () -> !heard.isEmpty());
        assertThat(heard).singleElement().asString().startsWith(" Reloaded[hosts=[], file=" + first.chain());
    }

    @Test
    void oneThatHasExpiredSinceIsServedAfterARestartAndAMissingOneKeepsNoOtherServiceFromIt() throws Exception {
        Instant now = Instant.now();
        KeyPair keys = Keys.of("EC");
        Issuer.Issued good = issuer.issue("good", keys, now.minus(Duration.ofDays(5)), now.plus(Issuer.DAY), HOST);
        Issuer.Issued other = issuer.issue("other", "b.example");
        Path state = directory.resolve("state");
        proxy = start(secure().stateStore(FileStateStore.at(state)));
        deployFiles(good.chain(), good.key(), HOST);
        deploy("other", hosts("b.example").tlsOptions(from(other)).build());
        deploy("plain", ServiceOptions.builder().host("c.example").build());
        proxy.stop();
        Issuer.Issued expired =
                issuer.issue("expired", keys, now.minus(Duration.ofDays(5)), now.minus(Issuer.DAY), HOST);
        Files.writeString(good.chain(), expired.chainText());
        Files.delete(other.key());

        proxy = start(secure().stateStore(FileStateStore.at(state)));

        assertThatThrownBy(() -> shown(HOST))
                .isInstanceOf(SSLHandshakeException.class)
                .hasRootCauseInstanceOf(CertificateExpiredException.class);
        assertThat(proxy.services().list())
                .extracting(ServiceInfo::name, ServiceInfo::state)
                .containsExactly(
                        tuple("other", ServiceInfo.State.NOT_RESTORED),
                        tuple("plain", ServiceInfo.State.RUNNING),
                        tuple("shop", ServiceInfo.State.RUNNING));
    }

    @Test
    void aDeploymentThatFailsLeavesTheCertificateInUseAsItIs() throws Exception {
        Issuer.Issued good = issuer.issue("good", HOST);
        Issuer.Issued other = issuer.issue("other", "b.example");
        proxy = start(secure());
        deployFiles(good.chain(), good.key(), HOST);

        assertThatThrownBy(() -> deployFiles(other.chain(), other.key(), HOST)).hasMessageContaining("none of");

        assertThat(shown(HOST)).isEqualTo("good");
        assertThat(List.copyOf(heard)).isEmpty();
    }
}
