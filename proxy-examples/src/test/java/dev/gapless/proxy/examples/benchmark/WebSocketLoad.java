package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The client of WebSockets: {@link WebSocketClients} in a process of its own. */
final class WebSocketLoad implements LoadClient {
    private static final Pattern FIGURES = Pattern.compile(
            "messages=(\\d+) perSecond=([\\d.]+) p50=([\\d.]+) p90=([\\d.]+) p99=([\\d.]+) max=([\\d.]+) errors=(\\d+)");

    private final Children children;
    private final Cores cores;

    WebSocketLoad(Children children, Cores cores) {
        this.children = children;
        this.cores = cores;
    }

    @Override
    public Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(JvmContestant.command(
                WebSocketClients.class,
                Integer.toString(site.httpPort()),
                site.host(),
                workload.path(),
                Integer.toString(workload.connections()),
                Integer.toString(workload.bodyBytes()),
                Integer.toString(seconds)));
        return parse(children.run(cores.forOthers(command), seconds));
    }

    static Load parse(String output) throws IOException {
        Matcher matcher = FIGURES.matcher(output);
        if (!matcher.find()) {
            throw new IOException("the WebSockets gave no figures, but said: " + output.strip());
        }
        return new Load(
                Long.parseLong(matcher.group(1)),
                Double.parseDouble(matcher.group(2)),
                Double.parseDouble(matcher.group(3)),
                Double.parseDouble(matcher.group(4)),
                Double.parseDouble(matcher.group(5)),
                Double.parseDouble(matcher.group(6)),
                Long.parseLong(matcher.group(7)));
    }
}
