package dev.gapless.proxy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Something that has happened to a certificate in use. */
public sealed interface CertificateEvent {
    /** {@return the service that the certificate is for; empty for the proxy's own} */
    Optional<String> service();

    /**
     * Another certificate has taken its place, from the next handshake on.
     *
     * @param service the service that it is for; empty for the proxy's own
     * @param origin where it came from: the file of the chain, say
     * @param expires until when the new one is valid
     */
    record Replaced(Optional<String> service, String origin, Instant expires) implements CertificateEvent {}

    /**
     * A certificate that should have taken its place cannot be used; the one in use goes on. Told once for each.
     *
     * @param service the service that it is for; empty for the proxy's own
     * @param origin where it came from: the file of the chain, say
     * @param reason why not
     */
    record Rejected(Optional<String> service, String origin, String reason) implements CertificateEvent {}

    /**
     * A certificate that is taken into use does not have all the hosts that it is served for.
     *
     * @param service the service that it is for
     * @param hosts those that its clients will not believe it for
     */
    record HostsNotCovered(Optional<String> service, List<String> hosts) implements CertificateEvent {
        /**
         * Copies the hosts.
         *
         * @param service the service that it is for
         * @param hosts those that its clients will not believe it for
         */
        public HostsNotCovered {
            hosts = List.copyOf(hosts);
        }
    }
}
