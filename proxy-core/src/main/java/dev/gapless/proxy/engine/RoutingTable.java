package dev.gapless.proxy.engine;

import dev.gapless.proxy.RouteConflictException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which service gets a request: an immutable snapshot. A host is looked up exactly, then as a wildcard for its first label,
 * then among the services without hosts; the first of these levels that has any route is final.
 */
final class RoutingTable {
    static final RoutingTable EMPTY = new RoutingTable(Map.of(), Map.of());

    /** Where the services without hosts are filed. No host is empty otherwise: requests without one come here too. */
    private static final String ANY_HOST = "";

    private final Map<String, Service> services;
    /** By host, by {@code *.} and the rest of a wildcard, and by {@link #ANY_HOST}. */
    private final Map<String, PathRoutes> hosts;

    private final boolean hasWildcards;
    private final boolean hasStrictTransportSecurity;

    private RoutingTable(Map<String, Service> services, Map<String, PathRoutes> hosts) {
        this.services = services;
        this.hosts = hosts;
        this.hasWildcards = hosts.keySet().stream().anyMatch(host -> host.startsWith("*."));
        this.hasStrictTransportSecurity = services.values().stream()
                .anyMatch(service ->
                        service.options().tlsOptions().strictTransportSecurity().isPresent());
    }

    @Nullable
    Route match(String host, RequestPath path) {
        PathRoutes level = level(host);
        return level == null ? null : level.match(path);
    }

    /** {@return the route to a service that the host has chosen, or null if there is no such service} */
    @Nullable
    Route directed(Direction direction, String host, RequestPath path) {
        Service service = services.get(direction.service());
        if (service == null) {
            return null;
        }
        if (direction.by() == Direction.By.HANDOFF) {
            return new Route("/", service, service.options());
        }
        Service root = root(host);
        return new Route(longestPrefix(service, path), service, root == null ? service.options() : root.options());
    }

    private static String longestPrefix(Service service, RequestPath path) {
        return service.options().pathPrefixes().stream()
                .map(RequestPath::prefixKey)
                .filter(path::startsWith)
                .max(Comparator.comparingInt(String::length))
                .orElse("/");
    }

    private @Nullable PathRoutes level(String host) {
        PathRoutes level = hosts.get(host);
        if (level == null && hasWildcards) {
            int dot = host.indexOf('.');
            level = dot <= 0 ? null : hosts.get("*" + host.substring(dot));
        }
        if (level == null) {
            level = hosts.get(ANY_HOST);
        }
        return level;
    }

    /** {@return whether any service has browsers told to come over TLS only} */
    boolean hasStrictTransportSecurity() {
        return hasStrictTransportSecurity;
    }

    /** {@return the service that has the root path of the host, whose TLS all paths share; null if none has} */
    @Nullable
    Service root(String host) {
        PathRoutes level = level(host);
        return level == null ? null : level.owner("/");
    }

    /** {@return for each host in the form of {@link TlsEdge#serve} who serves it over TLS} */
    Map<String, Optional<Service>> tlsServices() {
        Map<String, Optional<Service>> found = new HashMap<>();
        hosts.forEach((host, level) -> found.put(
                host,
                Optional.ofNullable(level.owner("/"))
                        .filter(service -> service.options().tls())));
        return Map.copyOf(found);
    }

    @Nullable
    Service service(String name) {
        return services.get(name);
    }

    Collection<Service> services() {
        return services.values();
    }

    /** Throws if another service has one of the routes that this one wants. */
    void checkConflicts(Service service) {
        for (String host : hostKeys(service)) {
            PathRoutes level = hosts.getOrDefault(host, PathRoutes.EMPTY);
            for (String prefix : service.options().pathPrefixes()) {
                Service owner = level.owner(RequestPath.prefixKey(prefix));
                if (owner != null && !owner.name().equals(service.name())) {
                    String route = (host.equals(ANY_HOST) ? "*" : host) + prefix;
                    throw new RouteConflictException(service.name(), owner.name(), route);
                }
            }
        }
    }

    RoutingTable with(Service service) {
        Map<String, Service> changed = new HashMap<>(services);
        Service replaced = changed.put(service.name(), service);
        Map<String, PathRoutes> changedHosts = new HashMap<>(hosts);
        Set<String> touched = new LinkedHashSet<>(hostKeys(service));
        if (replaced != null) {
            touched.addAll(hostKeys(replaced));
        }
        for (String host : touched) {
            PathRoutes level = changedHosts.getOrDefault(host, PathRoutes.EMPTY).changed(byPrefix -> {
                byPrefix.values().removeIf(other -> other.name().equals(service.name()));
                if (hostKeys(service).contains(host)) {
                    service.options()
                            .pathPrefixes()
                            .forEach(prefix -> byPrefix.put(RequestPath.prefixKey(prefix), service));
                }
            });
            putUnlessEmpty(changedHosts, host, level);
        }
        return new RoutingTable(changed, changedHosts);
    }

    RoutingTable without(Service service) {
        Map<String, Service> changed = new HashMap<>(services);
        changed.remove(service.name());
        Map<String, PathRoutes> changedHosts = new HashMap<>(hosts);
        for (String host : hostKeys(service)) {
            PathRoutes level = changedHosts
                    .getOrDefault(host, PathRoutes.EMPTY)
                    .changed(byPrefix ->
                            byPrefix.values().removeIf(other -> other.name().equals(service.name())));
            putUnlessEmpty(changedHosts, host, level);
        }
        return new RoutingTable(changed, changedHosts);
    }

    private static void putUnlessEmpty(Map<String, PathRoutes> hosts, String host, PathRoutes level) {
        if (level.isEmpty()) {
            hosts.remove(host);
        } else {
            hosts.put(host, level);
        }
    }

    private static List<String> hostKeys(Service service) {
        List<String> configured = service.options().hosts();
        return configured.isEmpty() ? List.of(ANY_HOST) : new ArrayList<>(configured);
    }
}
