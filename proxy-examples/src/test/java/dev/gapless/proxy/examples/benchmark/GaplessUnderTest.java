package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Gapless, started as an embedder would start it. */
final class GaplessUnderTest {
    static final String NAME = "Gapless";
    static final String NAME_WITH_ACCESS_LOG = "Gapless, access log on";

    /** In place of a number of services: one service that takes the requests for any host. */
    private static final String ANY_HOST = "any-host";

    /** In place of a number of services: one for each way of buffering, under its host. */
    private static final String EACH_BUFFERING = "each-buffering";

    /** In place of a number of services: one that has its responses stored, and one that has not. */
    private static final String CACHED_AND_FORWARDED = "cached-and-forwarded";

    /** In place of a number of services: one that has files sent for it, and one that has not. */
    private static final String NAMED_AND_FORWARDED = "named-and-forwarded";

    static final Duration IDLE = Duration.ofMinutes(10);

    private static final String ACCESS_LOG = "--access-log";

    private GaplessUnderTest() {}

    static Contestant contestant() {
        return contestant(NAME, EnumSet.allOf(Workload.class), List.of(ANY_HOST));
    }

    /** Its log goes by SLF4J's simple logger to a file. */
    static Contestant withAccessLog() {
        return contestant(NAME_WITH_ACCESS_LOG, EnumSet.of(Workload.SMALL), List.of(ANY_HOST, ACCESS_LOG));
    }

    /**
     * One process with a proxy for each number of services. They run the same compiled code, so that what differs is the
     * routing table alone, and not what two virtual machines made of the same class.
     */
    static Contestant withServices(List<Site> sites, List<Integer> numbers) {
        List<String> arguments = new ArrayList<>(List.of(numbers.get(0).toString()));
        for (int i = 1; i < sites.size(); i++) {
            arguments.add(sites.get(i).format());
            arguments.add(numbers.get(i).toString());
        }
        return contestant(NAME, EnumSet.of(Workload.SMALL), arguments);
    }

    /** A service for each way of buffering, requests and responses alike. */
    static Contestant withEachBuffering() {
        return contestant(NAME, BufferingCost.WORKLOADS, List.of(EACH_BUFFERING));
    }

    /** A service that stores responses, and one that forwards all requests. */
    static Contestant withCache() {
        return contestant(
                NAME, EnumSet.of(Workload.STORED_KIBIBYTE, Workload.STORED_LARGE), List.of(CACHED_AND_FORWARDED));
    }

    /** A service whose files are sent for it, and one that sends them itself. */
    static Contestant withSendfile() {
        return contestant(NAME, EnumSet.of(Workload.NAMED_FILE), List.of(NAMED_AND_FORWARDED));
    }

    /** The host of one of many services. */
    static String host(int service) {
        return "s" + service + ".test";
    }

    /** Arguments: a site and what services it has, the same again for each further proxy, and the flag at the end. */
    public static void main(String[] args) throws IOException {
        boolean accessLog = args[args.length - 1].equals(ACCESS_LOG);
        for (int i = 0; i + 1 < args.length && !args[i].equals(ACCESS_LOG); i += 2) {
            serve(Site.parse(args[i]), args[i + 1], accessLog);
        }
        JvmContestant.runUntilParentEnds();
    }

    private static void serve(Site site, String services, boolean accessLog) {
        ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(site.httpPort())
                .httpsPort(site.httpsPort())
                .certificate(site.certificate().chain(), site.certificate().key())
                .clientIdleTimeout(IDLE)
                .accessLog(accessLog)
                .build()
                .start();
        switch (services) {
            case ANY_HOST -> deployForAnyHost(proxy.services(), site);
            case EACH_BUFFERING -> deployEachBuffering(proxy.services(), site);
            case CACHED_AND_FORWARDED -> {
                deploy(
                        proxy.services(),
                        site,
                        CacheHits.CACHED_HOST,
                        options -> options.cache(CacheOptions.defaults()));
                deploy(proxy.services(), site, CacheHits.FORWARDED_HOST, options -> {});
            }
            case NAMED_AND_FORWARDED -> {
                SendfileOptions files = SendfileOptions.below(site.commonFiles());
                deploy(proxy.services(), site, SentFiles.NAMED_HOST, options -> options.sendfile(files));
                deploy(proxy.services(), site, SentFiles.FORWARDED_HOST, options -> {});
            }
            default -> deployMany(proxy.services(), site, Integer.parseInt(services));
        }
    }

    private static void deployForAnyHost(Services services, Site site) {
        ServiceOptions options =
                ServiceOptions.builder().tls(true).redirectToHttps(false).build();
        String target = site.backend() == Backend.GRPC ? "h2c://" + site.target() : site.target();
        services.deploy(
                Deployment.builder("any").target(target).options(options).build());
    }

    private static void deploy(Services services, Site site, String host, Consumer<ServiceOptions.Builder> configures) {
        ServiceOptions.Builder options = ServiceOptions.builder().host(host);
        configures.accept(options);
        services.deploy(Deployment.builder(host)
                .target(site.target())
                .options(options.build())
                .build());
    }

    private static void deployMany(Services services, Site site, int number) {
        for (int i = 0; i < number; i++) {
            ServiceOptions options = ServiceOptions.builder().host(host(i)).build();
            // Asking the one target thousands of times whether it is well would only take time.
            services.deploy(Deployment.builder("s" + i)
                    .target(site.target())
                    .options(options)
                    .force(true)
                    .build());
        }
    }

    private static void deployEachBuffering(Services services, Site site) {
        for (Buffering way : Buffering.values()) {
            BodyOptions bodies = BodyOptions.builder()
                    .requestBuffering(way)
                    .responseBuffering(way)
                    .build();
            ServiceOptions options = ServiceOptions.builder()
                    .host(BufferingCost.host(way))
                    .bodies(bodies)
                    .build();
            services.deploy(Deployment.builder(way.name())
                    .target(site.target())
                    .options(options)
                    .build());
        }
    }

    private static Contestant contestant(String name, Set<Workload> workloads, List<String> arguments) {
        return new JvmContestant(name, "this build", GaplessUnderTest.class, workloads, arguments);
    }
}
