package dev.gapless.proxy.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The deployments of each service, the running one first. Not thread-safe: the engine's lock guards it. */
final class DeploymentQueues {
    private final Map<String, Queue<DeploymentRun>> queues = new HashMap<>();

    /** {@return whether it is the first, and so is to be started} */
    boolean add(DeploymentRun run) {
        Queue<DeploymentRun> queue = queues.computeIfAbsent(run.service(), name -> new ArrayDeque<>());
        queue.add(run);
        return queue.size() == 1;
    }

    /** {@return the one that is to be started now that this has ended, if there is one} */
    @Nullable
    DeploymentRun remove(DeploymentRun ended) {
        Queue<DeploymentRun> queue = queues.get(ended.service());
        if (queue == null) {
            return null;
        }
        boolean wasRunning = queue.peek() == ended;
        queue.remove(ended);
        if (queue.isEmpty()) {
            queues.remove(ended.service());
        }
        return wasRunning ? queue.peek() : null;
    }

    List<DeploymentRun> of(String service) {
        return List.copyOf(queues.getOrDefault(service, new ArrayDeque<>()));
    }

    List<DeploymentRun> all() {
        List<DeploymentRun> all = new ArrayList<>();
        queues.values().forEach(all::addAll);
        return all;
    }
}
