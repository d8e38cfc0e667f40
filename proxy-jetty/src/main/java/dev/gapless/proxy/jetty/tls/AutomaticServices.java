package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services that want automatic certificates. What they want is had from the moment that somebody listens: a proof that fails
 * is not tried again for a while. Thread-safe.
 */
final class AutomaticServices {
    private static final Logger LOG = LoggerFactory.getLogger(AutomaticServices.class);

    private enum State {
        /** Nobody listens yet; what is wanted is remembered. LISTENING or ENDED follows. */
        HELD,
        /** What is wanted is had. ENDED follows. */
        LISTENING,
        /** Nothing follows. */
        ENDED
    }

    /**
     * What a service wants.
     *
     * @param service its name
     * @param hosts its hosts
     * @param options how certificates are had
     */
    record Wish(String service, List<String> hosts, AcmeOptions options) {}

    private final PendingCertificates certificates;
    private State state = State.HELD;
    private Map<String, Wish> wishes = Map.of();

    AutomaticServices(PendingCertificates certificates) {
        this.certificates = certificates;
    }

    /** Has what is wanted from now on, by the names of the services, in place of what was before. */
    synchronized void serve(Map<String, Wish> wanted) {
        Map<String, Wish> before = wishes;
        wishes = Map.copyOf(wanted);
        if (state == State.LISTENING) {
            before.keySet().stream()
                    .filter(service -> !wanted.containsKey(service))
                    .forEach(certificates::forget);
            wanted.values().stream()
                    .filter(wish -> !wish.equals(before.get(wish.service())))
                    .forEach(this::manage);
        }
    }

    synchronized void begin() {
        if (state == State.HELD) {
            state = State.LISTENING;
            wishes.values().forEach(this::manage);
        }
    }

    synchronized void end() {
        state = State.ENDED;
    }

    /** It was checked when the service was prepared, and what serves it now is not to be undone. */
    private void manage(Wish wish) {
        try {
            certificates.manage(wish.service(), wish.hosts(), wish.options());
        } catch (RuntimeException e) {
            LOG.error("Service \"{}\" gets no certificates", wish.service(), e);
        }
    }
}
