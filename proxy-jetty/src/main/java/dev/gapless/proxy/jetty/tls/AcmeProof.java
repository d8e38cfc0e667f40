package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.util.List;
import org.shredzone.acme4j.Identifier;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.util.CertificateUtils;

/**
 * What shows to an authority that a host is ours, at one of our listeners.
 *
 * @param type of the challenge: {@code http-01} or {@code tls-alpn-01}
 * @param authorization the token, a dot, and the thumbprint of the account's key (RFC 8555, section 8.1), which is no secret
 */
record AcmeProof(String type, String authorization) {
    boolean isByTls() {
        return type.equals(TlsAlpn01Challenge.TYPE);
    }

    String token() {
        return authorization.substring(0, Math.max(authorization.indexOf('.'), 0));
    }

    /** {@return what is shown by TLS-ALPN-01 (RFC 8737, section 3)} */
    ServerCertificate certificate(String host, KeyPair pair) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(authorization.getBytes(StandardCharsets.US_ASCII));
            return new ServerCertificate(
                    List.of(CertificateUtils.createTlsAlpn01Certificate(pair, Identifier.dns(host), digest)),
                    pair.getPrivate());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("no certificate for the proof of " + host, e);
        }
    }
}
