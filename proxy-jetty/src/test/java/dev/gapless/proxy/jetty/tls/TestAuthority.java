package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.jetty.PreparedKeys;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Signs certificates for tests. */
public final class TestAuthority {
    private static final X500Name NAME = new X500Name("CN=Authority of the tests");
    private static final char[] PASSWORD = "password".toCharArray();

    private final AtomicLong serial = new AtomicLong(0x4711);
    private final KeyPair key = newKey();
    private final X509Certificate certificate;
    private final KeyPair serverKey = newKey();
    private final X509Certificate serverCertificate;

    private TestAuthority() throws Exception {
        PreparedKeys.use();
        JcaX509v3CertificateBuilder root = builder(
                key.getPublic(), Instant.now().minusSeconds(3600), Instant.now().plusSeconds(86_400), NAME);
        root.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        certificate = sign(root);
        Instant now = Instant.now();
        serverCertificate =
                issue(serverKey.getPublic(), List.of("localhost"), now.minusSeconds(3600), now.plusSeconds(86_400));
    }

    public static TestAuthority make() {
        try {
            return new TestAuthority();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static KeyPair newKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** Signs one for hosts. */
    X509Certificate issue(PublicKey owner, List<String> hosts, Instant from, Instant until) {
        try {
            JcaX509v3CertificateBuilder builder = builder(owner, from, until, new X500Name("CN=" + hosts.get(0)));
            GeneralName[] names = hosts.stream()
                    .map(host -> new GeneralName(GeneralName.dNSName, host))
                    .toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(key.getPublic()));
            return sign(builder);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private JcaX509v3CertificateBuilder builder(PublicKey owner, Instant from, Instant until, X500Name subject) {
        return new JcaX509v3CertificateBuilder(
                NAME, BigInteger.valueOf(serial.incrementAndGet()), Date.from(from), Date.from(until), subject, owner);
    }

    private X509Certificate sign(JcaX509v3CertificateBuilder builder) throws Exception {
        byte[] encoded = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                .getEncoded();
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    /** Writes the certificate of the authority. */
    public Path writeTo(Path file) throws Exception {
        return Files.writeString(file, pem("CERTIFICATE", certificate.getEncoded()));
    }

    /** Writes a certificate for localhost, and its key, as cert.pem and key.pem. */
    void writeServer(Path directory) throws Exception {
        Files.writeString(directory.resolve("cert.pem"), pem("CERTIFICATE", serverCertificate.getEncoded()));
        Files.writeString(
                directory.resolve("key.pem"),
                pem("PRIVATE KEY", serverKey.getPrivate().getEncoded()));
    }

    /** What a server on localhost speaks TLS with. */
    SSLContext server() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("a", serverKey.getPrivate(), PASSWORD, new Certificate[] {serverCertificate, certificate});
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    static String pem(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                + "\n-----END " + type + "-----\n";
    }
}
