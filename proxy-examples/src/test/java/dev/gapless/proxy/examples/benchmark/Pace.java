package dev.gapless.proxy.examples.benchmark;

/** How long the load lasts: at most, until a contestant is as fast as it gets, and then in each round that counts. */
record Pace(int longestWarmUpSeconds, int rounds, int secondsPerRound) {
    static final Pace FULL = new Pace(24, 5, 2);
    static final Pace QUICK = new Pace(3, 2, 1);

    /** For differences of a few percent, where most are of tens. */
    Pace withMoreRounds() {
        return new Pace(longestWarmUpSeconds, 2 * rounds - 1, secondsPerRound);
    }
}
