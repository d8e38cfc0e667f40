package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceInfo.Role;
import dev.gapless.proxy.TargetAddress;
import java.util.List;

/**
 * The targets of a deployment as they are saved.
 *
 * @param targets the writers
 * @param readers the readers
 */
record SavedPool(List<TargetAddress> targets, List<TargetAddress> readers) {
    static SavedPool of(Pool pool) {
        return new SavedPool(addresses(pool, Role.WRITER), addresses(pool, Role.READER));
    }

    private static List<TargetAddress> addresses(Pool pool, Role role) {
        return pool.targets().stream()
                .filter(target -> target.role() == role)
                .map(Target::address)
                .toList();
    }

    /** {@return what the builder's deployment is to be, with these targets} */
    Deployment deployment(Deployment.Builder builder) {
        targets.forEach(builder::target);
        readers.forEach(builder::reader);
        return builder.build();
    }
}
