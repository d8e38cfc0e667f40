package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;

/** Puts a proxy under load for a while. */
interface LoadClient {

    /** The program that does it, which must be installed. */
    String program();

    Load run(Workload workload, Site site, int seconds) throws IOException, InterruptedException;
}
