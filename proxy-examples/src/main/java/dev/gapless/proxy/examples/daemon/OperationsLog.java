package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ServiceChange;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.TargetAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what becomes of the services. */
final class OperationsLog implements ProxyListener {
    private static final Logger LOG = LoggerFactory.getLogger(OperationsLog.class);

    @Override
    public void onDeployment(String service, DeployEvent event) {
        if (event instanceof DeployEvent.Started started) {
            LOG.atInfo()
                    .addKeyValue("service", service)
                    .addKeyValue("targets", started.targets())
                    .log("Deploying");
        } else if (event instanceof DeployEvent.Probed probed) {
            LOG.atDebug()
                    .addKeyValue("service", service)
                    .addKeyValue("target", probed.target())
                    .addKeyValue("outcome", probed.outcome())
                    .log("Probed");
        } else if (event instanceof DeployEvent.Swapped swapped) {
            LOG.atInfo()
                    .addKeyValue("service", service)
                    .addKeyValue("generation", swapped.generation())
                    .log("Deployed");
        } else if (event instanceof DeployEvent.RequestsCut cut) {
            LOG.atWarn()
                    .addKeyValue("service", service)
                    .addKeyValue("requests", cut.requests())
                    .log("Requests cut at the drain timeout");
        } else if (event instanceof DeployEvent.Drained drained) {
            LOG.atInfo()
                    .addKeyValue("service", service)
                    .addKeyValue("duration_ms", drained.took().toNanos() / 1e6)
                    .log("Drained");
        } else if (event instanceof DeployEvent.Failed failed) {
            LOG.atError()
                    .addKeyValue("service", service)
                    .addKeyValue("reason", failed.reason())
                    .log("Deployment failed");
        }
    }

    @Override
    public void onTargetHealth(String service, TargetAddress target, ProbeOutcome outcome) {
        LOG.atInfo()
                .addKeyValue("service", service)
                .addKeyValue("target", target)
                .addKeyValue("healthy", outcome instanceof ProbeOutcome.Healthy)
                .addKeyValue("outcome", outcome)
                .log("Target health changed");
    }

    @Override
    public void onChange(ServiceInfo service, ServiceChange change) {
        LOG.atInfo()
                .addKeyValue("service", service.name())
                .addKeyValue("change", change)
                .log("Service changed");
    }

    @Override
    public void onRemoved(String service) {
        LOG.atInfo().addKeyValue("service", service).log("Removed");
    }
}
