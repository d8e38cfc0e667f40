package dev.gapless.proxy.engine;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.lastHeard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a paused service does with its requests. */
final class PauseTest {
    private static final String WEB = "http://example.com/";
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "a"));
    }

    private void limit(HoldLimits limits) {
        proxy.serve("web", ServiceOptions.builder().holdLimits(limits));
    }

    @Test
    void requestsAreHeldAndListed() {
        done(proxy.pause("web"));

        List<HeldRequest> requests = proxy.send(3, WEB);

        assertThat(lastHeard(requests)).containsOnly("held");
        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.PAUSED);
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(3);
        assertThat(proxy.info("web").message()).isEmpty();
        assertThat(proxy.listener.heard()).endsWith("web PAUSED");
    }

    @Test
    void otherServicesAreNotConcerned() {
        proxy.serve("other", ServiceOptions.builder().host("other.example"));
        done(proxy.pause("web"));

        assertThat(proxy.answer("http://other.example/")).isEqualTo("other:80");
    }

    @Test
    void aRequestThatHasBeenHeldForTheMaximumIsAnsweredWith504() {
        done(proxy.pause("web"));
        HeldRequest first = proxy.send(WEB);
        proxy.advance(Duration.ofSeconds(20));
        HeldRequest second = proxy.send(WEB);

        proxy.advance(Duration.ofSeconds(40).minusNanos(1));
        assertThat(first.last()).isEqualTo("held");
        proxy.advance(Duration.ofNanos(1));

        assertThat(first.last()).isEqualTo("504");
        assertThat(second.last()).isEqualTo("held");
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(1);
        proxy.advance(Duration.ofSeconds(20));
        assertThat(second.last()).isEqualTo("504");
        assertThat(proxy.info("web").requestsHeld()).isZero();
    }

    @Test
    void anotherPauseSetsAnotherMaximumForThoseThatAreHeldToo() {
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(WEB);

        done(proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(5)));
        proxy.advance(Duration.ofSeconds(5));

        assertThat(request.last()).isEqualTo("504");
    }

    @Test
    void noMoreThanTheLimitAreHeld() {
        limit(new HoldLimits(2, 0, 1));
        done(proxy.pause("web"));

        List<HeldRequest> requests = proxy.send(3, WEB);

        assertThat(lastHeard(requests)).containsExactly("held", "held", "503");
    }

    @Test
    void aLimitOfZeroHoldsNone() {
        limit(new HoldLimits(0, 0, 1));
        done(proxy.pause("web"));

        assertThat(proxy.send(WEB).last()).isEqualTo("503");
    }

    @Test
    void noMoreBytesThanTheLimitAreHeld() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));

        HeldRequest first = proxy.send(Request.to(WEB), 60);
        HeldRequest second = proxy.send(Request.to(WEB), 41);
        HeldRequest third = proxy.send(Request.to(WEB), 40);
        HeldRequest endless = proxy.send(Request.to(WEB), Long.MAX_VALUE);

        assertThat(lastHeard(List.of(first, second, third, endless))).containsExactly("held", "503", "held", "503");
        first.leave();
        assertThat(proxy.send(Request.to(WEB), 60).last()).isEqualTo("held");
    }

    @Test
    void theBytesOfWhatIsReleasedOrExpiredCountNoMore() {
        limit(new HoldLimits(10, 100, 10));
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(Request.to(WEB), 100);
        proxy.engine.resume("web");
        request.end();
        done(proxy.pause("web"));
        HeldRequest expiring = proxy.send(Request.to(WEB), 100);
        proxy.advance(MINUTE);

        assertThat(expiring.last()).isEqualTo("504");
        assertThat(proxy.send(Request.to(WEB), 100).last()).isEqualTo("held");
    }

    @Test
    void whatIsTakenInBeyondTheDeclaredLengthCountsToo() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(Request.to(WEB), 60);

        assertThat(request.taken(60)).isTrue();
        assertThat(proxy.send(Request.to(WEB), 41).last()).isEqualTo("503");
        assertThat(request.taken(20)).isTrue();
        assertThat(proxy.send(Request.to(WEB), 21).last()).isEqualTo("503");
        assertThat(proxy.send(Request.to(WEB), 20).last()).isEqualTo("held");
    }

    @Test
    void aRequestWhoseBodyGrowsBeyondTheLimitIsRefusedAndMakesRoom() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        HeldRequest other = proxy.send(Request.to(WEB), 30);
        HeldRequest growing = proxy.send(WEB);

        assertThat(growing.taken(70)).isTrue();
        assertThat(growing.taken(1)).isFalse();

        assertThat(growing.heard()).containsExactly("held", "503");
        assertThat(growing.taken(1)).as("refused once is enough").isTrue();
        assertThat(other.last()).isEqualTo("held");
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(1);
        assertThat(proxy.send(Request.to(WEB), 70).last()).isEqualTo("held");
        proxy.engine.resume("web");
        assertThat(growing.last()).isEqualTo("503");
    }

    @Test
    void aRequestThatHasTakenNothingCountsWithNothing() {
        limit(new HoldLimits(10, 0, 1));
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(WEB);

        assertThat(request.taken(0)).isTrue();
        assertThat(proxy.send(WEB).last()).isEqualTo("held");
    }

    @Test
    void whatWasTakenInBeforeTheRequestWaitsCountsAsSoonAsItDoes() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        RecordingWaiter waiter = new RecordingWaiter();
        Hold late = new Hold(proxy.time.nanoTime(), 0, waiter);
        assertThat(late.taken(101)).isTrue();

        late.waitAt(paused());

        assertThat(waiter.heard).containsExactly("503");
        assertThat(proxy.info("web").requestsHeld()).isZero();
    }

    @Test
    void whatAReleasedRequestTakesInCountsWhenItWaitsAgain() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(Request.to(WEB), 10);
        proxy.engine.resume("web");
        assertThat(request.taken(1_000)).isTrue();
        proxy.pause("web");
        HeldRequest other = proxy.send(Request.to(WEB), 100);
        other.leave();

        request.breakAndRepeat();

        assertThat(request.last()).as("it keeps its place").isEqualTo("held");
        assertThat(proxy.send(Request.to(WEB), 1).last()).isEqualTo("503");
        assertThat(proxy.send(WEB).last()).isEqualTo("503");
        assertThat(request.taken(1)).isFalse();
        assertThat(request.last()).isEqualTo("503");
        assertThat(proxy.send(Request.to(WEB), 100).last()).isEqualTo("held");
    }

    @Test
    void aLowerLimitRefusesOnlyWhatComesYet() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        HeldRequest declared = proxy.send(Request.to(WEB), 50);
        HeldRequest growing = proxy.send(WEB);
        growing.taken(50);

        limit(new HoldLimits(10, 10, 1));

        assertThat(declared.taken(50)).isTrue();
        assertThat(growing.taken(1)).isFalse();
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(1);
    }

    @Test
    void bytesThatCountAtAServiceThatIsGoneCountNowhere() {
        limit(new HoldLimits(10, 100, 1));
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(Request.to(WEB), 50);
        done(proxy.engine.removeAsync("web", Duration.ZERO));

        assertThat(request.taken(1_000)).isTrue();
        assertThat(request.heard()).containsExactly("held", "404");
    }

    @Test
    void bytesThatComeJustAsTheRequestBeginsToWaitAreNotForgotten() {
        limit(new HoldLimits(1, 99, 1));
        done(proxy.pause("web"));
        Service paused = paused();
        for (int round = 0; round < 1_000; round++) {
            RecordingWaiter waiter = new RecordingWaiter();
            Hold hold = new Hold(proxy.time.nanoTime(), 0, waiter);
            CompletableFuture<Void> taking = CompletableFuture.runAsync(() -> hold.taken(100));

            hold.waitAt(paused);

            taking.join();
            assertThat(waiter.heard).containsExactly("503");
        }
    }

    private Service paused() {
        return ((Decision.Wait) proxy.engine.decide(Request.to(WEB), new Attempts())).service();
    }

    /** Writes down what it hears, and does nothing. */
    private static final class RecordingWaiter implements Hold.Waiter {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public void goOn() {
            heard.add("released");
        }

        @Override
        public void refused(Decision.Respond answer) {
            heard.add(String.valueOf(answer.reason().status()));
        }
    }

    @Test
    void aClientThatLeavesMakesRoom() {
        limit(new HoldLimits(1, 0, 1));
        done(proxy.pause("web"));
        HeldRequest leaving = proxy.send(WEB);

        leaving.leave();
        leaving.leave();

        assertThat(proxy.info("web").requestsHeld()).isZero();
        assertThat(proxy.send(WEB).last()).isEqualTo("held");
        assertThat(proxy.send(WEB).last()).isEqualTo("503");
        proxy.engine.resume("web");
        assertThat(leaving.heard()).containsExactly("held");
    }

    @Test
    void aDeploymentThatRaisesTheLimitCountsAtOnce() {
        limit(new HoldLimits(1, 0, 1));
        done(proxy.pause("web"));
        proxy.send(WEB);

        limit(new HoldLimits(2, 0, 1));

        assertThat(lastHeard(proxy.send(2, WEB))).containsExactly("held", "503");
    }

    @Test
    void aPauseSurvivesDeployments() {
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(WEB);

        done(proxy.deploy("web", "b"));

        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.PAUSED);
        assertThat(proxy.info("web").requestsHeld()).isEqualTo(1);
        proxy.engine.resume("web");
        assertThat(request.last()).isEqualTo("b:80");
    }

    @Test
    void removingAPausedServiceAnswersWhatItHoldsAtOnce() {
        done(proxy.pause("web"));
        List<HeldRequest> requests = proxy.send(2, WEB);

        done(proxy.engine.removeAsync("web", Duration.ofSeconds(30)));

        assertThat(lastHeard(requests)).containsOnly("404");
        assertThat(proxy.engine.list()).isEmpty();
    }

    @Test
    void aServiceThatIsRemovedAndDeployedAgainIsNotPaused() {
        done(proxy.pause("web"));
        done(proxy.engine.removeAsync("web", Duration.ZERO));
        done(proxy.deploy("web", "b"));

        assertThat(proxy.answer(WEB)).isEqualTo("b:80");
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(WEB);
        proxy.advance(MINUTE);
        assertThat(request.last()).isEqualTo("504");
    }

    @Test
    void whatWouldBeForwardedAgainIsHeldToo() {
        HeldRequest request = proxy.send(WEB);
        proxy.pause("web");

        request.breakAndRepeat();

        assertThat(request.heard()).containsExactly("a:80", "held");
        proxy.engine.resume("web");
        assertThat(request.last()).isEqualTo("a:80");
    }

    @Test
    void theEndOfTheProxyAnswersWhatIsHeldAndHoldsNoMore() {
        done(proxy.pause("web"));
        List<HeldRequest> requests = proxy.send(2, WEB);

        proxy.engine.stop();

        assertThat(lastHeard(requests)).containsOnly("503");
        assertThat(proxy.send(WEB).last()).isEqualTo("503");
        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.PAUSED);
    }

    @Test
    void anUnknownServiceCannotBePaused() {
        assertThat(failure(proxy.pause("wbe"), ServiceNotFoundException.class)).hasMessageContaining("wbe");
        assertThatThrownBy(() -> proxy.engine.pause("wbe")).isInstanceOf(ServiceNotFoundException.class);
        assertThat(proxy.answer(WEB)).isEqualTo("a:80");
    }

    @Test
    void timesThatCannotBeAreRefusedAndChangeNothing() {
        Duration tooLong = Duration.ofDays(40_000);
        assertThatThrownBy(() -> proxy.engine.pauseAsync("web", Duration.ofSeconds(-1), MINUTE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("drain timeout PT-1S");
        assertThatThrownBy(() -> proxy.engine.pauseAsync("web", tooLong, MINUTE))
                .isInstanceOf(IllegalArgumentException.class);
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofSeconds(-1), tooLong)) {
            assertThatThrownBy(() -> proxy.engine.pauseAsync("web", MINUTE, wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("max pause " + wrong);
        }
        assertThat(proxy.answer(WEB)).isEqualTo("a:80");
    }
}
