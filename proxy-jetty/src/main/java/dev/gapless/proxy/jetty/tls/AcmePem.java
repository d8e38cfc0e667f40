package dev.gapless.proxy.jetty.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with keys and certificates (RFC 7468), preceded by lines with a name and a value. Reading what is damaged is an {@link
 * IOException} that says so.
 */
final class AcmePem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN (?<type>[A-Z ]+)-----\\s(?<base64>[A-Za-z0-9+/=\\s]+)-----END \\k<type>-----");
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

    private final StringBuilder text = new StringBuilder();

    private AcmePem() {}

    static AcmePem empty() {
        return new AcmePem();
    }

    static AcmePem of(byte[] content) {
        AcmePem pem = new AcmePem();
        pem.text.append(new String(content, StandardCharsets.UTF_8));
        return pem;
    }

    byte[] bytes() {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    AcmePem line(String name, String value) {
        text.append(name).append(": ").append(value).append('\n');
        return this;
    }

    AcmePem key(PrivateKey key) {
        return line("Key", key.getAlgorithm()).block("PRIVATE KEY", key.getEncoded());
    }

    AcmePem keyPair(KeyPair pair) {
        return key(pair.getPrivate()).block("PUBLIC KEY", pair.getPublic().getEncoded());
    }

    AcmePem chain(List<X509Certificate> chain) throws IOException {
        try {
            for (X509Certificate certificate : chain) {
                block("CERTIFICATE", certificate.getEncoded());
            }
            return this;
        } catch (GeneralSecurityException e) {
            throw new IOException("a certificate cannot be encoded: " + e.getMessage(), e);
        }
    }

    private AcmePem block(String type, byte[] content) {
        text.append("-----BEGIN ").append(type).append("-----\n");
        text.append(BASE64.encodeToString(content)).append("\n-----END ");
        text.append(type).append("-----\n");
        return this;
    }

    Optional<String> line(String name) {
        Matcher line = Pattern.compile("^" + Pattern.quote(name) + ": (.+)$", Pattern.MULTILINE)
                .matcher(text);
        return line.find() ? Optional.of(line.group(1)) : Optional.empty();
    }

    PrivateKey key() throws IOException {
        try {
            return keyFactory().generatePrivate(new PKCS8EncodedKeySpec(block("PRIVATE KEY")));
        } catch (GeneralSecurityException e) {
            throw new IOException("it has no usable private key", e);
        }
    }

    KeyPair keyPair() throws IOException {
        try {
            return new KeyPair(keyFactory().generatePublic(new X509EncodedKeySpec(block("PUBLIC KEY"))), key());
        } catch (GeneralSecurityException e) {
            throw new IOException("it has no usable public key", e);
        }
    }

    List<X509Certificate> chain() throws IOException {
        try {
            List<X509Certificate> chain = new ArrayList<>();
            CertificateFactory certificates = CertificateFactory.getInstance("X.509");
            for (byte[] block : blocks("CERTIFICATE")) {
                chain.add((X509Certificate) certificates.generateCertificate(new ByteArrayInputStream(block)));
            }
            return chain;
        } catch (GeneralSecurityException e) {
            throw new IOException("it has no usable certificate", e);
        }
    }

    private KeyFactory keyFactory() throws IOException, GeneralSecurityException {
        return KeyFactory.getInstance(
                line("Key").orElseThrow(() -> new IOException("it does not say what key it has")));
    }

    private byte[] block(String type) throws IOException {
        List<byte[]> blocks = blocks(type);
        if (blocks.size() != 1) {
            throw new IOException("it has " + blocks.size() + " blocks of the type \"" + type + "\"; expected one");
        }
        return blocks.get(0);
    }

    private List<byte[]> blocks(String type) throws IOException {
        List<byte[]> found = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if (type.equals(block.group("type"))) {
                found.add(decoded(block.group("base64")));
            }
        }
        return found;
    }

    private static byte[] decoded(String base64) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IOException("it has a block that is not Base64", e);
        }
    }
}
