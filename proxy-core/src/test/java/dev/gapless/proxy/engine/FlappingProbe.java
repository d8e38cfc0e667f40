package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.HealthProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Answers at once, late, with a failure, with nothing at all, or throws; each target for a while as it did before. */
final class FlappingProbe implements HealthProbe {
    private enum Mood {
        HEALTHY,
        ILL,
        LATE,
        FAILS,
        THROWS,
        ANSWERS_NULL,
        ENDS_WITH_NULL
    }

    /** Hears of each question, and of each answer before the engine does. */
    interface Observer {
        void asked(String target);

        void answered(String target, boolean healthy);
    }

    private final Random random;
    private final Observer observer;
    private final Map<String, Mood> moods = new HashMap<>();
    private final Map<String, CompletableFuture<ProbeOutcome>> late = new HashMap<>();

    FlappingProbe(Random random, Observer observer) {
        this.random = random;
        this.observer = observer;
    }

    @Override
    public CompletionStage<ProbeOutcome> probe(TargetAddress address, HealthCheck check) {
        String target = address.toString();
        observer.asked(target);
        if (random.nextInt(6) == 0) {
            moods.remove(target);
        }
        Mood mood = moods.computeIfAbsent(target, any -> anyMood());
        if (mood == Mood.LATE) {
            return late.computeIfAbsent(target, any -> new CompletableFuture<>());
        }
        observer.answered(target, mood == Mood.HEALTHY);
        return switch (mood) {
            case HEALTHY -> CompletableFuture.completedFuture(ScriptedProbe.healthy());
            case ILL -> CompletableFuture.completedFuture(ScriptedProbe.unhealthy("ill"));
            case ENDS_WITH_NULL -> CompletableFuture.completedFuture(null);
            case ANSWERS_NULL -> null;
            case THROWS -> throw new IllegalStateException("no");
            default -> CompletableFuture.failedFuture(new IllegalStateException("failed"));
        };
    }

    private Mood anyMood() {
        Mood[] moods = Mood.values();
        return random.nextInt(10) < 6 ? Mood.HEALTHY : moods[random.nextInt(moods.length)];
    }

    /** Answers one of the probes that are late. */
    void answerOne() {
        if (!late.isEmpty()) {
            List<String> targets = new ArrayList<>(late.keySet());
            String target = targets.get(random.nextInt(targets.size()));
            CompletableFuture<ProbeOutcome> answer = late.remove(target);
            boolean healthy = random.nextInt(4) > 0;
            moods.remove(target);
            observer.answered(target, healthy);
            answer.complete(healthy ? ScriptedProbe.healthy() : ScriptedProbe.unhealthy("ill"));
        }
    }

    boolean isLate(String target) {
        return late.containsKey(target);
    }

    void forget(String target) {
        moods.remove(target);
        late.remove(target);
    }
}
