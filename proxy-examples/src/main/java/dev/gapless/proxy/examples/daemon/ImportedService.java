package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.Services;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A service of Kamal Proxy, as it can be deployed here.
 *
 * @param origin what Kamal Proxy says of it
 * @param active its active deployment
 * @param rollout the deployment beside it, if there is one
 */
record ImportedService(KamalService origin, Deployment active, Optional<Deployment> rollout) {
    /** Throws a {@link CommandFailure} or an {@link IllegalArgumentException} that says what cannot be taken over. */
    static ImportedService of(KamalService service, Path directory) {
        return new ImportedService(service, service.deployment(directory), service.rollout());
    }

    String name() {
        return origin.name();
    }

    /** Does what is to be done once the active deployment is there. */
    void complete(Services services) {
        rollout.ifPresent(deployment -> {
            services.deploy(deployment);
            origin.split().ifPresent(split -> services.splitRollout(name(), split));
        });
        origin.restoreState(services);
    }

    /** Takes everything back, unless somebody else has. */
    void removeFrom(Services services) {
        try {
            services.remove(name());
        } catch (ServiceNotFoundException e) {
            // Somebody else has removed it meanwhile.
        }
    }
}
