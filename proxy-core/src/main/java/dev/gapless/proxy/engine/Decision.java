package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import org.jspecify.annotations.Nullable;

/** What shall become of a request. */
public sealed interface Decision {
    /** Why the proxy itself answers. */
    enum Reason {
        /** No service has the host, or none of the host's services has the path. */
        NOT_FOUND(404, "There is no such service."),
        /** The dot segments of the path lead out of the prefix that it matched. */
        PATH_ESCAPES(400, "The path leads out of its service."),
        /** The client is to be redirected, but has not said to which host its request goes. */
        HOST_MISSING(400, "The request names no host."),
        /** The request came over TLS to a service that is served without. */
        TLS_NOT_SERVED(503, "The service is unavailable over HTTPS."),
        /** Its host asks clients for certificates, which the handshake of the connection was not for. */
        MISDIRECTED(421, "The connection is not for this host: clients of it are asked for a certificate."),
        /** No target that may take the request is healthy. */
        NO_HEALTHY_TARGET(503, "The service is unavailable."),
        /** The service is stopped. */
        STOPPED(503, "The service is unavailable."),
        /** The service is paused, and holds as many requests as it may. */
        TOO_MANY_HELD(503, "The service is unavailable: too many requests wait for it."),
        /** The service was paused for longer than a request is held. */
        HELD_TOO_LONG(504, "The service has not been resumed in time.");

        private final int status;
        private final String text;

        Reason(int status, String text) {
            this.status = status;
            this.text = text;
        }

        /** {@return the status code} */
        public int status() {
            return status;
        }

        /** {@return the reason in words, for people} */
        public String text() {
            return text;
        }
    }

    /**
     * Answer it with an error page.
     *
     * @param reason why
     * @param service the service, whose pages are used; null if there is none
     * @param message what the operator has to say; empty for nothing
     */
    record Respond(Reason reason, @Nullable Service service, String message) implements Decision {
        Respond(Reason reason, @Nullable Service service) {
            this(reason, service, "");
        }
    }

    /**
     * Answer it with 200 and without a body: it asks for the health of a service that is paused or stopped on purpose.
     *
     * @param service the service
     */
    record Alive(Service service) implements Decision {}

    /**
     * Send the client elsewhere, with 301.
     *
     * @param service the service that wants it
     * @param location the absolute URI
     */
    record Redirect(Service service, String location) implements Decision {}

    /**
     * Let it wait at the service's gate, which tells when to decide on it again.
     *
     * @param service the service, which is paused
     */
    record Wait(Service service) implements Decision {}

    /**
     * Take its body in, and answer it without a target if that can be: it may be forwarded, but what target gets it is decided
     * when that is done.
     *
     * @param service the service
     * @param slot which of the service's deployments it is for, as things stand
     * @param path the path for the target: the client's bytes, less the prefix
     * @param edge the options that TLS follows: those of the host's root service
     */
    record Admit(Service service, Slot slot, String path, ServiceOptions edge) implements Decision {
        /** {@return the number of that deployment's pool, which entries of the cache carry} */
        public long generation() {
            return pool(service, slot).generation();
        }

        /** {@return whether that deployment has readers} */
        public boolean hasReaders() {
            return pool(service, slot).hasReaders();
        }
    }

    /**
     * Forward it. Whoever gets this decision must release the lease.
     *
     * @param service the service
     * @param edge the options that TLS follows: those of the host's root service
     * @param lease the claim on the target
     * @param path the path for the target: the client's bytes, less the prefix
     * @param slot which of the service's deployments has the target
     * @param write whether the client's next reads shall go to the writers, too
     * @param generation the number of the deployment's pool, which entries of the cache carry
     */
    record Forward(
            Service service, ServiceOptions edge, Lease lease, String path, Slot slot, boolean write, long generation)
            implements Decision {
        /** {@return whether the deployment has readers, and so minds which clients have written} */
        public boolean hasReaders() {
            return pool(service, slot).hasReaders();
        }
    }

    private static Pool pool(Service service, Slot slot) {
        Rollout rollout = slot == Slot.ROLLOUT ? service.rollout() : null;
        return rollout == null ? service.pool() : rollout.pool();
    }
}
