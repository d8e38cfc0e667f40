package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A certificate for localhost and example.com's names, made for one run, in the forms that programs want it in. */
public record Certificate(Path directory) {
    static final String PASSWORD = "changeit";

    private static final String ALIAS = "localhost";

    /** Makes one in the directory. */
    public static Certificate generate(Children children, Path directory) throws IOException, InterruptedException {
        Certificate certificate = new Certificate(directory);
        List<String> command = List.of(
                Programs.ofJdk("keytool"),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-alias",
                ALIAS,
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,dns:*.example.com,ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                certificate.keyStore().toString());
        String output = children.run(command);
        try (InputStream in = Files.newInputStream(certificate.keyStore())) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            String chain = pem("CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
            String key = pem(
                    "PRIVATE KEY", store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
            Files.writeString(certificate.chain(), chain);
            Files.writeString(certificate.key(), key);
            Files.writeString(certificate.chainAndKey(), chain + key);
            return certificate;
        } catch (IOException | GeneralSecurityException e) {
            throw new IOException("no certificate could be made; keytool says: " + output, e);
        }
    }

    Path keyStore() {
        return directory.resolve("certificate.p12");
    }

    /** {@return the PEM file of the certificate} */
    public Path chain() {
        return directory.resolve("certificate.pem");
    }

    /** {@return the PEM file of the private key} */
    public Path key() {
        return directory.resolve("key.pem");
    }

    Path chainAndKey() {
        return directory.resolve("certificate-and-key.pem");
    }

    private static String pem(String kind, byte[] content) {
        String base64 = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n";
    }
}
