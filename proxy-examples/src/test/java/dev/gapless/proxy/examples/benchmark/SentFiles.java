package dev.gapless.proxy.examples.benchmark;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A file that the target names and the proxy sends, beside one that comes from the target. */
final class SentFiles {
    private static final Set<Workload> WORKLOADS = EnumSet.of(Workload.NAMED_FILE);

    /** The service whose files are sent for it, and the one that sends them itself. */
    static final String NAMED_HOST = "named.test";

    static final String FORWARDED_HOST = "forwarded.test";

    private static final String GAPLESS = GaplessUnderTest.NAME + ", X-Sendfile";
    private static final String FORWARDED = GaplessUnderTest.NAME + ", forwarding";
    private static final String NGINX = Nginx.NAME + ", X-Accel-Redirect";

    private static final String METHOD = """
            The target answers with `X-Sendfile`, or `X-Accel-Redirect` for nginx, which has `sendfile on` and holds the file open; the \
            file is in the page cache. The other rows have the target send a file of the same length, itself with `sendfile`. \
            Responses are counted by the bytes that came, so that those under way at the end of a round count in part.""";

    static final Contest CONTEST = new Contest(
            "Sendfile",
            "Files of 10 MiB per second, named by the target and sent by the proxy",
            METHOD,
            List.of(
                    new Contest.Entrant(
                            GaplessUnderTest.withSendfile(),
                            List.of(
                                    Contest.Way.ofHost(GAPLESS, NAMED_HOST, WORKLOADS, Origin.FILE),
                                    Contest.Way.ofHost(FORWARDED, FORWARDED_HOST, WORKLOADS, Origin.TARGET))),
                    new Contest.Entrant(
                            Nginx.withNamedFiles(),
                            List.of(Contest.Way.ofHost(NGINX, NAMED_HOST, WORKLOADS, Origin.FILE)))),
            List.of(new Comparison(GAPLESS, NGINX), new Comparison(GAPLESS, FORWARDED)),
            List.of());

    private SentFiles() {}
}
