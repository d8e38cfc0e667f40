package dev.gapless.proxy.examples.benchmark;

import java.util.EnumSet;
import java.util.Set;

/** A kind of load. */
enum Workload {
    SMALL("small responses", Target.SMALL, 0, 64, 1),
    LARGE("100 KiB responses", Target.LARGE, 0, 32, 1),
    MEBIBYTE("1 MiB responses", Target.MEBIBYTE, 0, 16, 1),
    SMALL_UPLOAD("1 KiB uploads", Target.SMALL, 1024, 64, 1),
    UPLOAD("1 MiB uploads", Target.UPLOAD, 1024 * 1024, 16, 1),
    HTTP2("HTTP/2 over TLS", Target.SMALL, 0, 16, 8);

    /** Those that every contestant able to take them is put under. */
    static final Set<Workload> FOR_ALL = EnumSet.of(SMALL, LARGE, UPLOAD, HTTP2);

    private final String title;
    private final String path;
    private final int bodyBytes;
    private final int connections;
    private final int streams;

    Workload(String title, String path, int bodyBytes, int connections, int streams) {
        this.title = title;
        this.path = path;
        this.bodyBytes = bodyBytes;
        this.connections = connections;
        this.streams = streams;
    }

    String title() {
        return title;
    }

    String path() {
        return path;
    }

    /** The length of each request's body, which makes it a POST; 0 for a GET. */
    int bodyBytes() {
        return bodyBytes;
    }

    int connections() {
        return connections;
    }

    /** How many requests a connection has under way at a time. */
    int streams() {
        return streams;
    }

    String shape() {
        return streams == 1 ? connections + " connections" : connections + " connections of " + streams + " streams";
    }
}
