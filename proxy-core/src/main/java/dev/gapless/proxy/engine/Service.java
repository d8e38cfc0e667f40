package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A service as of one deployment: part of the snapshot that requests are routed by.
 *
 * @param name its name
 * @param options its options
 * @param pool the targets that take its traffic
 * @param rollout the targets that take some of it, if there are any
 * @param generation counts its deployments, from 1
 * @param gate says whether requests pass; outlives deployments
 * @param retryBudget outlives deployments, as an outage may
 * @param tls what was made ready for TLS with its clients
 * @param files where its static files are
 */
public record Service(
        String name,
        ServiceOptions options,
        Pool pool,
        @Nullable Rollout rollout,
        int generation,
        Gate gate,
        RetryBudget retryBudget,
        TlsEdge.Prepared tls,
        StaticDirectories files) {
    Service with(@Nullable Rollout other) {
        return new Service(name, options, pool, other, generation, gate, retryBudget, tls, files);
    }

    /** The pool of the rollout becomes the active one. */
    Service promoted(Rollout promoted) {
        return new Service(name, options, promoted.pool(), null, generation + 1, gate, retryBudget, tls, files);
    }

    List<Pool> pools() {
        return rollout == null ? List.of(pool) : List.of(pool, rollout.pool());
    }

    ServiceInfo info() {
        Gate.Info at = gate.info();
        return new ServiceInfo(
                name,
                options,
                pool.targetInfos(),
                generation,
                at.state(),
                at.message(),
                at.held(),
                Optional.ofNullable(rollout).map(Rollout::info));
    }
}
