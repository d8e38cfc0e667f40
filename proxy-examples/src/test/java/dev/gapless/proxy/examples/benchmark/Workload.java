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
    HTTP2("HTTP/2 over TLS", Target.SMALL, 0, 16, 8),
    STREAMS("HTTP/2 over TLS, 100 streams", Target.SMALL, 0, 8, 100),
    WEB_SOCKET("WebSocket echo", Backend.WEB_SOCKET, "/echo", 64, 64, 1),
    WEB_SOCKET_KIBIBYTE("WebSocket echo of 1 KiB", Backend.WEB_SOCKET, "/echo", 1024, 64, 1),
    GRPC("unary gRPC", Backend.GRPC, GrpcProbe.PATH, GrpcProbe.MESSAGE.length, 16, 8);

    private final String title;
    private final Backend backend;
    private final String path;
    private final int bodyBytes;
    private final int connections;
    private final int streams;

    Workload(String title, String path, int bodyBytes, int connections, int streams) {
        this(title, Backend.PAGES, path, bodyBytes, connections, streams);
    }

    Workload(String title, Backend backend, String path, int bodyBytes, int connections, int streams) {
        this.title = title;
        this.backend = backend;
        this.path = path;
        this.bodyBytes = bodyBytes;
        this.connections = connections;
        this.streams = streams;
    }

    String title() {
        return title;
    }

    /** What the contestants must have as their target. */
    Backend backend() {
        return backend;
    }

    /** Those that ask for pages, as any reverse proxy can. */
    static Set<Workload> ofPages() {
        Set<Workload> all = EnumSet.allOf(Workload.class);
        all.removeIf(workload -> workload.backend != Backend.PAGES);
        return all;
    }

    String path() {
        return path;
    }

    /** The length of each request's body, which makes it a POST, or of a message; 0 for a GET. */
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
