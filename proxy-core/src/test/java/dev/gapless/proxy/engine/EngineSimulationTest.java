package dev.gapless.proxy.engine;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The engine does what its model says, through a hundred thousand random steps. A seed that fails is played again with
 * {@code -Dsimulation.seed=}; {@code -Dsimulation.seeds=} and {@code -Dsimulation.steps=} make it longer.
 */
final class EngineSimulationTest {
    private static final int STEPS = Integer.getInteger("simulation.steps", 10_000);

    static LongStream seeds() {
        Long only = Long.getLong("simulation.seed");
        return only == null ? LongStream.range(0, Long.getLong("simulation.seeds", 10)) : LongStream.of(only);
    }

    @ParameterizedTest
    @MethodSource("seeds")
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
}
