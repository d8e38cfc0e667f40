package dev.gapless.proxy.engine;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServiceOptions;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** What the adapter does for TLS with clients. */
public interface TlsEdge {
    /** For a proxy that has no TLS with clients. */
    TlsEdge NONE = new TlsEdge() {
        @Override
        public Prepared prepare(String service, ServiceOptions options) {
            return Prepared.NOTHING;
        }

        @Override
        public Prepared restore(String service, ServiceOptions options) {
            return Prepared.NOTHING;
        }

        @Override
        public void serve(Map<String, Optional<Service>> services) {}

        @Override
        public void reportTo(BiConsumer<String, CertificateEvent> listener) {}
    };

    /** What was made ready for a service: the adapter's own. */
    interface Prepared {
        /** For a service without TLS. */
        Prepared NOTHING = new Prepared() {};
    }

    /**
     * A service is about to be deployed: its certificate is read and checked. Called once for each deployment that has options of
     * its own, before its targets are probed, on a thread that may wait for files.
     *
     * @param service its name
     * @param options its options, with TLS or without
     * @return what counts once the service is {@linkplain #serve served}; nothing happens to it otherwise
     * @throws IllegalArgumentException if a certificate cannot be used; the message has "certificate", and names the file
     */
    Prepared prepare(String service, ServiceOptions options);

    /**
     * As {@link #prepare}, for a service that an earlier process has deployed. Only what cannot be served at all is refused: a
     * certificate that has expired meanwhile is served.
     *
     * @param service its name
     * @param options its options, with TLS or without
     * @return what counts once the service is served
     * @throws IllegalArgumentException if there is no certificate to be served
     */
    Prepared restore(String service, ServiceOptions options);

    /**
     * Requests are routed otherwise from now on, and handshakes are to follow. Called in order, one after the other; it must not
     * block.
     *
     * @param services for each host that has a route, by its name, {@code *.} and the rest of a wildcard, or an empty string for
     *     all that have none of their own: the service that has its root path, if it has TLS. Immutable
     */
    void serve(Map<String, Optional<Service>> services);

    /**
     * Sets who is told of certificates; called once, before anything else.
     *
     * @param listener gets the name of the service, or nothing for the proxy's own certificate; thread-safe, does not block
     */
    void reportTo(BiConsumer<String, CertificateEvent> listener);
}
