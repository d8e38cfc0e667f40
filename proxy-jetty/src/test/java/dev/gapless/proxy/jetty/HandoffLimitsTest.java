package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffLimits;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How many handoffs are under way to one service. */
class HandoffLimitsTest extends ProxyScaffold {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Semaphore answers = new Semaphore(0);
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger over = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private Application application;
    private RawTarget target;

    private void serving(HandoffLimits limits) throws Exception {
        proxy = start(loopback().handoffLimits("app", limits));
        target = serve(RawTarget.answering((request, connection) -> {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            answers.acquireUninterruptibly();
            atOnce.decrementAndGet();
            connection.send(RawTarget.OK);
        }));
        Handoff handoff = proxy.handoffTo("app")
                .onCompleted(result -> over.incrementAndGet())
                .onFailed(cause -> lost.incrementAndGet())
                .build();
        application = closing(Application.of(handoff::send));
    }

    private RawClient asking(String path) throws Exception {
        return closing(RawClient.to(application.port())).send(RawClient.head("GET", path));
    }

    @Test
    void noMoreThanTheLimitAreUnderWayAndTheOthersFollow() throws Exception {
        serving(new HandoffLimits(3, 100, LONG));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(asking("/" + i));
        }
        eventually("three are under way", () -> atOnce.get() == 3);

        answers.release(20);

        for (RawClient client : clients) {
            assertThat(client.read().text()).isEqualTo("ok");
        }
        assertThat(most).hasValue(3);
    }

    @Test
    void whatFindsNoRoomInTheQueueIsRefused() throws Exception {
        serving(new HandoffLimits(1, 0, LONG));
        RawClient first = asking("/");
        target.taken();

        RawMessage refused = asking("/").read();

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.field("Retry-After")).isNotNull();
        answers.release(2);
        assertThat(first.read().text()).isEqualTo("ok");
        eventually("the place is free", () -> over.get() == 2);
        assertThat(asking("/").read().text()).isEqualTo("ok");
    }

    @Test
    void whatHasWaitedTooLongIsRefused() throws Exception {
        serving(new HandoffLimits(1, 10, Duration.ofMillis(100)));
        asking("/");
        target.taken();

        assertThat(asking("/").read().status()).isEqualTo(503);
        answers.release();
    }

    @Test
    void aClientThatLeavesTheQueueMakesRoom() throws Exception {
        serving(new HandoffLimits(1, 1, LONG));
        RawClient first = asking("/first");
        target.taken();
        RawClient queued = asking("/queued");
        queued.close();
        eventually("its end is told", () -> lost.get() == 1);
        RawClient next = asking("/next");
        answers.release(2);

        assertThat(first.read().text()).isEqualTo("ok");
        assertThat(next.read().text()).isEqualTo("ok");
        assertThat(target.taken().requestTarget()).isEqualTo("/next");
    }

    @Test
    void theTimeForAResponseIncludesThatInTheQueue() throws Exception {
        serving(new HandoffLimits(1, 10, LONG));
        asking("/");
        target.taken();
        Handoff hasty = proxy.handoffTo("app").timeout(Duration.ofMillis(50)).build();
        Application other = closing(Application.of(hasty::send));

        assertThat(closing(RawClient.to(other.port())).get("/").status()).isEqualTo(504);
        answers.release();
    }

    @Test
    void anotherServiceHasItsOwnPlaces() throws Exception {
        serving(new HandoffLimits(1, 0, LONG));
        asking("/");
        target.taken();
        RawTarget second = closing(RawTarget.answering(RawTarget.OK));
        deploy("second", ServiceOptions.builder().host("second.example").build(), second);
        Handoff handoff = proxy.handoffTo("second").build();

        assertThat(closing(RawClient.to(closing(Application.of(handoff::send)).port()))
                        .get("/")
                        .text())
                .isEqualTo("ok");
        answers.release();
    }

    @Test
    void limitsThatCannotBeAreQuoted() {
        assertThatThrownBy(() -> new HandoffLimits(0, 1, LONG)).hasMessageContaining("max concurrent handoffs 0");
        assertThatThrownBy(() -> new HandoffLimits(1, -1, LONG)).hasMessageContaining("max queued handoffs -1");
        assertThatThrownBy(() -> new HandoffLimits(1, 1, Duration.ZERO)).hasMessageContaining("PT0S");
    }
}
