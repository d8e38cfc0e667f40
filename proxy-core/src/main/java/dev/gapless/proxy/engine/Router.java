package dev.gapless.proxy.engine;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides on requests by a snapshot, in the order that is promised to users. Thread-safe. */
final class Router {
    private final Audience audience;

    Router(Audience audience) {
        this.audience = audience;
    }

    /**
     * Decides on a request.
     *
     * @param atFirst whether one that the service may answer without a target is only admitted, be there a target or not
     */
    Decision decide(
            RoutingTable table, RequestHead head, String host, RequestPath path, Attempts attempts, boolean atFirst) {
        Direction direction = direction(head);
        Route route = direction == null ? table.match(host, path) : table.directed(direction, host, path);
        if (route == null) {
            return unrouted(direction);
        }
        Decision early = decideEarly(route, head, host, path);
        if (early != null) {
            return early;
        }
        String forwarded = forwardedPath(route, head, path);
        return atFirst && route.service().options().answersItself()
                ? admitted(route, head, forwarded)
                : forward(route, head, forwarded, attempts);
    }

    /** Decides as far as that goes without a claim on a target. */
    Decision admit(RoutingTable table, RequestHead head, String host, RequestPath path) {
        Direction direction = direction(head);
        Route route = direction == null ? table.match(host, path) : table.directed(direction, host, path);
        if (route == null) {
            return unrouted(direction);
        }
        Decision early = decideEarly(route, head, host, path);
        return early == null ? admit(route, head, forwardedPath(route, head, path)) : early;
    }

    private static @Nullable Direction direction(RequestHead head) {
        return head instanceof SecuredRequest request ? request.direction() : null;
    }

    /** A client that has asked for something is told that it is not there; what the host itself has chosen may be there soon. */
    private static Decision unrouted(@Nullable Direction direction) {
        return new Decision.Respond(
                direction == null ? Decision.Reason.NOT_FOUND : Decision.Reason.NO_HEALTHY_TARGET, null);
    }

    private Decision admit(Route route, RequestHead head, String forwarded) {
        Service service = route.service();
        boolean read = audience.mayRead(service.options(), head);
        TargetAddress wanted = targetOf(direction(head));
        boolean hasTarget = service.pools().stream()
                .anyMatch(pool -> wanted == null ? !pool.available(read).isEmpty() : pool.isAvailable(wanted));
        return hasTarget
                ? admitted(route, head, forwarded)
                : new Decision.Respond(Decision.Reason.NO_HEALTHY_TARGET, service);
    }

    private Decision admitted(Route route, RequestHead head, String forwarded) {
        Service service = route.service();
        Rollout rollout = service.rollout();
        boolean inRollout = rollout != null && audience.isIn(rollout, service.options(), head);
        return new Decision.Admit(service, inRollout ? Slot.ROLLOUT : Slot.ACTIVE, forwarded, route.edge());
    }

    /** Decides on a request that no target is to get, or not now; null for the others. */
    private static @Nullable Decision decideEarly(Route route, RequestHead head, String host, RequestPath path) {
        Service service = route.service();
        if (path.escapes(route.prefix())) {
            return new Decision.Respond(Decision.Reason.PATH_ESCAPES, service);
        }
        Decision atEdge = isHandedOff(head) ? null : decideAtEdge(route, head, host);
        if (atEdge != null) {
            return atEdge;
        }
        return service.gate().isOpen() ? null : atClosedGate(service, head, forwardedPath(route, head, path));
    }

    static boolean isHandedOff(RequestHead head) {
        Direction direction = direction(head);
        return direction != null && direction.by() == Direction.By.HANDOFF;
    }

    private static @Nullable TargetAddress targetOf(@Nullable Direction direction) {
        return direction == null ? null : direction.target();
    }

    /** Decides on a request that came in another way than its host wants it to; null for the others. */
    private static @Nullable Decision decideAtEdge(Route route, RequestHead head, String host) {
        Service service = route.service();
        ServiceOptions edge = route.edge();
        if (head.secure() && !edge.tls() && !(head instanceof SecuredRequest known && known.hasTlsOfHost())) {
            return new Decision.Respond(Decision.Reason.TLS_NOT_SERVED, service);
        }
        if (isMisdirected(edge, head)) {
            return new Decision.Respond(Decision.Reason.MISDIRECTED, service);
        }
        String location = Redirects.location(edge, head, host);
        if (location == null) {
            return null;
        }
        return host.isEmpty()
                ? new Decision.Respond(Decision.Reason.HOST_MISSING, service)
                : new Decision.Redirect(service, location);
    }

    /** Whether the client had to show a certificate, but the handshake of its connection was for another host. */
    private static boolean isMisdirected(ServiceOptions edge, RequestHead head) {
        Optional<ClientCertificates> wanted = edge.tlsOptions().clientCertificates();
        return wanted.isPresent()
                && wanted.get().areRequired()
                && head.secure()
                && !(head instanceof SecuredRequest request
                        && request.askedFor().equals(wanted));
    }

    static String forwardedPath(Route route, RequestHead head, RequestPath path) {
        boolean strip =
                route.service().options().stripPathPrefix() && !head.path().equals("*");
        return strip ? path.after(route.prefix()) : head.path();
    }

    /** The health path goes on being answered, so that who watches the service sees that it is closed on purpose. */
    private static Decision atClosedGate(Service service, RequestHead head, String forwarded) {
        if (asksForHealth(service, head, forwarded)) {
            return new Decision.Alive(service);
        }
        return service.gate().state() == Gate.State.STOPPED
                ? new Decision.Respond(
                        Decision.Reason.STOPPED, service, service.gate().message())
                : new Decision.Wait(service);
    }

    static boolean asksForHealth(Service service, RequestHead head, String forwarded) {
        return isSafeRead(head)
                && forwarded.equals(service.options().healthCheck().pathWithoutQuery());
    }

    private Decision forward(Route route, RequestHead head, String forwarded, Attempts attempts) {
        Service service = route.service();
        Decision.Forward claimed = null;
        Rollout rollout = service.rollout();
        boolean isChosen = targetOf(direction(head)) != null;
        if (rollout != null && !isChosen && audience.isIn(rollout, service.options(), head)) {
            claimed = claim(route, rollout.pool(), Slot.ROLLOUT, head, forwarded, attempts);
        }
        if (claimed == null) {
            claimed = claim(route, service.pool(), Slot.ACTIVE, head, forwarded, attempts);
        }
        if (claimed == null && rollout != null && isChosen) {
            claimed = claim(route, rollout.pool(), Slot.ROLLOUT, head, forwarded, attempts);
        }
        if (claimed == null) {
            return new Decision.Respond(Decision.Reason.NO_HEALTHY_TARGET, service);
        }
        if (!service.gate().isOpen()) {
            // It was closed meanwhile, and whoever waits for requests in flight to end may have missed this one.
            claimed.lease().release();
            return atClosedGate(service, head, forwarded);
        }
        if (attempts.areNone()) {
            service.retryBudget().requestArrived();
        }
        return claimed;
    }

    private Decision.@Nullable Forward claim(
            Route route, Pool pool, Slot slot, RequestHead head, String forwarded, Attempts attempts) {
        Service service = route.service();
        boolean read = pool.hasReaders() && audience.mayRead(service.options(), head);
        TargetAddress wanted = targetOf(direction(head));
        Lease lease = wanted == null ? pool.claim(head, read, attempts) : pool.claim(wanted, head, attempts);
        boolean write = pool.hasReaders() && !isSafeRead(head);
        return lease == null
                ? null
                : new Decision.Forward(service, route.edge(), lease, forwarded, slot, write, pool.generation());
    }

    static boolean isSafeRead(RequestHead head) {
        return head.method().equals("GET") || head.method().equals("HEAD");
    }
}
