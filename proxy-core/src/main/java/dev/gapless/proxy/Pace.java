package dev.gapless.proxy;

import java.time.Duration;

/**
 * How slow a client may be with a body. Only the time counts in which the proxy waits for the client, not that in which it waits
 * for a target; so a transfer may take hours as long as it goes on, and one that trickles ends.
 *
 * <p>In each idle time that the proxy waits, a client that sends must bring as many bytes as the rate makes of it; one that
 * receives must take each part of a response, of 64 KiB at most (128 KiB of a file), within the idle time and the time that the
 * rate makes of the part. At a rate of 0 a single byte, or any part, will do. What the operating system has taken counts as
 * received: from a client that reads slowly it takes nothing for long and then a megabyte at once, so that with the defaults some
 * 5 KiB a second are the least in practice, and more with a shorter idle time.
 *
 * @param bytesPerSecond 240 by default; 0 for no minimum
 * @param idleTime a minute by default
 */
public record Pace(long bytesPerSecond, Duration idleTime) {
    private static final Pace DEFAULTS = new Pace(240, Duration.ofMinutes(1));

    /**
     * Checks the values.
     *
     * @param bytesPerSecond the least rate
     * @param idleTime over how long it is measured
     * @throws IllegalArgumentException if the rate is negative or the time not longer than zero
     */
    public Pace {
        Checks.notNegative("bytes per second", bytesPerSecond);
        Checks.positive("idle time of a body", idleTime);
    }

    /** {@return 240 bytes a second, over a minute} */
    public static Pace defaults() {
        return DEFAULTS;
    }
}
