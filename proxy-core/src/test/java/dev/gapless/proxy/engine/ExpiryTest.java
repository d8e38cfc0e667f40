package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Deadlines of requests, which something calls the engine about regularly. */
final class ExpiryTest {
    private final EngineFixture proxy = new EngineFixture();
    private final List<String> heard = new ArrayList<>();

    private Lease request(String uri, Duration deadline) {
        Lease lease = proxy.request(uri);
        lease.expireAt(proxy.time.nanoTime() + deadline.toNanos(), () -> heard.add(uri));
        return lease;
    }

    private void pass(Duration time) {
        proxy.time.advance(time);
        proxy.engine.checkExpiry();
    }

    @Test
    void everyRequestOfEveryServiceIsToldWhenItsTimeIsOver() {
        proxy.serve("web", ServiceOptions.builder());
        proxy.serve("other", ServiceOptions.builder().host("example.org"));
        request("http://example.com/", Duration.ofSeconds(2));
        request("http://example.org/", Duration.ofSeconds(1));

        pass(Duration.ofMillis(999));
        assertThat(heard).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(heard).containsExactly("http://example.org/");
        pass(Duration.ofSeconds(1));
        assertThat(heard).containsExactly("http://example.org/", "http://example.com/");
    }

    @Test
    void requestsOnTargetsThatDrainAreToldToo() {
        proxy.serve("web", ServiceOptions.builder());
        Lease replaced = request("http://example.com/", Duration.ofSeconds(1));
        proxy.deploy("web", "next");
        Lease removed = request("http://example.com/x", Duration.ofSeconds(1));
        proxy.engine.removeAsync("web", Duration.ofSeconds(30));

        pass(Duration.ofSeconds(1));

        assertThat(heard).containsExactlyInAnyOrder("http://example.com/", "http://example.com/x");
        replaced.release();
        removed.release();
        assertThat(proxy.lifecycle.retired()).containsExactlyInAnyOrder("web:80", "next:80");
    }

    @Test
    void aRequestThatEndsInTimeIsNot() {
        proxy.serve("web", ServiceOptions.builder());
        request("http://example.com/", Duration.ofSeconds(1)).release();
        Lease lease = request("http://example.com/", Duration.ofSeconds(1));
        lease.neverExpire();

        pass(Duration.ofSeconds(1));

        assertThat(heard).isEmpty();
    }
}
