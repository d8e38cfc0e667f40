package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A cache that forwards what it has not; its usual VCL, thread pools and log. */
final class Varnish implements Contestant {
    static final String NAME = "Varnish";

    private static final String PROGRAM = "varnishd";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "-V"))
                .lines()
                .findFirst()
                .orElse("");
    }

    @Override
    public List<String> prepare(Site site, Path directory) {
        return List.of(
                Programs.require(PROGRAM),
                "-F",
                // Jailed it would run as users who may not enter the run's directory.
                "-j",
                "none",
                "-n",
                directory.resolve("varnish").toString(),
                "-a",
                "127.0.0.1:" + site.httpPort(),
                "-T",
                "none",
                "-b",
                site.target(),
                "-s",
                "malloc,64m",
                "-p",
                "timeout_idle=600");
    }
}
