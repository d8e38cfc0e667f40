package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.Buffering;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What it costs a contestant to take bodies in whole, in the ways it has. It is one process with a host for each way, so that
 * nothing else differs: two virtual machines do not make the same of the same class.
 */
final class BufferingCost {
    static final Set<Workload> WORKLOADS =
            EnumSet.of(Workload.SMALL, Workload.MEBIBYTE, Workload.SMALL_UPLOAD, Workload.UPLOAD);

    /** Automatic buffering is measured with these alone. What else it buffers it buffers as full buffering does. */
    private static final Set<Workload> SMALL_BODIES = EnumSet.of(Workload.SMALL, Workload.SMALL_UPLOAD);

    /** What a reader must know to judge the figures. */
    private static final String METHOD = """
            Either proxy is one process with a host for each row, which buffers requests and responses, or neither. "Automatic" \
            is what Gapless does by default: it buffers what declares a length within its memory limit. Bodies stay in memory: \
            nginx has `proxy_buffers 32 64k` and `client_body_buffer_size 1m` where it buffers, and 64 KiB each for \
            `proxy_buffer_size` and `client_body_buffer_size` where `proxy_buffering` and `proxy_request_buffering` are off. Of a \
            buffered response Gapless sends nothing before it is whole; nginx sends what it has while the rest still comes.""";

    /** Of these two Gapless alone can go by the length that a body declares. */
    static final Contest CONTEST = new Contest(
            "Buffering",
            "Requests per second with bodies buffered and streamed",
            METHOD,
            List.of(
                    entrant(GaplessUnderTest.withEachBuffering(), Buffering.OFF, Buffering.FULL, Buffering.AUTOMATIC),
                    entrant(Nginx.withEachBuffering(), Buffering.OFF, Buffering.FULL)),
            comparisons(),
            aims());

    private BufferingCost() {}

    private static Contest.Entrant entrant(Contestant contestant, Buffering... ways) {
        return new Contest.Entrant(
                contestant,
                Stream.of(ways)
                        .map(way ->
                                Contest.Way.ofHost(name(contestant.name(), way), host(way), workloads(way), Origin.ANY))
                        .toList());
    }

    private static Set<Workload> workloads(Buffering way) {
        return way == Buffering.AUTOMATIC ? SMALL_BODIES : WORKLOADS;
    }

    private static List<Contest.Aim> aims() {
        return SMALL_BODIES.stream()
                .flatMap(workload -> withStreamed(GaplessUnderTest.NAME).stream()
                        .map(between -> new Contest.Aim(workload, between, 0.95)))
                .toList();
    }

    /** Of what is buffered with what is streamed by the same contestant. */
    private static List<Comparison> withStreamed(String contestant) {
        String streamed = name(contestant, Buffering.OFF);
        return List.of(
                new Comparison(name(contestant, Buffering.FULL), streamed),
                new Comparison(name(contestant, Buffering.AUTOMATIC), streamed));
    }

    /** Each with what it streams, and Gapless with nginx. */
    private static List<Comparison> comparisons() {
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
