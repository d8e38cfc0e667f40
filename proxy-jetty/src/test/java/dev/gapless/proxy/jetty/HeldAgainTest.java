package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceInfo;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A request that was held and released, and whose service is paused again before it is asked once more. */
class HeldAgainTest extends CacheScaffold {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final CountDownLatch pausedAgain = new CountDownLatch(1);

    private ServiceInfo info() {
        return proxy.services().list().get(0);
    }

    private void awaitHeld() {
        eventually("the request is held", () -> info().requestsHeld() == 1);
    }

    /** Has stored what the next validation finds to have changed, so that it is asked for again. */
    private RawTarget targetThatChangesItsMind() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> {
            switch (asked.get()) {
                case 1 -> connection.send(response(200, "old", "Cache-Control: max-age=60", "ETag: \"a\""));
                case 2 -> {
                    RawTarget.awaitUninterrupted(pausedAgain);
                    connection.send("HTTP/1.1 304 X\r\nETag: \"b\"\r\n\r\n");
                }
                default -> connection.send(response(200, "new", "Cache-Control: max-age=60", "ETag: \"b\""));
            }
        }));
        assertThat(client().get("/").text()).isEqualTo("old");
        assertThat(target.taken().method()).isEqualTo("GET");
        time.advance(Duration.ofMinutes(2));
        return target;
    }

    @Test
    void isHeldOnceMore() throws Exception {
        RawTarget target = targetThatChangesItsMind();
        proxy.services().pause("app", LONG, LONG);
        RawClient client = client().send(RawClient.head("GET", "/"));
        awaitHeld();
        proxy.services().resume("app");
        assertThat(target.taken().field("If-None-Match")).isEqualTo("\"a\"");

        // It returns only when what is under way has ended.
        Thread pausing = new Thread(() -> proxy.services().pause("app", LONG, LONG));
        pausing.start();
        eventually("the service is paused", () -> info().state() == ServiceInfo.State.PAUSED);
        pausedAgain.countDown();
        pausing.join();
        awaitHeld();
        proxy.services().resume("app");

        assertThat(client.read().text()).isEqualTo("new");
    }
}
