package dev.gapless.proxy.engine;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceChange;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.TargetAddress;
import java.util.ArrayList;
import java.util.List;

/** Writes down what it hears, a line each. */
final class RecordingListener implements ProxyListener {
    private final List<String> heard = new ArrayList<>();

    @Override
    public void onRequest(RequestSummary request) {
        heard.add("request " + request.requestId());
    }

    @Override
    public void onRetry(RequestRetry retry) {
        heard.add("retry " + retry.number() + " of " + retry.requestId());
    }

    @Override
    public void onDeployment(String service, DeployEvent event) {
        heard.add(service + " " + event.getClass().getSimpleName());
    }

    @Override
    public void onTargetHealth(String service, TargetAddress target, ProbeOutcome outcome) {
        heard.add(service + " " + target + " " + outcome);
    }

    @Override
    public void onChange(ServiceInfo service, ServiceChange change) {
        heard.add(service.name() + " " + change);
    }

    @Override
    public void onStateNotSaved(Throwable failure) {
        heard.add("state not saved");
    }

    @Override
    public void onCertificate(String service, CertificateEvent event) {
        heard.add(service + " " + event.getClass().getSimpleName());
    }

    @Override
    public void onRemoved(String service) {
        heard.add(service + " removed");
    }

    List<String> heard() {
        return List.copyOf(heard);
    }
}
