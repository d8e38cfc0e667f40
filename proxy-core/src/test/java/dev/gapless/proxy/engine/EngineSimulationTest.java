package dev.gapless.proxy.engine;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The engine does what its model says, through many random steps: thirty thousand, and half a million in the proofs. A seed that
 * fails is played again with {@code -Dsimulation.seed=}; {@code -Dsimulation.steps=} makes each longer.
 */
final class EngineSimulationTest {
    private static final int STEPS = Integer.getInteger("simulation.steps", 10_000);

    static LongStream fewSeeds() {
        Long only = Long.getLong("simulation.seed");
        return only == null ? LongStream.of(0) : LongStream.of(only);
    }

    static LongStream manySeeds() {
        return LongStream.range(0, 50);
    }

    @ParameterizedTest
    @MethodSource("fewSeeds")
    void theEngineAgreesWithItsModelAfterEachStep(long seed) {
        EngineSimulation simulation = new EngineSimulation(seed);
        for (int step = 0; step < STEPS; step++) {
            try {
                simulation.step();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", step " + step + ": " + e.getMessage(), e);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("manySeeds")
    @Tag("proof")
    void theEngineAgreesWithItsModelHoweverTheDiceFall(long seed) {
        theEngineAgreesWithItsModelAfterEachStep(seed);
    }
}
