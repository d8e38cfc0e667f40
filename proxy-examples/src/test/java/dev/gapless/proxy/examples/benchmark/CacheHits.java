package dev.gapless.proxy.examples.benchmark;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Responses that are stored: Gapless beside other caches, and beside itself where it forwards the same request. */
final class CacheHits {
    private static final Set<Workload> WORKLOADS = EnumSet.of(Workload.STORED_KIBIBYTE, Workload.STORED_LARGE);

    /** The service that has its responses stored, and the one that has not. */
    static final String CACHED_HOST = "cached.test";

    static final String FORWARDED_HOST = "forwarded.test";

    private static final String HITS = ", hits";
    private static final String GAPLESS = GaplessUnderTest.NAME + HITS;
    private static final String FORWARDED = GaplessUnderTest.NAME + ", forwarding";

    private static final String METHOD = """
            Gapless is one process with a service that stores responses, up to 64 MiB in memory, and one that forwards each request. \
            nginx has a `proxy_cache` with `proxy_cache_lock`, its files in the page cache and held open, and sends them with \
            `sendfile`. Varnish stores in memory (`malloc`) and has its usual thread pools, log in shared memory and VCL. Each \
            response of the target has a mark of its own: before the rounds it is made sure that the answers of a cache have \
            the same one, and forwarded ones another each.""";

    static final Contest CONTEST = new Contest(
            "Cache",
            "Requests per second for what is stored",
            METHOD,
            List.of(
                    new Contest.Entrant(
                            GaplessUnderTest.withCache(),
                            List.of(
                                    way(GAPLESS, CACHED_HOST, Origin.CACHE),
                                    way(FORWARDED, FORWARDED_HOST, Origin.TARGET))),
                    new Contest.Entrant(Nginx.withCache(), List.of(way(Nginx.NAME + HITS, CACHED_HOST, Origin.CACHE))),
                    new Contest.Entrant(new Varnish(), List.of(way(Varnish.NAME + HITS, CACHED_HOST, Origin.CACHE)))),
            Stream.of(Varnish.NAME + HITS, Nginx.NAME + HITS, FORWARDED)
                    .map(other -> new Comparison(GAPLESS, other))
                    .toList(),
            WORKLOADS.stream()
                    .flatMap(workload -> Stream.of(
                            new Contest.Aim(workload, new Comparison(GAPLESS, Varnish.NAME + HITS), 0.8),
                            new Contest.Aim(workload, new Comparison(GAPLESS, FORWARDED), 3)))
                    .toList());

    private CacheHits() {}

    private static Contest.Way way(String name, String host, Origin origin) {
        return Contest.Way.ofHost(name, host, WORKLOADS, origin);
    }
}
