package dev.gapless.proxy.jetty.faults;

import org.junit.jupiter.api.Tag;

/** The same, until the rare orders have happened, too. */
@Tag("proof")
class LongRaceTest extends RaceTest {
    @Override
    int rounds() {
        return 1_000;
    }
}
