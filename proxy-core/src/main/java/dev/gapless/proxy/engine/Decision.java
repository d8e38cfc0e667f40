package dev.gapless.proxy.engine;

/** What shall become of a request. */
public sealed interface Decision {
    /** Answer it with an error page. */
    enum Respond implements Decision {
        /** No service has the host, or none of the host's services has the path. */
        NOT_FOUND(404, "There is no such service."),
        /** The dot segments of the path lead out of the prefix that it matched. */
        PATH_ESCAPES(400, "The path leads out of its service."),
        /** The client is to be redirected, but has not said to which host its request goes. */
        HOST_MISSING(400, "The request names no host."),
        /** The request came over TLS to a service that is served without. */
        TLS_NOT_SERVED(503, "The service is unavailable over HTTPS."),
        /** Every target of the pool is unhealthy. */
        NO_HEALTHY_TARGET(503, "The service is unavailable.");

        private final int status;
        private final String message;

        Respond(int status, String message) {
            this.status = status;
            this.message = message;
        }

        /** {@return the status code} */
        public int status() {
            return status;
        }

        /** {@return the message, for people} */
        public String message() {
            return message;
        }
    }

    /**
     * Send the client elsewhere, with 301.
     *
     * @param service the service that wants it
     * @param location the absolute URI
     */
    record Redirect(Service service, String location) implements Decision {}

    /**
     * Forward it. Whoever gets this decision must release the lease.
     *
     * @param service the service
     * @param lease the claim on the target
     * @param path the path for the target: the client's bytes, less the prefix
     */
    record Forward(Service service, Lease lease, String path) implements Decision {}
}
