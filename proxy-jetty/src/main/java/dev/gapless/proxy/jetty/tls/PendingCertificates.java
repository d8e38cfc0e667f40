package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What gets certificates that are not there yet. Thread-safe; called in handshakes, does not block. */
public interface PendingCertificates {
    /** Gets none. */
    PendingCertificates NONE = new PendingCertificates() {
        @Override
        public CompletionStage<Boolean> wanted(String host) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public Optional<ServerCertificate> tlsAlpnAnswer(String host) {
            return Optional.empty();
        }
    };

    /**
     * A client wants to reach a host whose service has no certificate for it.
     *
     * @param host the name that the client has given
     * @return completes, in bounded time and on any thread, when there is one (true) or there will be none for now
     */
    CompletionStage<Boolean> wanted(String host);

    /**
     * {@return what proves to an authority that the host is the proxy's (RFC 8737), if it asks for that right now}
     *
     * @param host the name that the authority has given
     */
    Optional<ServerCertificate> tlsAlpnAnswer(String host);
}
