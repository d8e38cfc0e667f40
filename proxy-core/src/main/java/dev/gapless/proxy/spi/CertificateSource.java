package dev.gapless.proxy.spi;

import dev.gapless.proxy.ServerCertificate;
import java.util.Optional;

/**
 * Gives the certificates of services that name it in their {@link dev.gapless.proxy.TlsOptions}. Called in each handshake for a
 * host of such a service, on a thread that serves others, too: implementations are thread-safe, fast, and do not block; what they
 * give is best made in advance. One that throws is logged, and the handshake refused.
 */
@FunctionalInterface
public interface CertificateSource {
    /**
     * Chooses a certificate.
     *
     * @param host the name that the client has asked for, in lower case and without a trailing dot; for a client that names
     *     none it is some host of the service, or empty if that is for all hosts
     * @return the certificate, which counts for this handshake; empty if there is none, which refuses it
     */
    Optional<ServerCertificate> certificate(String host);
}
