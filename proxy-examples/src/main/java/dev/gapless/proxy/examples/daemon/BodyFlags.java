package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import picocli.CommandLine.Option;

/** Which bodies are buffered, and how long they may be. */
final class BodyFlags {
    @Option(
            names = "--buffer-requests",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Take requests in whole before a target gets them (default ${DEFAULT-VALUE}).")
    private boolean bufferRequests;

    @Option(
            names = "--buffer-responses",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Take responses in whole before clients get them (default ${DEFAULT-VALUE}).")
    private boolean bufferResponses;

    @Option(
            names = "--buffer-memory",
            defaultValue = "1048576",
            paramLabel = "<bytes>",
            description =
                    "How much of a body is buffered in memory; the rest goes to a file (default ${DEFAULT-VALUE}).")
    private long bufferMemory;

    @Option(
            names = "--max-request-body",
            defaultValue = "0",
            paramLabel = "<bytes>",
            description =
                    "How long the body of a request may be, buffered or not (default ${DEFAULT-VALUE}: no limit).")
    private long maxRequestBody;

    @Option(
            names = "--max-response-body",
            defaultValue = "0",
            paramLabel = "<bytes>",
            description =
                    "How long the body of a response may be, buffered or not (default ${DEFAULT-VALUE}: no limit).")
    private long maxResponseBody;

    /** Returns the settings. */
    BodyOptions bodies() {
        BodyOptions.Builder bodies = BodyOptions.builder()
                .requestBuffering(fullOrOff(bufferRequests))
                .responseBuffering(fullOrOff(bufferResponses))
                .bufferMemory(bufferMemory);
        if (maxRequestBody > 0) {
            bodies.maxRequestBytes(maxRequestBody);
        }
        if (maxResponseBody > 0) {
            bodies.maxResponseBytes(maxResponseBody);
        }
        return bodies.build();
    }

    /** Without the flag nothing is buffered, unlike in the library: that is what Kamal Proxy does. */
    private static Buffering fullOrOff(boolean asked) {
        return asked ? Buffering.FULL : Buffering.OFF;
    }

    /** Reads a number of bytes, or throws an {@link IllegalArgumentException} that quotes it. */
    static long size(String text) {
        try {
            long bytes = Long.parseLong(text);
            if (bytes >= 0) {
                return bytes;
            }
        } catch (NumberFormatException e) {
            // Said below: no number, or larger than any long.
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" is not a size; expected a whole number of bytes, 0 or more");
    }
}
