package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.Buffering;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What it costs a contestant to take bodies in whole, in the ways it has. It is one process with a host for each way, so that
 * nothing else differs: two virtual machines do not make the same of the same class.
 */
record BufferingCost(Contestant contestant, List<Buffering> ways) {
    static final Set<Workload> WORKLOADS =
            EnumSet.of(Workload.SMALL, Workload.MEBIBYTE, Workload.SMALL_UPLOAD, Workload.UPLOAD);

    /** Automatic buffering is measured with these alone. What else it buffers it buffers as full buffering does. */
    static final Set<Workload> SMALL_BODIES = EnumSet.of(Workload.SMALL, Workload.SMALL_UPLOAD);

    /** What a reader must know to judge the figures. */
    static final String METHOD = """
            Either proxy is one process with a host for each row, which buffers requests and responses, or neither. "Automatic" \
            is what Gapless does by default: it buffers what declares a length within its memory limit. Bodies stay in memory: \
            nginx has `proxy_buffers 32 64k` and `client_body_buffer_size 1m` where it buffers, and 64 KiB each for \
            `proxy_buffer_size` and `client_body_buffer_size` where `proxy_buffering` and `proxy_request_buffering` are off. Of a \
            buffered response Gapless sends nothing before it is whole; nginx sends what it has while the rest still comes.""";

    /** Of these two Gapless alone can go by the length that a body declares. */
    static List<BufferingCost> all() {
        return List.of(
                new BufferingCost(
                        GaplessUnderTest.withEachBuffering(),
                        List.of(Buffering.OFF, Buffering.FULL, Buffering.AUTOMATIC)),
                new BufferingCost(Nginx.withEachBuffering(), List.of(Buffering.OFF, Buffering.FULL)));
    }

    /** Starts the contestant, and returns its parts, one for each way. */
    List<Running> start(Arena arena) throws IOException, InterruptedException {
        Running first = arena.start(contestant, arena.site(host(Buffering.OFF)));
        List<Running> parts = new ArrayList<>();
        for (Buffering way : ways) {
            Site site = first.site().under(host(way));
            arena.awaitReady(first, site);
            parts.add(new Running(name(contestant.name(), way), contestant, site, first.process()));
        }
        return parts;
    }

    static boolean takes(Running part, Workload workload) {
        return SMALL_BODIES.contains(workload) || !part.site().host().equals(host(Buffering.AUTOMATIC));
    }

    /** Of what is buffered with what is streamed by the same contestant. */
    static List<Comparison> withStreamed(String contestant) {
        String streamed = name(contestant, Buffering.OFF);
        return List.of(
                new Comparison(name(contestant, Buffering.FULL), streamed),
                new Comparison(name(contestant, Buffering.AUTOMATIC), streamed));
    }

    /** Each with what it streams, and Gapless with nginx. */
    static List<Comparison> comparisons() {
        return Stream.of(withStreamed(GaplessUnderTest.NAME), withStreamed(Nginx.NAME), withNginx())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Comparison> withNginx() {
        return List.of(
                new Comparison(name(GaplessUnderTest.NAME, Buffering.OFF), name(Nginx.NAME, Buffering.OFF)),
                new Comparison(name(GaplessUnderTest.NAME, Buffering.FULL), name(Nginx.NAME, Buffering.FULL)),
                new Comparison(name(GaplessUnderTest.NAME, Buffering.AUTOMATIC), name(Nginx.NAME, Buffering.FULL)));
    }

    static String host(Buffering way) {
        return way.name().toLowerCase(Locale.ROOT) + ".test";
    }

    static String name(String contestant, Buffering way) {
        return contestant
                + switch (way) {
                    case OFF -> ", streamed";
                    case FULL -> ", buffered";
                    case AUTOMATIC -> ", automatic";
                };
    }
}
