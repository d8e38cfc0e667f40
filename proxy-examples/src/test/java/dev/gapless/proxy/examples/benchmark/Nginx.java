package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.Buffering;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

final class Nginx implements Contestant {
    static final String NAME = "nginx";

    private static final String PROGRAM = "nginx";

    /** So many requests a connection may carry; the default, 1000, has it closed many times a second. */
    static final long NO_LIMIT = 1_000_000_000;

    private static final String HTTP = """
            proxy_pass http://target;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            """;

    /** Responses through buffers of moderate size, requests as they come. */
    private static final String USUAL = """
            proxy_request_buffering off;
            proxy_buffers 16 16k;
            proxy_buffer_size 16k;
            proxy_busy_buffers_size 64k;
            proxy_max_temp_file_size 0;
            """;

    /** Reads larger than the default, which cost it less for each byte. */
    private static final String STREAMED = """
            proxy_request_buffering off;
            client_body_buffer_size 64k;
            proxy_buffering off;
            proxy_buffers 8 64k;
            proxy_buffer_size 64k;
            """;

    /** A body of 1 MiB has room in memory, both ways. */
    private static final String BUFFERED = """
            proxy_request_buffering on;
            client_body_buffer_size 1m;
            proxy_buffering on;
            proxy_buffers 32 64k;
            proxy_buffer_size 16k;
            proxy_busy_buffers_size 128k;
            proxy_max_temp_file_size 0;
            """;

    /** The cache's files are in the page cache, and need not be opened for each request. */
    private static final String CACHE = """
            proxy_cache_path cache levels=1:2 keys_zone=cache:10m max_size=64m inactive=1d use_temp_path=off;
            sendfile on;
            open_file_cache max=1000 inactive=600s;
            """;

    private static final String CACHED = USUAL + """
            proxy_cache cache;
            proxy_cache_lock on;
            """;

    private static final String NAMED_FILES = """
            sendfile on;
            open_file_cache max=1000 inactive=600s;
            """;

    private static final String NAMING = USUAL + """
            proxy_set_header X-Sendfile-Type X-Accel-Redirect;
            """;

    /** What holds for all servers. */
    private final String common;

    /** By the name of a server, what it does with bodies. The first server is also that of names which none has. */
    private final SortedMap<String, String> servers;

    private Nginx(String common, Map<String, String> servers) {
        this.common = common;
        this.servers = new TreeMap<>(servers);
    }

    /** A server for any host. */
    Nginx() {
        this("", Map.of("_", USUAL));
    }

    /** A server for any host that stores responses. */
    static Nginx withCache() {
        return new Nginx(CACHE, Map.of("_", CACHED));
    }

    /** A server for any host that sends the file that its target names. */
    static Nginx withNamedFiles() {
        return new Nginx(NAMED_FILES, Map.of("_", NAMING));
    }

    /** Two servers: one that buffers, requests and responses alike, and one that does not. */
    static Nginx withEachBuffering() {
        return new Nginx(
                "",
                Map.of(
                        BufferingCost.host(Buffering.OFF), STREAMED,
                        BufferingCost.host(Buffering.FULL), BUFFERED));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "-v")).strip();
    }

    @Override
    public List<String> prepare(Site site, Path directory) throws IOException {
        StringBuilder configuration = new StringBuilder(common).append("""
                upstream target {
                  server %1$s;
                  keepalive 1024;
                  keepalive_requests %2$d;
                  keepalive_timeout 600s;
                }
                """.formatted(site.target(), NO_LIMIT));
        servers.forEach((name, bodies) -> configuration.append(server(site, name, bodies)));
        return command(directory, configuration.toString());
    }

    private String server(Site site, String name, String bodies) {
        // Said once for each port: a second time is an error.
        String socket = name.equals(servers.firstKey()) ? "reuseport backlog=4096" : "";
        return """
                server {
                  server_name %1$s;
                  listen 127.0.0.1:%2$d %8$s %4$s;
                  listen 127.0.0.1:%3$d ssl http2 %4$s;
                  ssl_certificate %5$s;
                  ssl_certificate_key %6$s;
                  ssl_protocols TLSv1.2 TLSv1.3;
                  client_max_body_size 4m;
                  location / {
                    %7$s
                  }
                  location = %9$s {
                    internal;
                    alias %10$s;
                  }
                }
                """.formatted(
                        name,
                        site.httpPort(),
                        site.httpsPort(),
                        socket,
                        site.certificate().chain(),
                        site.certificate().key(),
                        forwarding(site.backend(), bodies),
                        site.backend() == Backend.GRPC ? "http2" : "",
                        Target.NAMED_FILE_INTERNALLY,
                        Target.namedFile(site.commonFiles()));
    }

    private static String forwarding(Backend backend, String bodies) {
        return switch (backend) {
            case PAGES -> HTTP + "proxy_set_header Connection \"\";\n" + bodies;
            case WEB_SOCKET -> HTTP + """
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                    proxy_read_timeout 600s;
                    """;
            case GRPC -> """
                    grpc_pass grpc://target;
                    grpc_set_header X-Forwarded-For $remote_addr;
                    """;
        };
    }

    /** How nginx runs, here and as the target: two workers, from a directory of its own. */
    static List<String> command(Path directory, String servers) throws IOException {
        // Workers of a master that is root become "nobody", who may not read what is in the directory.
        String user = System.getProperty("user.name").equals("root") ? "user root;\n" : "";
        Path configuration = directory.resolve("nginx.conf");
        Files.writeString(configuration, user + """
                        worker_processes %1$d;
                        daemon off;
                        pid nginx.pid;
                        error_log stderr warn;
                        events { worker_connections 16384; }
                        http {
                        access_log off;
                        default_type text/plain;
                        client_body_temp_path temporary;
                        proxy_temp_path temporary;
                        fastcgi_temp_path temporary;
                        uwsgi_temp_path temporary;
                        scgi_temp_path temporary;
                        keepalive_requests %2$d;
                        keepalive_timeout 600s;
                        """.formatted(Cores.PER_PROXY, NO_LIMIT) + servers + "}\n");
        return List.of(
                Programs.require(PROGRAM), "-e", "stderr", "-p", directory.toString(), "-c", configuration.toString());
    }
}
