package dev.gapless.proxy.engine;

import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.RolloutInfo;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The deployment beside the active one.
 *
 * @param pool its targets
 * @param split which clients it is for, null as long as none are
 */
record Rollout(Pool pool, @Nullable RolloutSplit split) {
    RolloutInfo info() {
        return new RolloutInfo(pool.targetInfos(), Optional.ofNullable(split));
    }
}
