package dev.gapless.proxy.engine;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServiceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** Writes down what was prepared, and who is served by which of it; has no usable certificate if told so. */
final class RecordingTlsEdge implements TlsEdge {
    private final List<String> prepared = new ArrayList<>();
    private Map<String, String> served = Map.of();
    private String reason = "";
    private BiConsumer<String, CertificateEvent> listener = (service, event) -> {};

    /** What was prepared, by its number. */
    private record Numbered(int number) implements Prepared {}

    @Override
    public Prepared prepare(String service, ServiceOptions options) {
        return prepare("prepared", service, options);
    }

    @Override
    public Prepared restore(String service, ServiceOptions options) {
        return prepare("restored", service, options);
    }

    private Prepared prepare(String how, String service, ServiceOptions options) {
        if (!reason.isEmpty() && options.tls()) {
            throw new IllegalArgumentException(reason);
        }
        prepared.add(how + " " + service);
        return new Numbered(prepared.size());
    }

    @Override
    public void serve(Map<String, Optional<Service>> services) {
        Map<String, String> now = new TreeMap<>();
        services.forEach((host, service) -> now.put(
                host,
                service.map(serving -> serving.name() + " by " + ((Numbered) serving.tls()).number())
                        .orElse("nobody")));
        served = now;
    }

    @Override
    public void reportTo(BiConsumer<String, CertificateEvent> told) {
        listener = told;
    }

    void cannotPrepare(String why) {
        reason = why;
    }

    void tell(String service, CertificateEvent event) {
        listener.accept(service, event);
    }

    /** Returns the services that were prepared or restored, in order. */
    List<String> prepared() {
        return List.copyOf(prepared);
    }

    /** Returns for each host with a route who serves it over TLS, and by the how manieth of what was prepared. */
    Map<String, String> served() {
        return served;
    }
}
