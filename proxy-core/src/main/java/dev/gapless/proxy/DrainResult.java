package dev.gapless.proxy;

import java.time.Duration;

/**
 * How the requests of a service ended when it was paused or stopped.
 *
 * @param took how long it took until none was in flight, or the service was resumed
 * @param requestsCut how many were cut because the drain timeout had passed
 */
public record DrainResult(Duration took, int requestsCut) {}
