package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ClientCertificates;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;

/**
 * A handshake with a client for which a certificate has been chosen.
 *
 * @param engine carries it out
 * @param asked which certificate the client is asked for, if for any
 * @param protocols the only ones that are spoken (ALPN); empty for those of the listener
 * @param ended to be run when it has come to its end, whatever that is; more than once does no harm
 */
public record Handshake(SSLEngine engine, Optional<ClientCertificates> asked, List<String> protocols, Runnable ended) {
    /**
     * Copies the protocols.
     *
     * @param engine carries it out
     * @param asked which certificate the client is asked for, if for any
     * @param protocols the only ones that are spoken (ALPN); empty for those of the listener
     * @param ended to be run when it has come to its end, whatever that is; more than once does no harm
     */
    public Handshake {
        protocols = List.copyOf(protocols);
    }
}
