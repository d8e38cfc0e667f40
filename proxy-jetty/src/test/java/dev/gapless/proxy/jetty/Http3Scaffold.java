package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What tests of HTTP/3 begin with: a certificate, for localhost, and clients that trust it. */
abstract class Http3Scaffold extends ProxyScaffold {
    static final ServiceOptions TLS = ServiceOptions.builder().tls(true).build();

    @TempDir
    static Path directory;

    static Certificates certificate;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Http3Native.assume();
        certificate = Certificates.make(directory, "h3", "EC");
    }

    static ProxyServer.Builder http3() {
        return loopback()
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .http3(true);
    }

    Http3Client http3Client() throws Exception {
        return http3Client(certificate);
    }

    Http3Client http3Client(Certificates trusted) throws Exception {
        return closing(Http3Client.trusting(trusted, directory, proxy.httpsPort()));
    }
}
