package dev.gapless.proxy.examples.benchmark;

import java.time.Duration;

/** A contestant, or a part of one, that serves. */
record Running(String name, Contestant contestant, Site site, Process process) {

    Duration cpu() {
        return CpuClock.read(process);
    }
}
