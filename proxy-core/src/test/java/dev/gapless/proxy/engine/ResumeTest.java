package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.lastHeard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How requests are released. Two at once may be. */
final class ResumeTest {
    private static final String WEB = "http://example.com/";

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        limit(2);
    }

    private void limit(int concurrency) {
        proxy.serve("web", ServiceOptions.builder().holdLimits(new HoldLimits(100_000, 0, concurrency)));
    }

    private List<HeldRequest> hold(int count) {
        done(proxy.pause("web"));
        return proxy.send(count, WEB);
    }

    @Test
    void requestsAreReleasedInOrderOfArrivalTheNextWhenOneHasEnded() {
        List<HeldRequest> requests = hold(5);

        proxy.engine.resume("web");
        assertThat(proxy.released).isEqualTo(requests.subList(0, 2));
        requests.get(1).end();
        assertThat(proxy.released).isEqualTo(requests.subList(0, 3));
        requests.get(0).end();
        requests.get(2).end();
        assertThat(proxy.released).isEqualTo(requests);

        assertThat(lastHeard(requests)).containsOnly("web:80");
    }

    @Test
    void oneThatWaitsForItsOwnClientMakesRoomForTheNext() {
        List<HeldRequest> requests = hold(4);
        proxy.engine.resume("web");

        requests.get(0).stepAside();

        assertThat(proxy.released).isEqualTo(requests.subList(0, 3));
        requests.get(0).stepAside();
        assertThat(proxy.released).isEqualTo(requests.subList(0, 3));
        requests.get(0).end();
        assertThat(proxy.released).isEqualTo(requests.subList(0, 3));
        requests.get(1).end();
        assertThat(proxy.released).isEqualTo(requests);
    }

    /** How long its client took is not counted as held. */
    @Test
    void oneThatHasWaitedForItsOwnClientIsHeldAgainForTheWholeTime() {
        HeldRequest request = hold(1).get(0);
        proxy.engine.resume("web");
        proxy.advance(Duration.ofHours(1));
        request.stepAside();
        CompletableFuture<DrainResult> paused = proxy.pause("web");
        request.breakAndRepeat();
        done(paused);

        proxy.advance(Duration.ofSeconds(1));

        assertThat(lastHeard(List.of(request))).containsExactly("held");
    }

    @Test
    void newRequestsPassAtOnce() {
        List<HeldRequest> requests = hold(5);
        proxy.engine.resume("web");

        assertThat(lastHeard(proxy.send(3, WEB))).containsOnly("web:80");

        assertThat(proxy.released).isEqualTo(requests.subList(0, 2));
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(3);
        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.RUNNING);
    }

    @Test
    void aNewRequestThatEndsReleasesNoOther() {
        hold(5);
        proxy.engine.resume("web");

        proxy.send(WEB).end();

        assertThat(proxy.released).hasSize(2);
    }

    @Test
    void aReleasedRequestWhoseClientLeavesMakesRoomForTheNext() {
        List<HeldRequest> requests = hold(4);
        proxy.engine.resume("web");

        requests.get(0).end();
        requests.get(0).leave();

        assertThat(proxy.released).hasSize(3);
    }

    @Test
    void aReleasedRequestThatIsCutMakesRoomForTheNext() {
        List<HeldRequest> requests = hold(3);
        proxy.engine.resume("web");
        proxy.deploy(Deployment.builder("web")
                .target("b")
                .drainTimeout(Duration.ZERO)
                .options(ServiceOptions.builder()
                        .holdLimits(new HoldLimits(10, 0, 2))
                        .build())
                .build());

        proxy.time.runDue();

        assertThat(lastHeard(requests)).containsExactly("cut", "cut", "b:80");
    }

    @Test
    void aDeploymentThatRaisesTheLimitReleasesMore() {
        List<HeldRequest> requests = hold(5);
        proxy.engine.resume("web");

        proxy.deploy(Deployment.builder("web")
                .target("b")
                .options(ServiceOptions.builder()
                        .holdLimits(new HoldLimits(10, 0, 4))
                        .build())
                .build());

        assertThat(lastHeard(requests)).containsExactly("web:80", "web:80", "b:80", "b:80", "held");
    }

    @Test
    void thoseWhoLeaveTheQueueAreNotReleased() {
        List<HeldRequest> requests = hold(4);
        proxy.engine.resume("web");

        requests.get(2).leave();
        requests.get(0).end();

        assertThat(proxy.released).containsExactly(requests.get(0), requests.get(1), requests.get(3));
    }

    @Test
    void whatWaitsToBeReleasedDoesNotExpire() {
        List<HeldRequest> requests = hold(3);
        proxy.engine.resume("web");

        proxy.advance(Duration.ofMinutes(10));

        assertThat(requests.get(2).last()).isEqualTo("held");
        requests.get(0).end();
        assertThat(requests.get(2).last()).isEqualTo("web:80");
    }

    @Test
    void aPauseDuringTheReleaseKeepsThePlaces() {
        List<HeldRequest> requests = hold(4);
        proxy.engine.resume("web");
        proxy.pause("web");
        HeldRequest later = proxy.send(WEB);
        requests.get(1).breakAndRepeat();
        requests.get(0).end();
        assertThat(requests.get(1).last()).isEqualTo("held");
        proxy.released.clear();

        proxy.engine.resume("web");
        assertThat(proxy.released).containsExactly(requests.get(1), requests.get(2));
        requests.get(1).end();
        requests.get(2).end();

        assertThat(proxy.released).containsExactly(requests.get(1), requests.get(2), requests.get(3), later);
    }

    @Test
    void whatIsHeldAgainHasWaitedSinceItCame() {
        HeldRequest request = hold(1).get(0);
        proxy.advance(Duration.ofSeconds(40));
        proxy.engine.resume("web");
        proxy.pause("web");
        request.breakAndRepeat();
        assertThat(request.last()).isEqualTo("held");

        proxy.advance(Duration.ofSeconds(20));

        assertThat(request.last()).isEqualTo("504");
    }

    @Test
    void requestsThatEndAtOnceAreAllReleasedHoweverManyTheyAre() {
        done(proxy.pause("web"));
        List<Integer> order = new ArrayList<>();
        Service service = ((Decision.Wait) proxy.decide(WEB)).service();
        for (int i = 0; i < 50_000; i++) {
            new AnsweredAtOnce(i, order).hold.waitAt(service);
        }

        proxy.engine.resume("web");

        assertThat(order).hasSize(50_000).isSorted();
    }

    /** Leaves from within its release. */
    private static final class AnsweredAtOnce implements Hold.Waiter {
        final Hold hold = new Hold(0, 0, this);
        private final int number;
        private final List<Integer> order;

        AnsweredAtOnce(int number, List<Integer> order) {
            this.number = number;
            this.order = order;
        }

        @Override
        public void goOn() {
            order.add(number);
            hold.leave();
        }

        @Override
        public void refused(Decision.Respond answer) {
            throw new AssertionError(answer);
        }
    }

    @Test
    void aRequestThatFailsToHearOfItKeepsNoOtherFromIt() {
        limit(1);
        done(proxy.pause("web"));
        Service service = ((Decision.Wait) proxy.decide(WEB)).service();
        new Hold(proxy.time.nanoTime(), 0, new FailingWaiter()).waitAt(service);
        HeldRequest request = proxy.send(WEB);

        proxy.engine.resume("web");

        assertThat(request.last()).isEqualTo("web:80");
    }

    @Test
    void norFromARefusal() {
        done(proxy.pause("web"));
        Service service = ((Decision.Wait) proxy.decide(WEB)).service();
        new Hold(proxy.time.nanoTime(), 0, new FailingWaiter()).waitAt(service);
        HeldRequest request = proxy.send(WEB);

        done(proxy.stop("web", "closed"));

        assertThat(request.last()).isEqualTo("503 closed");
    }

    private static final class FailingWaiter implements Hold.Waiter {
        @Override
        public void goOn() {
            throw new IllegalStateException("no");
        }

        @Override
        public void refused(Decision.Respond answer) {
            throw new IllegalStateException("no");
        }
    }

    @Test
    void aRequestWhoseServiceWasReplacedWhileItWaitedWaitsAtTheGateOfTheNext() {
        HeldRequest request = hold(3).get(2);
        proxy.engine.resume("web");
        HeldRequest released = proxy.released.get(0);
        proxy.engine.removeAsync("web", Duration.ofSeconds(30));
        assertThat(request.last()).isEqualTo("404");
        done(proxy.deploy("next", "n"));
        proxy.pause("next");

        released.breakAndRepeat();

        assertThat(released.last()).isEqualTo("held");
        assertThat(proxy.info("next").requestsHeld()).isEqualTo(1);
        proxy.engine.resume("next");
        assertThat(released.last()).isEqualTo("n:80");
    }

    @Test
    void resumingARunningServiceDoesNothing() {
        proxy.engine.resume("web");

        assertThat(proxy.answer(WEB)).isEqualTo("web:80");
        assertThat(proxy.listener.heard()).doesNotContain("web RESUMED");
    }

    @Test
    void resumingAClosedServiceIsTold() {
        done(proxy.stop("web", "closed"));
        proxy.engine.resume("web");
        proxy.engine.resume("web");

        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.RUNNING);
        assertThat(proxy.info("web").message()).isEmpty();
        assertThat(proxy.listener.heard()).containsOnlyOnce("web RESUMED");
    }

    @Test
    void anUnknownServiceCannotBeResumed() {
        assertThatThrownBy(() -> proxy.engine.resume("wbe"))
                .isInstanceOf(ServiceNotFoundException.class)
                .hasMessageContaining("wbe");
    }
}
