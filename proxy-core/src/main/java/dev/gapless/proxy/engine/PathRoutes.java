package dev.gapless.proxy.engine;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one host, immutable. The longest matching prefix is found by a binary search for the greatest prefix that is
 * not greater than the path, and from there along the prefixes that each is an extension of.
 */
final class PathRoutes {
    static final PathRoutes EMPTY = new PathRoutes(new TreeMap<>());

    private final NavigableMap<String, Service> services;
    private final String[] prefixes;
    private final Route[] routes;
    /** For each prefix the index of the longest other one that it begins with, or -1. */
    private final int[] shorter;

    private PathRoutes(NavigableMap<String, Service> services) {
        this.services = services;
        prefixes = new String[services.size()];
        routes = new Route[services.size()];
        shorter = new int[services.size()];
        Service root = services.get("/");
        int i = 0;
        for (Map.Entry<String, Service> entry : services.entrySet()) {
            Service edge = root == null ? entry.getValue() : root;
            prefixes[i] = entry.getKey();
            routes[i] = new Route(entry.getKey(), entry.getValue(), edge.options());
            shorter[i] = longestBegin(i);
            i++;
        }
    }

    private int longestBegin(int index) {
        int candidate = index - 1;
        while (candidate >= 0 && !prefixes[index].startsWith(prefixes[candidate])) {
            candidate = shorter[candidate];
        }
        return candidate;
    }

    @Nullable
    Route match(RequestPath path) {
        int found = Arrays.binarySearch(prefixes, path.key());
        int candidate = found >= 0 ? found : -found - 2;
        while (candidate >= 0 && !path.startsWith(prefixes[candidate])) {
            candidate = shorter[candidate];
        }
        return candidate < 0 ? null : routes[candidate];
    }

    @Nullable
    Service owner(String prefix) {
        return services.get(prefix);
    }

    boolean isEmpty() {
        return prefixes.length == 0;
    }

    PathRoutes changed(Consumer<Map<String, Service>> change) {
        NavigableMap<String, Service> copy = new TreeMap<>(services);
        change.accept(copy);
        return new PathRoutes(copy);
    }
}
