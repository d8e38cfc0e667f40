package dev.gapless.proxy.examples.benchmark;

/** A kind of load that every contestant able to take it is put under. */
enum Workload {
    SMALL("small responses", Target.SMALL, 64, 1),
    LARGE("100 KiB responses", Target.LARGE, 32, 1),
    UPLOAD("1 MiB uploads", Target.UPLOAD, 16, 1),
    HTTP2("HTTP/2 over TLS", Target.SMALL, 16, 8);

    private final String title;
    private final String path;
    private final int connections;
    private final int streams;

    Workload(String title, String path, int connections, int streams) {
        this.title = title;
        this.path = path;
        this.connections = connections;
        this.streams = streams;
    }

    String title() {
        return title;
    }

    String path() {
        return path;
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
