package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.buffer.PrivateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.eclipse.jetty.quic.quiche.PemPaths;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates in use over HTTP/3, in files, as the native library reads them each time that somebody connects. Only their
 * owner can read them, and they go when the proxy stops; those of a process that was killed go when the next begins. Thread-safe.
 *
 * @param <T> what is made of a certificate
 */
final class Http3Certificates<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Http3Certificates.class);
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

    /** That of the host that was wanted least lately goes, and is written again when it is wanted. */
    private static final int MOST = 1000;

    private final PrivateDirectory directory;
    private final Function<PemPaths, T> use;
    private final Map<ServerCertificate, Written<T>> written = new LinkedHashMap<>(16, 0.75f, true);

    private record Written<T>(PemPaths files, T use) {}

    /**
     * Begins with none.
     *
     * @param parent where a directory is made for them
     * @param use what is made of a certificate in files
     * @throws IOException if it cannot be made
     */
    Http3Certificates(Path parent, Function<PemPaths, T> use) throws IOException {
        this.use = use;
        this.directory = PrivateDirectory.in(parent, "gapless-http3");
    }

    /**
     * {@return what was made of the certificate}
     *
     * @throws IOException if it cannot be written, or its key is one that does not leave its place
     */
    synchronized T of(ServerCertificate certificate) throws IOException {
        Written<T> known = written.get(certificate);
        if (known == null) {
            PemPaths files = write(certificate);
            known = new Written<>(files, use.apply(files));
            written.put(certificate, known);
            forgetOldest();
        }
        return known.use();
    }

    private PemPaths write(ServerCertificate certificate) throws IOException {
        byte[] key = certificate.key().getEncoded();
        if (key == null || !"PKCS#8".equals(certificate.key().getFormat())) {
            throw new IOException("the key cannot be read, as HTTP/3 needs it");
        }
        StringBuilder chain = new StringBuilder();
        try {
            for (X509Certificate link : certificate.chain()) {
                chain.append(pem("CERTIFICATE", link.getEncoded()));
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate cannot be encoded: " + e.getMessage(), e);
        }
        return new PemPaths(write(".key", pem("PRIVATE KEY", key)), write(".crt", chain.toString()), null);
    }

    private Path write(String ending, String content) throws IOException {
        return Files.writeString(directory.newFile(ending), content, StandardCharsets.US_ASCII);
    }

    private static String pem(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n" + BASE64.encodeToString(content) + "\n-----END " + type + "-----\n";
    }

    private void forgetOldest() {
        if (written.size() > MOST) {
            var oldest = written.entrySet().iterator();
            PemPaths files = oldest.next().getValue().files();
            oldest.remove();
            delete(files.privateKeyPemPath());
            delete(files.certificateChainPemPath());
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("A key for HTTP/3 is left in {}: {}", file, e.toString());
        }
    }

    /** Removes them all, when nobody listens any more. */
    synchronized void remove() {
        written.clear();
        directory.close();
    }
}
