package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A proxy that takes part: a process of its own that forwards to one target, over connections it keeps, with {@link
 * Cores#PER_PROXY} workers and without an access log.
 */
interface Contestant {

    String name();

    /** Throws {@link IllegalStateException} if it is not installed. */
    String version(Children children) throws IOException, InterruptedException;

    /** Writes its configuration into the directory, and returns the command that runs it in the foreground. */
    List<String> prepare(Site site, Path directory) throws IOException;

    default Map<String, String> environment(Path directory) {
        return Map.of();
    }

    default boolean takes(Workload workload) {
        return true;
    }

    /** How long it may be under load before it is measured; it may also be found warm before that. */
    default int longestWarmUpSeconds(Pace pace) {
        return 1;
    }
}
