package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.HealthProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Answers as the test says, address by address: at once or when told. Unless told otherwise every target is healthy. */
final class ScriptedProbe implements HealthProbe {
    private final Map<String, Supplier<CompletionStage<ProbeOutcome>>> answers = new HashMap<>();
    private final Map<String, CompletableFuture<ProbeOutcome>> open = new HashMap<>();
    private final List<String> asked = new ArrayList<>();

    @Override
    public CompletionStage<ProbeOutcome> probe(TargetAddress target, HealthCheck check) {
        asked.add(target.toString());
        return answers.getOrDefault(target.toString(), () -> CompletableFuture.completedFuture(healthy()))
                .get();
    }

    static ProbeOutcome healthy() {
        return new ProbeOutcome.Healthy(200);
    }

    static ProbeOutcome unhealthy(String reason) {
        return new ProbeOutcome.Unhealthy(reason);
    }

    void isHealthy(String target) {
        answers.remove(target);
    }

    void isUnhealthy(String target, String reason) {
        answersWith(target, () -> CompletableFuture.completedFuture(unhealthy(reason)));
    }

    void answersWith(String target, Supplier<CompletionStage<ProbeOutcome>> answer) {
        answers.put(target, answer);
    }

    /** Leaves the next probes of a target open until {@link #complete}. */
    void waits(String target) {
        answersWith(target, () -> {
            CompletableFuture<ProbeOutcome> answer = new CompletableFuture<>();
            open.put(target, answer);
            return answer;
        });
    }

    /** Ends the probe of a target that {@link #waits}. */
    void complete(String target, ProbeOutcome outcome) {
        CompletableFuture<ProbeOutcome> answer = open.remove(target);
        if (answer == null) {
            throw new IllegalStateException("no probe of " + target + " is under way, only " + open.keySet());
        }
        answer.complete(outcome);
    }

    /** Returns the targets in the order in which they were asked, each as often as it was. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    long timesAsked(String target) {
        return asked.stream().filter(target::equals).count();
    }
}
