package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

final class Nginx implements Contestant {
    private static final String PROGRAM = "nginx";

    /** So many requests a connection may carry; the default, 1000, has it closed many times a second. */
    static final long NO_LIMIT = 1_000_000_000;

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String version(Children children) throws IOException, InterruptedException {
        return children.run(List.of(Programs.require(PROGRAM), "-v")).strip();
    }

    @Override
    public List<String> prepare(Site site, Path directory) throws IOException {
        String servers = """
                upstream target {
                  server %1$s;
                  keepalive 256;
                  keepalive_requests %6$d;
                  keepalive_timeout 600s;
                }
                server {
                  listen 127.0.0.1:%2$d reuseport backlog=4096;
                  listen 127.0.0.1:%3$d ssl http2 reuseport backlog=4096;
                  ssl_certificate %4$s;
                  ssl_certificate_key %5$s;
                  ssl_protocols TLSv1.2 TLSv1.3;
                  client_max_body_size 4m;
                  location / {
                    proxy_pass http://target;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_request_buffering off;
                    proxy_buffers 16 16k;
                    proxy_buffer_size 16k;
                    proxy_busy_buffers_size 64k;
                    proxy_max_temp_file_size 0;
                  }
                }
                """.formatted(
                        site.target(),
                        site.httpPort(),
                        site.httpsPort(),
                        site.certificate().chain(),
                        site.certificate().key(),
                        NO_LIMIT);
        return command(directory, servers);
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
