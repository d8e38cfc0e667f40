package dev.gapless.proxy.engine;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.TargetResolver;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Finds every target, but for those of which the test says otherwise. */
final class ScriptedResolver implements TargetResolver {
    private final Map<String, Supplier<CompletionStage<Void>>> answers = new HashMap<>();

    @Override
    public CompletionStage<Void> resolve(TargetAddress target) {
        return answers.getOrDefault(target.toString(), () -> CompletableFuture.completedFuture(null))
                .get();
    }

    void answersWith(String target, Supplier<CompletionStage<Void>> answer) {
        answers.put(target, answer);
    }

    void doesNotFind(String target, String reason) {
        answersWith(target, () -> CompletableFuture.failedFuture(new IllegalStateException(reason)));
    }
}
