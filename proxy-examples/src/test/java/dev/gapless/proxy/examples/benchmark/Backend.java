package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What contestants forward to: each is a process of its own, and so are the contestants that have it as their target. */
enum Backend {
    /** Pages over HTTP/1.1. */
    PAGES {
        @Override
        List<String> prepare(Path directory, int port) throws IOException {
            return Target.prepare(directory, port);
        }
    },
    /** WebSockets that echo. */
    WEB_SOCKET {
        @Override
        List<String> prepare(Path directory, int port) {
            return JvmContestant.command(WebSocketTarget.class, Integer.toString(port));
        }
    },
    /** Unary gRPC over HTTP/2 in clear text, with prior knowledge. */
    GRPC {
        @Override
        List<String> prepare(Path directory, int port) {
            return JvmContestant.command(GrpcTarget.class, Integer.toString(port));
        }
    };

    /** Writes the target's configuration into the directory, if it has one, and returns the command that runs it. */
    abstract List<String> prepare(Path directory, int port) throws IOException;
}
