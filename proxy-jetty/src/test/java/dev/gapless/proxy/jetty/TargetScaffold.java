package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;

/** What tests of targets that speak something else than HTTP/1.1 in clear text begin with. */
abstract class TargetScaffold extends ProxyScaffold {
    /** Starts a target and deploys it with the default options. */
    Http2Target serve(Http2Target target) throws Exception {
        return serve(target, ServiceOptions.defaults());
    }

    Http2Target serve(Http2Target target, ServiceOptions options) throws Exception {
        closing(target).start();
        deploy(options, target.address());
        return target;
    }

    void deploy(ServiceOptions options, String... addresses) {
        proxy = proxy == null ? start(loopback()) : proxy;
        Deployment.Builder deployment = Deployment.builder("app").options(options);
        for (String address : addresses) {
            deployment.target(address);
        }
        proxy.services().deploy(deployment.build());
    }

    /** Tries to deploy what does not become healthy. */
    String failureToDeploy(ServiceOptions options, String address) {
        proxy = proxy == null ? start(loopback()) : proxy;
        try {
            proxy.services()
                    .deploy(Deployment.builder("app")
                            .target(address)
                            .options(options)
                            .deployTimeout(Duration.ofSeconds(1))
                            .build());
        } catch (DeployFailedException e) {
            return e.getMessage();
        }
        throw new AssertionError("deployed");
    }
}
