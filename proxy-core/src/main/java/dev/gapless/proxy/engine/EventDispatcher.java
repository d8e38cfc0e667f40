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
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the listeners: of requests on the thread at hand, of everything else in order on the executor. What a listener
 * throws is logged and goes no further.
 */
final class EventDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(EventDispatcher.class);

    private final List<ProxyListener> listeners;
    private final Executor inOrder;

    EventDispatcher(List<ProxyListener> listeners, Executor executor) {
        this.listeners = List.copyOf(listeners);
        this.inOrder = new SerialExecutor(executor);
    }

    boolean hasListeners() {
        return !listeners.isEmpty();
    }

    void request(RequestSummary summary) {
        tellAll(listener -> listener.onRequest(summary));
    }

    void retry(RequestRetry retry) {
        tellAll(listener -> listener.onRetry(retry));
    }

    void deployment(String service, DeployEvent event) {
        inOrder.execute(() -> tellAll(listener -> listener.onDeployment(service, event)));
    }

    void targetHealth(String service, TargetAddress target, ProbeOutcome outcome) {
        inOrder.execute(() -> tellAll(listener -> listener.onTargetHealth(service, target, outcome)));
    }

    void changed(ServiceInfo service, ServiceChange change) {
        inOrder.execute(() -> tellAll(listener -> listener.onChange(service, change)));
    }

    void certificate(String service, CertificateEvent event) {
        inOrder.execute(() -> tellAll(listener -> listener.onCertificate(service, event)));
    }

    void stateNotSaved(Throwable failure) {
        inOrder.execute(() -> tellAll(listener -> listener.onStateNotSaved(failure)));
    }

    void hostCodeFailed(String code, Throwable failure) {
        inOrder.execute(() -> tellAll(listener -> listener.onHostCodeFailed(code, failure)));
    }

    void removed(String service) {
        inOrder.execute(() -> tellAll(listener -> listener.onRemoved(service)));
    }

    private void tellAll(Consumer<ProxyListener> event) {
        for (ProxyListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException | Error e) {
                LOG.warn("Listener {} failed", listener.getClass().getName(), e);
            }
        }
    }
}
