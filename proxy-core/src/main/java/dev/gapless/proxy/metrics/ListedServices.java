package dev.gapless.proxy.metrics;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.Services;
import io.micrometer.core.instrument.Clock;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the gauges show. Those of one scrape share an answer, so that its cost does not grow with the square of the services. */
final class ListedServices {
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Services services;
    private final Clock clock;
    private volatile @Nullable Answer last;

    private record Answer(long atNanos, Map<String, ServiceInfo> services) {}

    ListedServices(Services services, Clock clock) {
        this.services = services;
        this.clock = clock;
    }

    /** Returns whether there is such a service at this moment. */
    boolean has(String service) {
        return services.list().stream().anyMatch(info -> info.name().equals(service));
    }

    /** Returns a service as of not long ago, null if it was not there. */
    @Nullable
    ServiceInfo find(String service) {
        long now = clock.monotonicTime();
        Answer answer = last;
        if (answer == null || now - answer.atNanos() > FRESH_NANOS) {
            answer = new Answer(now, ask());
            last = answer;
        }
        return answer.services().get(service);
    }

    private Map<String, ServiceInfo> ask() {
        return services.list().stream().collect(Collectors.toMap(ServiceInfo::name, Function.identity()));
    }
}
