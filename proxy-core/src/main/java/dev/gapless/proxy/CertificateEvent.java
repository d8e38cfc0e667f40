package dev.gapless.proxy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What has become of a certificate. */
public sealed interface CertificateEvent {
    /** {@return the hosts that the certificate is for; none if it is for all that nobody else has} */
    List<String> hosts();

    /**
     * A file has another certificate than before, which the next handshake sees.
     *
     * @param hosts the hosts it is for
     * @param file where it was read from
     * @param notAfter when it expires
     */
    record Reloaded(List<String> hosts, Path file, Instant notAfter) implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts the hosts it is for
         * @param file where it was read from
         * @param notAfter when it expires
         */
        public Reloaded {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * A file has changed and cannot be used; the certificate in use stays in use. Told once for each change.
     *
     * @param hosts the hosts it is for
     * @param file where it should have been read from
     * @param reason why it cannot be used, for people
     */
    record NotReloaded(List<String> hosts, Path file, String reason) implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts the hosts it is for
         * @param file where it should have been read from
         * @param reason why it cannot be used, for people
         */
        public NotReloaded {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * A certificate that is taken into use covers some of its service's hosts, and these not: their clients will not believe it.
     *
     * @param hosts those that it does not cover
     * @param file where it was read from
     */
    record NotCovered(List<String> hosts, Path file) implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts those that it does not cover
         * @param file where it was read from
         */
        public NotCovered {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * There is an automatic certificate where there was none.
     *
     * @param hosts the hosts it is for
     * @param notAfter when it expires
     */
    record Obtained(List<String> hosts, Instant notAfter) implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts the hosts it is for
         * @param notAfter when it expires
         */
        public Obtained {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * An automatic certificate has taken the place of the one before. The next handshake sees it.
     *
     * @param hosts the hosts it is for
     * @param notAfter when it expires
     */
    record Renewed(List<String> hosts, Instant notAfter) implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts the hosts it is for
         * @param notAfter when it expires
         */
        public Renewed {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * An automatic certificate could not be had, renewed, read or kept. The one in use, if there is one, stays in use.
     *
     * @param hosts the hosts it is for
     * @param reason why, for people
     * @param problem what the server said, if it said so in a problem document
     * @param nextTry in how long it is tried again
     */
    record Failed(List<String> hosts, String reason, Optional<AcmeProblem> problem, Duration nextTry)
            implements CertificateEvent {
        /**
         * Copies the list.
         *
         * @param hosts the hosts it is for
         * @param reason why, for people
         * @param problem what the server said, if it said so in a problem document
         * @param nextTry in how long it is tried again
         */
        public Failed {
            hosts = List.copyOf(hosts);
        }
    }
}
