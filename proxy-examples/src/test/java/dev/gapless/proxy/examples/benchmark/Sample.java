package dev.gapless.proxy.examples.benchmark;

import java.time.Duration;

/** One round of one contestant: what its clients saw, and the CPU time it spent on it. */
record Sample(Load load, Duration cpu) {

    double cpuMicrosPerRequest() {
        return cpu.toNanos() / 1_000.0 / Math.max(1, load.requests());
    }
}
