package dev.gapless.proxy.examples.peers;

import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Chromium opens a WebSocket over the HTTP/2 connection by which it got the page, to a target that knows HTTP/1.1 only. It says
 * so itself: a browser falls back to HTTP/1.1 without a word where the proxy does not offer this.
 */
class ChromiumTest extends PeersScaffold {
    private static final String CHROMIUM = "chromium";

    @Test
    void chromiumOpensWebSocketsOverTheHttp2ConnectionOfThePage() throws Exception {
        PeerScript.assumeModule("ws");
        PeerScript.assumeProgram(CHROMIUM);

        playSame("chromium.mjs", EnumSet.of(Route.Protocol.H2), CHROMIUM, directory.toString(), hashOfPublicKey());

        assertThat(requests)
                .filteredOn(request -> request.path().equals("/socket"))
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.protocol()).isEqualTo("HTTP/2.0"));
    }

    /** What Chromium is told to trust. */
    private String hashOfPublicKey() throws Exception {
        try (InputStream in = Files.newInputStream(certificate.chain())) {
            byte[] key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey()
                    .getEncoded();
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
        }
    }
}
