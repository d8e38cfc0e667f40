package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

final class HaProxy implements Contestant {
    private static final String PROGRAM = "haproxy";

    @Override
    public String name() {
        return "HAProxy";
    }

    @Override
    public String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "-v"))
                .lines()
                .findFirst()
                .orElse("");
    }

    @Override
    public List<String> prepare(Site site, Path directory) throws IOException {
        Path configuration = directory.resolve("haproxy.cfg");
        Files.writeString(configuration, """
                global
                  nbthread %1$d
                  maxconn 4096
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 600s
                  timeout server 600s
                  timeout tunnel 600s
                  option forwardfor
                  http-reuse always
                frontend entry
                  bind 127.0.0.1:%2$d %6$s
                  bind 127.0.0.1:%3$d ssl crt %4$s alpn h2,http/1.1
                  default_backend targets
                backend targets
                  server target %5$s %6$s pool-purge-delay 600s
                """.formatted(
                        Cores.PER_PROXY,
                        site.httpPort(),
                        site.httpsPort(),
                        site.certificate().chainAndKey(),
                        site.target(),
                        site.backend() == Backend.GRPC ? "proto h2" : ""));
        return List.of(Programs.require(PROGRAM), "-db", "-f", configuration.toString());
    }
}
