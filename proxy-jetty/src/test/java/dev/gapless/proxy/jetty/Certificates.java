package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.CertificateBytes.Party;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate that nobody else has signed, for localhost unless told otherwise, as PEM files. */
record Certificates(Path chain, Path key, KeyStore store) {
    private static final char[] PASSWORD = "password".toCharArray();

    /** Made when first used, as not every process needs it. */
    private static final class Shared {
        private static final Certificates CERTIFICATES = makeInTemporaryDirectory();

        private static Certificates makeInTemporaryDirectory() {
            try {
                Path directory = Files.createTempDirectory("gapless-certificates");
                directory.toFile().deleteOnExit();
                Certificates made = make(directory, "shared", "EC");
                try (Stream<Path> files = Files.list(directory)) {
                    files.forEach(file -> file.toFile().deleteOnExit());
                }
                return made;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** One for all tests of this process that only want some certificate. */
    static Certificates shared() {
        return Shared.CERTIFICATES;
    }

    /** Makes one in the directory; the algorithm is RSA or EC. */
    static Certificates make(Path directory, String name, String algorithm) throws Exception {
        return make(directory, name, algorithm, "dns:localhost,dns:example.com,ip:127.0.0.1");
    }

    /** Makes one for other names. */
    static Certificates make(Path directory, String name, String algorithm, String names) throws Exception {
        Party party = new Party("localhost", Keys.of(algorithm));
        KeyStore store = emptyStore();
        put(store, party, CertificateBytes.ofServer(party, party, Instant.now(), inTwoDays(0), split(names)));
        return read(directory, name, store);
    }

    /**
     * Makes one for each number of days ago from which it is to be valid for two days, that another one has signed, which is
     * kept as the entry "ca"; else as above.
     */
    static List<Certificates> makeSigned(Path directory, String name, String names, int... daysAgo) throws Exception {
        Party authority = new Party("authority", Keys.of("EC"));
        Party party = new Party("localhost", Keys.of("EC"));
        X509Certificate root = CertificateBytes.ofAuthority(authority, Instant.now(), inTwoDays(0));
        List<Certificates> signed = new ArrayList<>();
        for (int days : daysAgo) {
            Instant from = Instant.now().minus(Duration.ofDays(days));
            KeyStore store = emptyStore();
            store.setCertificateEntry("ca", root);
            put(store, party, CertificateBytes.ofServer(party, authority, from, inTwoDays(days), split(names)));
            signed.add(read(directory, name + days, store));
        }
        return signed;
    }

    private static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static void put(KeyStore store, Party party, Certificate certificate) throws Exception {
        store.setKeyEntry("a", party.keys().getPrivate(), PASSWORD, new Certificate[] {certificate});
    }

    private static Instant inTwoDays(int daysAgo) {
        return Instant.now().plus(Duration.ofDays(2 - daysAgo));
    }

    private static List<String> split(String names) {
        return List.of(names.split(","));
    }

    private static Certificates read(Path directory, String name, KeyStore store) throws Exception {
        return new Certificates(
                pem(
                        directory.resolve(name + ".pem"),
                        "CERTIFICATE",
                        store.getCertificate("a").getEncoded()),
                pem(
                        directory.resolve(name + ".key"),
                        "PRIVATE KEY",
                        store.getKey("a", PASSWORD).getEncoded()),
                store);
    }

    /** The certificate of who has signed this one, if anyone else has. */
    Path authority() throws Exception {
        return pem(
                chain.resolveSibling("ca-" + chain.getFileName()),
                "CERTIFICATE",
                store.getCertificate("ca").getEncoded());
    }

    private static Path pem(Path file, String type, byte[] bytes) throws Exception {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
    }

    /** A client's context that trusts this certificate and no other. */
    SSLContext trusting() throws Exception {
        KeyStore trusted = emptyStore();
        trusted.setCertificateEntry("a", store.getCertificate("a"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
