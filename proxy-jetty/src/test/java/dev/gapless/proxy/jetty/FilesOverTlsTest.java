package dev.gapless.proxy.jetty;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TlsOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Files over TLS, to a client of HTTP/2. */
class FilesOverTlsTest extends TlsScaffold {
    @Test
    void namedAndStaticFilesComeWholeAndWithThePolicyOfTheirHost() throws Exception {
        Path files = Files.createDirectory(directory.resolve("files"));
        byte[] bytes = new byte[3_000_000];
        new Random(3).nextBytes(bytes);
        Files.write(files.resolve("large.bin"), bytes);
        proxy = start(secure());
        Issuer.Issued issued = issuer.issue("shop", "example.com");
        TlsOptions tls = TlsOptions.builder()
                .certificate(issued.chain(), issued.key())
                .strictTransportSecurity(StrictTransportSecurity.of(Duration.ofDays(365)))
                .build();
        ServiceOptions options = hosts("example.com")
                .tlsOptions(tls)
                .sendfile(SendfileOptions.below(files))
                .staticFiles(StaticFiles.in(files))
                .build();
        RawTarget target = RawTarget.answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Sendfile: " + files.resolve("large.bin") + "\r\n\r\n");
        deploy("shop", options, closing(target));
        Http2Client client = closing(Http2Client.overTls(proxy.httpsPort(), issuer.trusting()));

        Http2Client.Response named = client.get("/download");
        Http2Client.Response found = client.get("/large.bin", "range", "bytes=1000000-");

        assertThat(named.status()).isEqualTo(200);
        assertThat(named.body()).isEqualTo(bytes);
        assertThat(named.fields().get("Strict-Transport-Security")).isEqualTo("max-age=31536000");
        assertThat(found.status()).isEqualTo(206);
        assertThat(found.body()).hasSize(2_000_000);
        assertThat(found.fields().get("Strict-Transport-Security")).isEqualTo("max-age=31536000");
    }
}
