package dev.gapless.proxy.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.DoubleSupplier;

/** Draws what the test has said, and a half when that is used up. */
final class ScriptedChance implements DoubleSupplier {
    private final Deque<Double> next = new ArrayDeque<>();

    void draws(double... numbers) {
        for (double number : numbers) {
            next.add(number);
        }
    }

    @Override
    public double getAsDouble() {
        return next.isEmpty() ? 0.5 : next.remove();
    }
}
