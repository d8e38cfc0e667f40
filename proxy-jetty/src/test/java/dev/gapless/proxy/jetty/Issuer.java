package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.jetty.CertificateBytes.Party;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** An authority, and what it signs, in memory and as PEM files. */
final class Issuer {
    static final Duration DAY = Duration.ofDays(1);
    private static final char[] PASSWORD = "password".toCharArray();

    private final Path directory;
    private final Party party;
    private final X509Certificate certificate;

    /** A certificate with its key, and the files of both. */
    record Issued(Path chain, Path key, ServerCertificate certificate) {
        X509Certificate leaf() {
            return certificate.chain().get(0);
        }

        String chainText() throws Exception {
            return Files.readString(chain);
        }

        String keyText() throws Exception {
            return Files.readString(key);
        }
    }

    private Issuer(Path directory, Party party, X509Certificate certificate) {
        this.directory = directory;
        this.party = party;
        this.certificate = certificate;
    }

    static Issuer make(Path directory, String name) throws Exception {
        Party party = new Party(name, Keys.of("EC"));
        Instant now = Instant.now();
        return new Issuer(
                directory, party, CertificateBytes.ofAuthority(party, now.minus(DAY), now.plus(Duration.ofDays(9))));
    }

    /** Signs one for these host names, which is valid from yesterday to tomorrow. */
    Issued issue(String name, String... hosts) throws Exception {
        return issue(
                name, Keys.of("EC"), Instant.now().minus(DAY), Instant.now().plus(DAY), hosts);
    }

    Issued issue(String name, KeyPair keys, Instant from, Instant until, String... hosts) throws Exception {
        List<String> names = Arrays.stream(hosts).map(host -> "dns:" + host).toList();
        return written(
                name, keys, CertificateBytes.ofServer(new Party(name, keys), party, from, until, names), certificate);
    }

    /** Signs one of which public logs know, without its issuer beside it. */
    Issued issueLogged(String name) throws Exception {
        KeyPair keys = Keys.of("EC");
        Instant now = Instant.now();
        return written(
                name,
                keys,
                CertificateBytes.ofLoggedServer(new Party(name, keys), party, now.minus(DAY), now.plus(DAY)));
    }

    private Issued written(String name, KeyPair keys, X509Certificate... chain) throws Exception {
        StringBuilder text = new StringBuilder();
        for (X509Certificate each : chain) {
            text.append(pem("CERTIFICATE", each.getEncoded()));
        }
        return new Issued(
                Files.writeString(directory.resolve(name + ".pem"), text),
                Files.writeString(
                        directory.resolve(name + ".key"),
                        pem("PRIVATE KEY", keys.getPrivate().getEncoded())),
                new ServerCertificate(List.of(chain), keys.getPrivate()));
    }

    static String pem(String type, byte[] bytes) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }

    /** The file of its own certificate. */
    Path pemFile() throws Exception {
        return Files.writeString(
                directory.resolve(party.name() + "-ca.pem"), pem("CERTIFICATE", certificate.getEncoded()));
    }

    /** A client's context that trusts what it has signed and nothing else. */
    SSLContext trusting() throws Exception {
        return trusting(null);
    }

    /** As {@link #trusting()}, with a certificate to show, if there is one. */
    SSLContext trusting(@Nullable Issued shown) throws Exception {
        KeyStore trusted = emptyStore();
        trusted.setCertificateEntry("ca", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(shown == null ? null : keyManagers(shown), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyManager[] keyManagers(Issued shown) throws Exception {
        KeyStore store = emptyStore();
        Key key = shown.certificate().key();
        store.setKeyEntry("a", key, PASSWORD, shown.certificate().chain().toArray(Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD);
        return managers.getKeyManagers();
    }

    private static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
