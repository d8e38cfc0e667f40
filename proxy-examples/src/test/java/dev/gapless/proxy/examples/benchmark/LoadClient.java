package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;

/** Puts a proxy under load for a while. */
interface LoadClient {

    /** Throws {@link IllegalStateException} if the program that does it is not installed. */
    default void check() {}

    Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException;
}
