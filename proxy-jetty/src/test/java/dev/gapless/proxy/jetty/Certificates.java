package dev.gapless.proxy.jetty;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** A certificate that nobody else has signed, for localhost unless told otherwise, made by the JDK's keytool, as PEM files. */
record Certificates(Path chain, Path key, KeyStore store) {
    private static final char[] PASSWORD = "password".toCharArray();

    /** Made when first used, as that takes a process and most of a second. */
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
        Path file = directory.resolve(name + ".p12");
        generate(file, "a", algorithm, "san=" + names);
        return read(directory, name, KeyStore.getInstance(file.toFile(), PASSWORD));
    }

    /** Makes one for each time from which it is to be valid for two days, {@code -5d} say, that another one has signed, which is kept as the entry "ca"; else as above. */
    static List<Certificates> makeSigned(Path directory, String name, String names, String... from) throws Exception {
        Path file = directory.resolve(name + ".p12");
        Path request = directory.resolve(name + ".csr");
        generate(file, "ca", "EC", "bc=ca:true");
        generate(file, "a", "EC", "san=" + names);
        keytool(file, "-certreq", "-alias", "a", "-file", request.toString());
        List<Certificates> signed = new ArrayList<>();
        for (int i = 0; i < from.length; i++) {
            Path answer = directory.resolve(name + i + ".crt");
            keytool(
                    file,
                    "-gencert",
                    "-alias",
                    "ca",
                    "-infile",
                    request.toString(),
                    "-outfile",
                    answer.toString(),
                    "-ext",
                    "san=" + names,
                    "-startdate",
                    from[i],
                    "-validity",
                    "2");
            KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD);
            try (InputStream in = Files.newInputStream(answer)) {
                Certificate[] chain = {CertificateFactory.getInstance("X.509").generateCertificate(in)};
                store.setKeyEntry("a", store.getKey("a", PASSWORD), PASSWORD, chain);
            }
            signed.add(read(directory, name + i, store));
        }
        return signed;
    }

    private static void generate(Path file, String alias, String algorithm, String extension) throws Exception {
        keytool(
                file,
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=localhost",
                "-ext",
                extension,
                "-validity",
                "2");
    }

    private static void keytool(Path file, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "password",
                "-noprompt",
                "-J-XX:TieredStopAtLevel=1"));
        command.addAll(1, List.of(arguments));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
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
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", store.getCertificate("a"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
