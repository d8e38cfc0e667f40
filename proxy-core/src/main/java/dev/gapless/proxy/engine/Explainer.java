package dev.gapless.proxy.engine;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.Explanation;
import dev.gapless.proxy.Explanation.Outcome;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what the router would decide on a request, and why, without claiming anything. */
final class Explainer {
    private final Audience audience;

    Explainer(Audience audience) {
        this.audience = audience;
    }

    Explanation explain(RoutingTable table, RequestHead head, String host, RequestPath path) {
        Steps steps = new Steps();
        Route route = table.match(host, path);
        if (route == null) {
            return steps.answered("no service has host \"" + host + "\" and path \"" + head.path() + "\"", 404);
        }
        steps.route(route, host);
        if (path.escapes(route.prefix())) {
            return steps.answered("the path leads out of the prefix", 400);
        }
        ServiceOptions edge = route.edge();
        if (head.secure() && !edge.tls()) {
            return steps.answered("the request comes over TLS, and the service is served without", 503);
        }
        if (head.secure() && requiresCertificate(edge)) {
            steps.say("the client must have shown a certificate in the handshake: else 421");
        }
        String location = Redirects.location(edge, head, host);
        if (location != null && host.isEmpty()) {
            return steps.answered("the request names no host to redirect to", 400);
        } else if (location != null) {
            return steps.end(Outcome.REDIRECTED, "the client is redirected to " + location + " (301)");
        }
        Service service = route.service();
        if (!service.gate().isOpen() && Router.asksForHealth(service, head, Router.forwardedPath(route, head, path))) {
            return steps.answered("the service is closed on purpose, which its health path says", 200);
        }
        return switch (service.gate().state()) {
            case PAUSED -> steps.end(Outcome.HELD, "the service is paused: the request is held, then released or 504");
            case STOPPED -> steps.answered("the service is stopped", 503);
            default -> forwarded(steps, service, head);
        };
    }

    private static boolean requiresCertificate(ServiceOptions edge) {
        return edge.tlsOptions()
                .clientCertificates()
                .filter(ClientCertificates::areRequired)
                .isPresent();
    }

    private Explanation forwarded(Steps steps, Service service, RequestHead head) {
        Rollout rollout = service.rollout();
        if (rollout != null && isIn(steps, rollout, service.options(), head)) {
            List<Target> targets = candidates(steps, rollout.pool(), service.options(), head);
            if (!targets.isEmpty()) {
                return steps.forwarded(Slot.ROLLOUT, targets, service.options());
            }
            steps.say("no target of the rollout is healthy: the active deployment gets the request");
        }
        List<Target> targets = candidates(steps, service.pool(), service.options(), head);
        return targets.isEmpty()
                ? steps.answered("no target that may take the request is healthy", 503)
                : steps.forwarded(Slot.ACTIVE, targets, service.options());
    }

    private boolean isIn(Steps steps, Rollout rollout, ServiceOptions options, RequestHead head) {
        RolloutSplit split = rollout.split();
        if (split == null) {
            steps.say("the rollout has no split: the active deployment gets the request");
            return false;
        }
        String source = options.rolloutKey()
                .map(name -> "rollout key \"" + name + "\"")
                .orElse("cookie " + options.rolloutCookie());
        String key = audience.rolloutKey(options, head);
        if (key == null) {
            steps.say("the request has no " + source + ": it is not in the rollout (" + split + ")");
            return false;
        }
        boolean in = split.includes(key);
        steps.say(source + " is \"" + key + "\": " + (in ? "in" : "not in") + " the rollout (" + split + ")");
        return in;
    }

    private List<Target> candidates(Steps steps, Pool pool, ServiceOptions options, RequestHead head) {
        if (!pool.hasReaders()) {
            return pool.available(false);
        }
        boolean read = audience.mayRead(options, head);
        if (read) {
            steps.say("the request is a read: a reader gets it, or a writer if no reader is healthy");
        } else if (Router.isSafeRead(head) && audience.hasWritten(head)) {
            steps.say("the request is a read of a client that has written just now: a writer gets it");
        } else {
            steps.say("the request is no read: a writer gets it");
        }
        return pool.available(read);
    }

    /** What has been found out so far. */
    private static final class Steps {
        private final List<String> reasons = new ArrayList<>();
        private @Nullable Service service;

        void say(String reason) {
            reasons.add(reason);
        }

        void route(Route route, String host) {
            service = route.service();
            String hosts = service.options().hosts().isEmpty()
                    ? "every host that no other service has"
                    : service.options().hosts().toString();
            say("host \"" + host + "\" and path prefix \"" + route.prefix() + "\" belong to service \"" + service.name()
                    + "\" (hosts: " + hosts + ")");
        }

        Explanation answered(String reason, int status) {
            return end(Outcome.ANSWERED, reason + ": the proxy answers " + status);
        }

        Explanation end(Outcome outcome, String reason) {
            say(reason);
            return new Explanation(outcome, name(), Optional.empty(), List.of(), reasons);
        }

        Explanation forwarded(Slot slot, List<Target> targets, ServiceOptions options) {
            String which = slot == Slot.ROLLOUT ? "rollout" : "active";
            String how = targets.size() == 1
                    ? ""
                    : ", by " + options.balancing().policy().name();
            say("the " + which + " deployment gets it, on " + targets + how);
            return new Explanation(
                    Outcome.FORWARDED,
                    name(),
                    Optional.of(slot),
                    targets.stream().map(Target::address).toList(),
                    reasons);
        }

        private Optional<String> name() {
            return Optional.ofNullable(service).map(Service::name);
        }
    }
}
