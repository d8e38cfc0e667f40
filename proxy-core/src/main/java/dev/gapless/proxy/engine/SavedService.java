package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A service as it is saved: what is needed to serve it again, and nothing of its traffic.
 *
 * @param name its name
 * @param generation counts its deployments
 * @param options its options
 * @param active the targets that take its traffic
 * @param rollout the targets that take some of it, if there are any
 * @param split which clients the rollout is for, null for none
 * @param state what happens to its requests
 * @param maxPause how long a request is held, if it is paused
 * @param message what its clients are told, if it is stopped
 */
record SavedService(
        String name,
        int generation,
        ServiceOptions options,
        SavedPool active,
        @Nullable SavedPool rollout,
        @Nullable RolloutSplit split,
        ServiceInfo.State state,
        Duration maxPause,
        String message) {
    static SavedService of(Service service) {
        Rollout rollout = service.rollout();
        Gate.Info gate = service.gate().info();
        return new SavedService(
                service.name(),
                service.generation(),
                service.options(),
                SavedPool.of(service.pool()),
                rollout == null ? null : SavedPool.of(rollout.pool()),
                rollout == null ? null : rollout.split(),
                gate.state(),
                gate.maxPause(),
                gate.message());
    }

    /** Throws an {@link IllegalArgumentException} if the name cannot be, or a deployment has no target or one twice. */
    void checkDeployable() {
        if (generation < 1) {
            throw new IllegalArgumentException(
                    "service \"" + name + "\" has the generation " + generation + "; expected 1 or more");
        }
        activeDeployment();
        if (rollout != null) {
            rolloutDeployment(rollout);
        }
    }

    Deployment activeDeployment() {
        return active.deployment(Deployment.builder(name).options(options));
    }

    Deployment rolloutDeployment(SavedPool saved) {
        return saved.deployment(Deployment.builder(name).asRollout());
    }

    /** {@return the service, whose gate is as it was} */
    Service service(Pool pool, RetryBudget budget, TlsEdge.Prepared tls) {
        Gate restored = new Gate();
        restored.setLimits(options.holdLimits());
        StaticDirectories files = StaticDirectories.restored(options);
        Service service = new Service(name, options, pool, null, generation, restored, budget, tls, files);
        if (state == ServiceInfo.State.PAUSED) {
            restored.pause(maxPause);
        } else if (state == ServiceInfo.State.STOPPED) {
            restored.stop(service, message);
        }
        return service;
    }
}
