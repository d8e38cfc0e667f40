package dev.gapless.proxy.jetty.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates, and a certificate chain with its private key, from PEM files (RFC 7468). */
public final class PemFiles {
    /** The password of the key stores made here, which stay in memory. */
    public static final String PASSWORD = "in-memory";

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN (?<type>[A-Z ]*)PRIVATE KEY-----(?<base64>[^-]+)-----END");

    private PemFiles() {}

    /**
     * Reads a chain and a key.
     *
     * @param chain the certificate, followed by its issuers
     * @param key the private key in PKCS#8 form, not encrypted
     * @return a key store with one entry
     * @throws IOException if a file cannot be read; the message names it
     * @throws GeneralSecurityException if a file has no certificate or key, or they do not belong together
     */
    public static KeyStore load(Path chain, Path key) throws IOException, GeneralSecurityException {
        Certificate[] certificates = certificates(chain);
        PrivateKey privateKey = privateKey(key, certificates[0].getPublicKey().getAlgorithm());
        checkPair(chain, key, certificates[0], privateKey);
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("proxy", privateKey, PASSWORD.toCharArray(), certificates);
        return store;
    }

    /**
     * Reads certificates that are to be trusted.
     *
     * @param file one certificate or several
     * @return a key store with an entry for each
     * @throws IOException if the file cannot be read; the message names it
     * @throws GeneralSecurityException if it has no certificate; the message names it
     */
    public static KeyStore trusted(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates(file)) {
            store.setCertificateEntry("trusted-" + count++, certificate);
        }
        return store;
    }

    private static Certificate[] certificates(Path file) throws IOException, GeneralSecurityException {
        try {
            Collection<? extends Certificate> read = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read("certificate file", file)));
            if (read.isEmpty()) {
                throw new CertificateException("certificate file \"" + file + "\" has no certificate");
            }
            return read.toArray(new X509Certificate[0]);
        } catch (CertificateException e) {
            throw new CertificateException("certificate file \"" + file + "\": " + e.getMessage(), e);
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm) throws IOException, GeneralSecurityException {
        Matcher pem = PRIVATE_KEY.matcher(new String(read("certificate key file", file), StandardCharsets.ISO_8859_1));
        if (!pem.find()) {
            throw new CertificateException("certificate key file \"" + file + "\" has no private key");
        }
        if (!pem.group("type").isEmpty()) {
            throw new CertificateException(
                    "certificate key file \"" + file + "\" has a \"" + pem.group("type")
                            + "PRIVATE KEY\"; expected an unencrypted \"PRIVATE KEY\", as \"openssl pkcs8 -topk8 -nodes\" writes it");
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pem.group("base64"));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new CertificateException(
                    "certificate key file \"" + file + "\" has no usable " + algorithm + " key", e);
        }
    }

    private static byte[] read(String what, Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException(what + " \"" + file + "\" does not exist", e);
        } catch (IOException e) {
            throw new IOException(what + " \"" + file + "\" cannot be read: " + e.getMessage(), e);
        }
    }

    private static void checkPair(Path chain, Path key, Certificate certificate, PrivateKey privateKey)
            throws GeneralSecurityException {
        String algorithm = certificate.getPublicKey() instanceof RSAPublicKey
                ? "SHA256withRSA"
                : certificate.getPublicKey() instanceof ECPublicKey ? "SHA256withECDSA" : privateKey.getAlgorithm();
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(privateKey);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        if (!signature.verify(signed)) {
            throw new CertificateException(
                    "certificate \"" + chain + "\" and key \"" + key + "\" do not belong together");
        }
    }
}
