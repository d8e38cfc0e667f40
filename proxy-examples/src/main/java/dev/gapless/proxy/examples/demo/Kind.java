package dev.gapless.proxy.examples.demo;

import java.time.Duration;

/** The kinds of requests in the load. */
enum Kind {
    /** Answered at once. */
    SHORT("/short", 40, Duration.ofMillis(40)),
    /** Answered after a second, so that many are in flight at any moment. */
    SLOW("/slow", 140, Duration.ofMillis(5)),
    /** A POST of up to 256 KiB, answered with its size. */
    UPLOAD("/upload", 30, Duration.ofMillis(100));

    final String path;
    /** How many send requests of this kind at the same time, over each protocol. */
    final int senders;
    /** How long a sender waits from a response to its next request. */
    final Duration pause;

    Kind(String path, int senders, Duration pause) {
        this.path = path;
        this.senders = senders;
        this.pause = pause;
    }
}
