package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.ServerCertificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What gets certificates that are not there yet. Thread-safe; called in handshakes, does not block. */
public interface PendingCertificates {
    /** Gets none. */
    PendingCertificates NONE = new PendingCertificates() {
        @Override
        public CompletionStage<Boolean> wanted(String service, String host) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public Optional<ServerCertificate> tlsAlpnAnswer(String host) {
            return Optional.empty();
        }
    };

    /**
     * Checks whether certificates can be kept for a service, and changes nothing.
     *
     * @param service the service's name
     * @param hosts its hosts in canonical form
     * @param options how certificates are had
     * @throws IllegalArgumentException if they cannot
     */
    default void check(String service, List<String> hosts, AcmeOptions options) {}

    /**
     * Keeps certificates for the hosts of a service from now on, in place of what was kept for it before.
     *
     * @param service the service's name
     * @param hosts its hosts in canonical form; none if it has certificates on demand
     * @param options how certificates are had
     * @throws IllegalArgumentException if that cannot be, as {@link #check} would have said
     */
    default void manage(String service, List<String> hosts, AcmeOptions options) {}

    /**
     * Keeps no certificates for a service any more.
     *
     * @param service the service's name; one that is not managed is no error
     */
    default void forget(String service) {}

    /**
     * Looks for a certificate that is kept.
     *
     * @param host a host as the client names it
     * @return the certificate, if there is one now
     */
    default Optional<ServerCertificate> certificate(String host) {
        return Optional.empty();
    }

    /**
     * A client wants to reach a host whose service has no certificate for it.
     *
     * @param service the name of the service
     * @param host the name that the client has given
     * @return completes, in bounded time and on any thread, when there is one (true) or there will be none for now
     */
    CompletionStage<Boolean> wanted(String service, String host);

    /**
     * An authority wants to see a proof that is not there: perhaps another proxy has it.
     *
     * @param host the name that the authority has given; anybody may give any
     * @return completes, in bounded time and on any thread, when there is one (true) or there will be none for now
     */
    default CompletionStage<Boolean> proofWanted(String host) {
        return CompletableFuture.completedFuture(false);
    }

    /**
     * {@return what proves to an authority that the host is the proxy's (RFC 8737), if it asks for that right now}
     *
     * @param host the name that the authority has given
     */
    Optional<ServerCertificate> tlsAlpnAnswer(String host);
}
