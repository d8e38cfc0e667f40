package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The client of the HTTP/1.1 workloads. */
final class Wrk implements LoadClient {
    private static final String PROGRAM = "wrk";
    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ");
    private static final Pattern READ = Pattern.compile("requests in (\\S+), ([\\d.]+)([KMGT])B read");
    private static final String UNITS = "KMGT";
    private static final Pattern PER_SECOND = Pattern.compile("Requests/sec: +([\\d.]+)");
    private static final Pattern WORST = Pattern.compile("Latency +\\S+ +\\S+ +(\\S+) ");
    private static final Pattern DURATION = Pattern.compile("([\\d.]+)([a-z]+)");
    private static final Map<String, Double> MICROS = Map.of("us", 1.0, "ms", 1e3, "s", 1e6, "m", 60e6, "h", 3600e6);
    private static final Pattern SOCKET_ERRORS =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern OTHER_STATUS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    private final Children children;
    private final Cores cores;
    private final Path script;

    Wrk(Children children, Cores cores, Path directory) {
        this.children = children;
        this.cores = cores;
        this.script = directory.resolve("upload.lua");
    }

    static String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "-v"))
                .lines()
                .findFirst()
                .orElse("");
    }

    @Override
    public void check() {
        Programs.require(PROGRAM);
    }

    @Override
    public Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Programs.require(PROGRAM),
                "--latency",
                "--threads",
                "2",
                "--connections",
                Integer.toString(workload.connections()),
                "--duration",
                seconds + "s",
                "--timeout",
                "10s",
                "--header",
                "Host: " + site.host()));
        if (workload.bodyBytes() > 0) {
            Files.writeString(script, """
                    wrk.method = "POST"
                    wrk.body = string.rep("x", %d)
                    """.formatted(workload.bodyBytes()));
            command.addAll(List.of("--script", script.toString()));
        }
        command.add("http://127.0.0.1:" + site.httpPort() + workload.path());
        String output = children.run(cores.forOthers(command), seconds);
        Load load = parse(output);
        return workload.isCountedByBytes() ? countedByBytes(load, output, workload.responseBytes()) : load;
    }

    static Load countedByBytes(Load load, String output, long responseBytes) throws IOException {
        Matcher read = READ.matcher(output);
        if (!read.find()) {
            throw new IOException("wrk did not say how much it has read, but: " + output.strip());
        }
        double bytes = Double.parseDouble(read.group(2)) * Math.pow(1024, 1 + UNITS.indexOf(read.group(3)));
        double responses = bytes / responseBytes;
        return new Load(
                Math.round(responses),
                responses * 1e6 / micros(read.group(1)),
                load.p50(),
                load.p90(),
                load.p99(),
                load.max(),
                load.errors());
    }

    static Load parse(String output) throws IOException {
        return new Load(
                Long.parseLong(find(REQUESTS, output)),
                Double.parseDouble(find(PER_SECOND, output)),
                percentile(50, output),
                percentile(90, output),
                percentile(99, output),
                micros(find(WORST, output)),
                sum(SOCKET_ERRORS, output) + sum(OTHER_STATUS, output));
    }

    private static double percentile(int percent, String output) throws IOException {
        return micros(find(Pattern.compile(" " + percent + "% +(\\S+)"), output));
    }

    private static String find(Pattern pattern, String output) throws IOException {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IOException("wrk gave no figures, but said: " + output.strip());
        }
        return matcher.group(1);
    }

    /** What was not seen is not printed either, and counts as none. */
    private static long sum(Pattern pattern, String output) {
        return pattern.matcher(output)
                .results()
                .flatMap(found -> IntStream.rangeClosed(1, found.groupCount()).mapToObj(found::group))
                .mapToLong(Long::parseLong)
                .sum();
    }

    private static double micros(String duration) throws IOException {
        Matcher matcher = DURATION.matcher(duration);
        if (!matcher.matches()) {
            throw new IOException("wrk gave a duration that cannot be read: " + duration);
        }
        return Double.parseDouble(matcher.group(1)) * MICROS.get(matcher.group(2));
    }
}
