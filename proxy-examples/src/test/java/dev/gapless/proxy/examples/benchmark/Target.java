package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What all contestants forward to: nginx, with a page for each workload. */
final class Target {
    static final String SMALL = "/small";
    static final String LARGE = "/large";
    static final String MEBIBYTE = "/mebibyte";
    static final String UPLOAD = "/upload";

    static final String SMALL_BODY = "A response of the size that an API gives when asked for one small thing.";

    /** What Gapless asks before it lets a target take part. */
    private static final String HEALTH = "/up";

    static final int LARGE_BYTES = 100 * 1024;
    private static final int MEBIBYTE_BYTES = 1024 * 1024;

    private Target() {}

    /**
     * Writes the target's configuration into the directory, and returns the command that runs it.
     *
     * <p>Of itself nginx answers an upload before it has read it. So that page is a proxy too, of the kind that keeps the
     * request until it is whole, and then passes on no body: what is behind costs little and answers when all was read. A
     * small upload comes in one piece with its head, so that there is nothing to wait for: any page will do, and cheaply.
     */
    static List<String> prepare(Path directory, int port) throws IOException {
        Files.write(directory.resolve("large"), new byte[LARGE_BYTES]);
        Files.write(directory.resolve("mebibyte"), new byte[MEBIBYTE_BYTES]);
        String servers =
                """
                sendfile on;
                open_file_cache max=16 inactive=600s;
                client_body_buffer_size 2m;
                client_max_body_size 4m;
                upstream done {
                  server unix:%1$s/done.sock;
                  keepalive 64;
                  keepalive_requests %3$d;
                  keepalive_timeout 600s;
                }
                server {
                  listen unix:%1$s/done.sock;
                  location / { return 200 "done"; }
                }
                server {
                  listen 127.0.0.1:%2$d reuseport backlog=4096;
                  location = %4$s { return 200 "up"; }
                  location = %5$s { return 200 "%9$s"; }
                  location = %6$s { alias %1$s/large; }
                  location = %7$s { alias %1$s/mebibyte; }
                  location = %8$s {
                    proxy_pass http://done;
                    proxy_http_version 1.1;
                    proxy_method GET;
                    proxy_pass_request_body off;
                    proxy_set_header Connection "";
                    proxy_set_header Content-Length "";
                  }
                }
                """.formatted(directory, port, Nginx.NO_LIMIT, HEALTH, SMALL, LARGE, MEBIBYTE, UPLOAD, SMALL_BODY);
        return Nginx.command(directory, servers);
    }
}
