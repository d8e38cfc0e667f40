package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;

/**
 * A service as of one deployment: part of the snapshot that requests are routed by.
 *
 * @param name its name
 * @param options its options
 * @param pool the targets that take its traffic
 * @param generation counts its deployments, from 1
 * @param retryBudget outlives deployments, as an outage may
 */
public record Service(String name, ServiceOptions options, Pool pool, int generation, RetryBudget retryBudget) {
    ServiceInfo info() {
        return new ServiceInfo(name, options, pool.targetInfos(), generation, ServiceInfo.State.RUNNING);
    }
}
