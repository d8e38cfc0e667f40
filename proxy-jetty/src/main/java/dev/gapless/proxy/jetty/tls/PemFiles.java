package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Reads certificates, and a certificate chain with its private key, from PEM files (RFC 7468). */
public final class PemFiles {
    /** The password of the key stores made here, which stay in memory. */
    public static final String PASSWORD = "in-memory";

    private static final Pattern CERTIFICATE = Pattern.compile(
            "-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(?<body>.*?)-----END (?:X509 |TRUSTED )?CERTIFICATE-----",
            Pattern.DOTALL);

    private PemFiles() {}

    /**
     * Reads a chain and a key.
     *
     * @param chain the certificate, followed by its issuers
     * @param key the private key, not encrypted
     * @return the two
     * @throws IOException if a file cannot be read; the message names it
     * @throws GeneralSecurityException if a file has no certificate or key, or they do not belong together; the message names it
     */
    public static ServerCertificate read(Path chain, Path key) throws IOException, GeneralSecurityException {
        List<X509Certificate> certificates = certificates(chain);
        String what = "certificate key file \"" + key + "\"";
        PrivateKey privateKey = PrivateKeys.read(
                what, readText("certificate key file", key), certificates.get(0).getPublicKey());
        try {
            return new ServerCertificate(certificates, privateKey);
        } catch (IllegalArgumentException e) {
            throw new CertificateException(
                    what + " has the key of another certificate than the first of \"" + chain + "\"", e);
        }
    }

    /**
     * Reads a chain and a key.
     *
     * @param chain the certificate, followed by its issuers
     * @param key the private key, not encrypted
     * @return a key store with one entry
     * @throws IOException if a file cannot be read; the message names it
     * @throws GeneralSecurityException if a file has no certificate or key, or they do not belong together
     */
    public static KeyStore load(Path chain, Path key) throws IOException, GeneralSecurityException {
        ServerCertificate certificate = read(chain, key);
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "proxy",
                certificate.key(),
                PASSWORD.toCharArray(),
                certificate.chain().toArray(Certificate[]::new));
        return store;
    }

    /**
     * Reads which certificates are to be trusted.
     *
     * @param file one certificate or several; empty for those that the JDK trusts
     * @return what trusts them, and no others
     * @throws IOException if the file cannot be read; the message names it
     * @throws GeneralSecurityException if it has no certificate; the message names it
     */
    static TrustManager[] trustManagers(Optional<Path> file) throws IOException, GeneralSecurityException {
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(file.isPresent() ? trusted(file.get()) : null); // Null is what the JDK trusts.
        return managers.getTrustManagers();
    }

    private static KeyStore trusted(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates(file)) {
            store.setCertificateEntry("trusted-" + count++, certificate);
        }
        return store;
    }

    private static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        String text = readText("certificate file", file);
        String what = "certificate file \"" + file + "\"";
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            Matcher pem = CERTIFICATE.matcher(text);
            while (pem.find()) {
                byte[] encoded = Base64.getMimeDecoder().decode(pem.group("body"));
                certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(encoded)));
            }
        } catch (IllegalArgumentException | CertificateException e) {
            throw new CertificateException(
                    what + ": number " + (certificates.size() + 1) + " cannot be read: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException(what + " has no certificate");
        }
        return certificates;
    }

    private static String readText(String what, Path file) throws IOException, CertificateException {
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            if (text.isBlank()) {
                throw new CertificateException(what + " \"" + file + "\" is empty");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new IOException(what + " \"" + file + "\" does not exist", e);
        } catch (IOException e) {
            throw new IOException(what + " \"" + file + "\" cannot be read: " + e.getMessage(), e);
        }
    }
}
