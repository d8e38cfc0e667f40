package dev.gapless.proxy.examples.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for localhost, made for the occasion, and a client that trusts it and no other. */
final class DemoCertificate implements AutoCloseable {
    private static final String PASSWORD = "changeit";
    private static final String ALIAS = "demo";

    private final Path directory;
    private final SSLContext trusting;

    private DemoCertificate(Path directory, SSLContext trusting) {
        this.directory = directory;
        this.trusting = trusting;
    }

    static DemoCertificate create() throws IOException, GeneralSecurityException, InterruptedException {
        Path directory = Files.createTempDirectory("gapless-demo");
        Path store = directory.resolve("store.p12");
        runKeytool(store);
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        Certificate certificate = keys.getCertificate(ALIAS);
        DemoCertificate created = new DemoCertificate(directory, trusting(certificate));
        Files.writeString(created.chain(), pem("CERTIFICATE", certificate.getEncoded()));
        Files.writeString(
                created.key(),
                pem("PRIVATE KEY", keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
        return created;
    }

    private static void runKeytool(Path store) throws IOException, InterruptedException {
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        String options = "-genkeypair -keyalg EC -groupname secp256r1 -validity 2 -dname CN=localhost -storetype PKCS12"
                + " -ext SAN=dns:localhost,ip:127.0.0.1 -alias " + ALIAS + " -storepass " + PASSWORD;
        Stream<String> command = Stream.of(
                        Stream.of(keytool.toString(), "-keystore", store.toString()), Stream.of(options.split(" ")))
                .flatMap(part -> part);
        Process process = new ProcessBuilder(command.toList())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(keytool + " failed with status " + process.exitValue());
        }
    }

    private static SSLContext trusting(Certificate certificate) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(ALIAS, certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static String pem(String what, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
    }

    Path chain() {
        return directory.resolve("chain.pem");
    }

    Path key() {
        return directory.resolve("key.pem");
    }

    SSLContext trusting() {
        return trusting;
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            System.err.println("left behind: " + directory + " (" + e + ")");
        }
    }
}
