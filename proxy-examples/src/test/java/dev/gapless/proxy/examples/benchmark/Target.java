package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What all contestants forward to: nginx, with a page for each workload. */
final class Target {
    static final String SMALL = "/small";
    static final String LARGE = "/large";
    static final String MEBIBYTE = "/mebibyte";
    static final String UPLOAD = "/upload";
    private static final String STORABLE = "/storable";
    static final String STORABLE_KIBIBYTE = STORABLE + "/kibibyte";
    static final String STORABLE_LARGE = STORABLE + "/large";
    static final String HUNDRED_MEBIBYTES = "/hundred-mebibytes";

    /** Whoever says in {@code X-Sendfile-Type} what it understands is named a file to send, and others get one from here. */
    static final String NAMED_FILE = "/named";

    /** How nginx calls the file that is named, in {@code X-Accel-Redirect}. */
    static final String NAMED_FILE_INTERNALLY = "/internal/named";

    /** A field that no two responses have the same value of, in lower case. */
    static final String ANSWER = "x-answer";

    static final String SMALL_BODY = "A response of the size that an API gives when asked for one small thing.";

    /** What Gapless asks before it lets a target take part. */
    private static final String HEALTH = "/up";

    static final int KIBIBYTE_BYTES = 1024;
    static final int LARGE_BYTES = 100 * 1024;
    static final int MEBIBYTE_BYTES = 1024 * 1024;
    static final int NAMED_FILE_BYTES = 10 * 1024 * 1024;
    static final int HUNDRED_MEBIBYTES_BYTES = 100 * 1024 * 1024;

    /** The file that is named begins with this, and what the target itself sends with zero. */
    static final byte NAMED_FILE_BEGINS = 'f';

    private Target() {}

    /**
     * Writes the target's configuration into the directory, and returns the command that runs it.
     *
     * <p>Of itself nginx answers an upload before it has read it. So that page is a proxy too, of the kind that keeps the
     * request until it is whole, and then passes on no body: what is behind costs little and answers when all was read. A
     * small upload comes in one piece with its head, so that there is nothing to wait for: any page will do, and cheaply.
     */
    static List<String> prepare(Path directory, int port) throws IOException {
        Path named = namedFile(directory.getParent());
        writeFiles(directory, named);
        String servers = """
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
                map $http_x_sendfile_type $sendfile { X-Sendfile %10$s; }
                map $http_x_sendfile_type $accel { X-Accel-Redirect %11$s; }
                server {
                  listen 127.0.0.1:%2$d reuseport backlog=4096;
                  location = %4$s { return 200 "up"; }
                  location = %5$s { return 200 "%9$s"; }
                  location = %6$s { alias %1$s/large; }
                  location = %7$s { alias %1$s/mebibyte; }
                  location %12$s/ {
                    alias %1$s/;
                    add_header Cache-Control "public, max-age=86400";
                    add_header %13$s $connection-$connection_requests;
                  }
                  location = %14$s {
                    alias %1$s/hundred-mebibytes;
                    add_header %13$s $connection-$connection_requests;
                  }
                  location = %15$s {
                    alias %1$s/ten-mebibytes;
                    add_header %13$s $connection-$connection_requests;
                    add_header X-Sendfile $sendfile;
                    add_header X-Accel-Redirect $accel;
                    if ($http_x_sendfile_type) { return 200; }
                  }
                  location = %8$s {
                    proxy_pass http://done;
                    proxy_http_version 1.1;
                    proxy_method GET;
                    proxy_pass_request_body off;
                    proxy_set_header Connection "";
                    proxy_set_header Content-Length "";
                  }
                }
                """.formatted(
                        directory,
                        port,
                        Nginx.NO_LIMIT,
                        HEALTH,
                        SMALL,
                        LARGE,
                        MEBIBYTE,
                        UPLOAD,
                        SMALL_BODY,
                        named,
                        NAMED_FILE_INTERNALLY,
                        STORABLE,
                        ANSWER,
                        HUNDRED_MEBIBYTES,
                        NAMED_FILE);
        return Nginx.command(directory, servers);
    }

    /** {@return the file that is named, in the directory that targets and contestants have in common} */
    static Path namedFile(Path common) {
        return common.resolve("named");
    }

    private static void writeFiles(Path directory, Path named) throws IOException {
        write(directory.resolve("kibibyte"), KIBIBYTE_BYTES);
        write(directory.resolve("large"), LARGE_BYTES);
        write(directory.resolve("mebibyte"), MEBIBYTE_BYTES);
        write(directory.resolve("ten-mebibytes"), NAMED_FILE_BYTES);
        write(directory.resolve("hundred-mebibytes"), HUNDRED_MEBIBYTES_BYTES);
        byte[] content = new byte[NAMED_FILE_BYTES];
        content[0] = NAMED_FILE_BEGINS;
        Files.write(named, content);
    }

    /** Writes zeros. A file of them takes no room on most disks. */
    private static void write(Path file, long length) throws IOException {
        try (RandomAccessFile zeros = new RandomAccessFile(file.toFile(), "rw")) {
            zeros.setLength(length);
        }
    }
}
