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
    FULL_HANDSHAKES("full handshakes, TLS 1.3", Target.SMALL, 0, 6, 1),
    RESUMED_HANDSHAKES("resumed handshakes, TLS 1.3, each with a request", Target.SMALL, 0, 6, 1),
    RESUMED_HANDSHAKES_1_2("resumed handshakes, TLS 1.2", Target.SMALL, 0, 6, 1),
    WEB_SOCKET("WebSocket echo", Backend.WEB_SOCKET, "/echo", 64, 64, 1),
    WEB_SOCKET_KIBIBYTE("WebSocket echo of 1 KiB", Backend.WEB_SOCKET, "/echo", 1024, 64, 1),
    GRPC("unary gRPC", Backend.GRPC, GrpcProbe.PATH, GrpcProbe.MESSAGE.length, 16, 8),
    STORED_KIBIBYTE("stored responses of 1 KiB", Target.STORABLE_KIBIBYTE, 0, 64, 1),
    STORED_LARGE("stored responses of 100 KiB", Target.STORABLE_LARGE, 0, 32, 1),
    NAMED_FILE("files of 10 MiB", Target.NAMED_FILE, 0, 8, 1),
    HUNDRED_MEBIBYTES("100 MiB responses", Target.HUNDRED_MEBIBYTES, 0, 4, 1);

    private static final Set<Workload> HANDSHAKES =
            EnumSet.of(FULL_HANDSHAKES, RESUMED_HANDSHAKES, RESUMED_HANDSHAKES_1_2);

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

    /** The length of a response's body, where it is known. */
    long responseBytes() {
        return switch (this) {
            case STORED_KIBIBYTE -> Target.KIBIBYTE_BYTES;
            case LARGE, STORED_LARGE -> Target.LARGE_BYTES;
            case MEBIBYTE -> Target.MEBIBYTE_BYTES;
            case NAMED_FILE -> Target.NAMED_FILE_BYTES;
            case HUNDRED_MEBIBYTES -> Target.HUNDRED_MEBIBYTES_BYTES;
            default -> throw new IllegalStateException("nobody has said how long the responses are: " + this);
        };
    }

    /** Whether so few responses come in a round that those which are under way at its end have to count, too. */
    boolean isCountedByBytes() {
        return this == NAMED_FILE || this == HUNDRED_MEBIBYTES;
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

    /** Whether connections are made and no more, or hardly more. That costs the clients as much as the proxies, or more. */
    boolean isOfHandshakes() {
        return HANDSHAKES.contains(this);
    }

    String shape() {
        if (isOfHandshakes()) {
            return connections + " clients, proxies on " + Cores.FOR_HANDSHAKES + " core";
        }
        return streams == 1 ? connections + " connections" : connections + " connections of " + streams + " streams";
    }
}
