package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

final class Caddy implements Contestant {
    static final String NAME = "Caddy";

    private static final String PROGRAM = "caddy";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "version")).strip();
    }

    @Override
    public List<String> prepare(Site site, Path directory) throws IOException {
        Path configuration = directory.resolve("Caddyfile");
        Files.writeString(configuration, """
                {
                  admin off
                  auto_https off
                  servers {
                    protocols h1 h2 h2c
                  }
                }
                (forward) {
                  bind 127.0.0.1
                  reverse_proxy %6$s%1$s {
                    transport http {
                      keepalive 600s
                      keepalive_idle_conns_per_host 1024
                    }
                  }
                }
                http://:%2$d {
                  import forward
                }
                https://:%3$d {
                  tls %4$s %5$s
                  import forward
                }
                """.formatted(
                        site.target(),
                        site.httpPort(),
                        site.httpsPort(),
                        site.certificate().chain(),
                        site.certificate().key(),
                        site.backend() == Backend.GRPC ? "h2c://" : ""));
        return List.of(
                Programs.require(PROGRAM), "run", "--adapter", "caddyfile", "--config", configuration.toString());
    }

    @Override
    public Map<String, String> environment(Path directory) {
        return Map.of(
                "GOMAXPROCS", Integer.toString(Cores.PER_PROXY),
                "HOME", directory.toString(),
                "XDG_DATA_HOME", directory.toString(),
                "XDG_CONFIG_HOME", directory.toString());
    }
}
