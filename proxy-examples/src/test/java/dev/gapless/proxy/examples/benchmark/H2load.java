package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The client of the HTTP/2 workloads. It prints no percentiles, so they come from its log of every request. */
final class H2load implements LoadClient {
    private static final String PROGRAM = "h2load";
    private static final Pattern PER_SECOND = Pattern.compile("finished in \\S+, ([\\d.]+) req/s");
    private static final Pattern REQUESTS = Pattern.compile("requests: .* (\\d+) done, ");
    private static final Pattern FAILED = Pattern.compile("requests: .* (\\d+) failed, ");

    private final Children children;
    private final Cores cores;
    private final Path log;
    private final Path message;

    H2load(Children children, Cores cores, Path directory) {
        this.children = children;
        this.cores = cores;
        this.log = directory.resolve("h2load.log");
        this.message = directory.resolve("message");
    }

    static String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "--version")).strip();
    }

    @Override
    public void check() {
        Programs.require(PROGRAM);
    }

    @Override
    public Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException {
        Files.deleteIfExists(log);
        List<String> command = new ArrayList<>(List.of(
                Programs.require(PROGRAM),
                "--threads",
                "2",
                "--clients",
                Integer.toString(workload.connections()),
                "--max-concurrent-streams",
                Integer.toString(workload.streams()),
                "--duration",
                Integer.toString(seconds),
                // Left to themselves some servers would choose the longer key, and pay for it.
                "--tls13-ciphers",
                "TLS_AES_128_GCM_SHA256",
                "--log-file",
                log.toString()));
        command.addAll(workload.backend() == Backend.GRPC ? call(workload, site) : page(workload, site));
        String output = children.run(cores.forOthers(command), seconds);
        if (Files.notExists(log)) {
            throw new IOException("h2load logged nothing, but said: " + output.strip());
        }
        try (Stream<String> lines = Files.lines(log, StandardCharsets.US_ASCII)) {
            return parse(output, lines);
        }
    }

    private static List<String> page(Workload workload, Site site) {
        return List.of(
                "--connect-to",
                "127.0.0.1:" + site.httpsPort(),
                "https://" + site.host() + ":" + site.httpsPort() + workload.path());
    }

    /** In clear text, as services call each other, so that it is not the cipher that is measured. */
    private List<String> call(Workload workload, Site site) throws IOException {
        Files.write(message, GrpcProbe.MESSAGE);
        return List.of(
                "--header",
                "content-type: application/grpc",
                "--header",
                "te: trailers",
                "--data",
                message.toString(),
                "--connect-to",
                "127.0.0.1:" + site.httpPort(),
                "http://" + site.host() + ":" + site.httpPort() + workload.path());
    }

    /** Each line of the log has the request's start, its status, and the microseconds until the end of its response. */
    static Load parse(String output, Stream<String> log) throws IOException {
        long done = Long.parseLong(find(REQUESTS, output));
        long failed = Long.parseLong(find(FAILED, output));
        long[] latencies = log.mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf('\t') + 1)))
                .sorted()
                .toArray();
        if (latencies.length == 0) {
            throw new IOException("h2load got no response, and said: " + output.strip());
        }
        return new Load(
                done,
                Double.parseDouble(find(PER_SECOND, output)),
                percentile(latencies, 50),
                percentile(latencies, 90),
                percentile(latencies, 99),
                percentile(latencies, 100),
                failed);
    }

    private static double percentile(long[] sorted, int percent) {
        return sorted[Math.max(0, (int) Math.ceil(sorted.length * percent / 100.0) - 1)];
    }

    private static String find(Pattern pattern, String output) throws IOException {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IOException("h2load gave no figures, but said: " + output.strip());
        }
        return matcher.group(1);
    }
}
