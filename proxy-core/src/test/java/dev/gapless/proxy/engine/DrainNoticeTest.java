package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** Requests that want to end by themselves hear of a drain in time. */
final class DrainNoticeTest {
    private static final String WEB = "http://example.com/";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final EngineFixture proxy = new EngineFixture();
    /** What requests have heard, each with the milliseconds since the test began. */
    private final List<String> heard = new ArrayList<>();

    private final long begin = proxy.time.nanoTime();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "old"));
    }

    private Lease request(String name) {
        return listening(name, proxy.request(WEB));
    }

    private Lease listening(String name, Lease lease) {
        lease.onCut(() -> hears(name + " cut"));
        lease.onDrain(() -> hears(name));
        return lease;
    }

    private void hears(String what) {
        heard.add(what + " at " + (proxy.time.nanoTime() - begin) / 1_000_000);
    }

    private CompletableFuture<?> replace(Duration drainTimeout) {
        return proxy.deploy(Deployment.builder("web")
                .target("new")
                .drainTimeout(drainTimeout)
                .build());
    }

    private void pass(int seconds) {
        proxy.time.advance(Duration.ofSeconds(seconds));
    }

    /** Everything that makes requests end. */
    private enum Drain {
        DEPLOYMENT {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.deployAsync(Deployment.builder("web")
                        .target("new")
                        .drainTimeout(time)
                        .build());
            }
        },
        PROMOTION {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.deployAsync(
                        Deployment.builder("web").target("new").asRollout().build());
                engine.promoteRolloutAsync("web", time);
            }
        },
        REMOVAL {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.removeAsync("web", time);
            }
        },
        PAUSE {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.pauseAsync("web", time, TIMEOUT);
            }
        },
        STOP {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.stopAsync("web", time, "");
            }
        },
        END_OF_THE_PROXY {
            @Override
            void begin(ProxyEngine engine, Duration time) {
                engine.stop();
                engine.announceEnd(time);
            }
        };

        abstract void begin(ProxyEngine engine, Duration time);
    }

    @ParameterizedTest
    @EnumSource
    void eachRequestHearsOfADrainOnceAtAMomentOfItsOwnInTheFirstHalf(Drain drain) {
        Lease one = request("one");
        Lease other = request("other");
        proxy.chance.draws(0.2, 0.6);
        pass(1);

        drain.begin(proxy.engine, TIMEOUT);
        assertThat(heard).isEmpty();
        pass(29);

        assertThat(heard).hasSize(2);
        assertThat(heard.get(0)).isIn("one at 4000", "other at 4000");
        assertThat(heard.get(1)).isIn("one at 10000", "other at 10000");
        one.release();
        other.release();
        assertThat(proxy.time.scheduled()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aDrainWithoutAnyTimeTellsAtOnceAndBeforeTheCut(Drain drain) {
        request("request");

        drain.begin(proxy.engine, Duration.ZERO);
        proxy.time.runDue();

        List<String> expected =
                drain == Drain.END_OF_THE_PROXY ? List.of("request at 0") : List.of("request at 0", "request cut at 0");
        assertThat(heard).isEqualTo(expected);
    }

    @Test
    void anEndWithoutAnyTimeLeavesItsNoticeToNoOtherThreadThatTheCutMightOvertake() {
        request("request");

        Drain.END_OF_THE_PROXY.begin(proxy.engine, Duration.ZERO);

        assertThat(heard).containsExactly("request at 0");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aRequestThatAsksLateHearsOfItInWhatIsLeftOfTheFirstHalfOrAtOnce(Drain drain) {
        List<Lease> leases = List.of(proxy.request(WEB), proxy.request(WEB), proxy.request(WEB), proxy.request(WEB));
        drain.begin(proxy.engine, TIMEOUT);
        proxy.chance.draws(0.1, 0.9);

        pass(5);
        listening("early", leases.get(0));
        listening("late", leases.get(1));
        pass(10);
        listening("at half time", leases.get(2));
        pass(5);
        listening("after it", leases.get(3));

        assertThat(heard)
                .containsExactly("early at 6000", "late at 14000", "at half time at 15000", "after it at 20000");
    }

    @Test
    void whatDrainsOnTheTargetsOfARolloutHearsOfItsReplacement() {
        proxy.rollOut("web", "first");
        proxy.engine.splitRollout("web", RolloutSplit.percent(100));
        Decision decision =
                proxy.engine.decide(Request.to(WEB).withHeader("Cookie", "kamal-rollout=1"), new Attempts());
        listening("in the rollout", ((Decision.Forward) decision).lease());
        request("beside it");

        proxy.deploy(Deployment.builder("web").target("second").asRollout().build());
        pass(20);

        assertThat(heard).containsExactly("in the rollout at 7500");
    }

    @Test
    void requestsOnTheNewTargetsAndOfOtherServicesHearNothing() {
        done(proxy.deploy(Deployment.builder("other")
                .target("elsewhere")
                .options(ServiceOptions.builder().host("example.org").build())
                .build()));
        request("old");
        replace(TIMEOUT);
        request("new");
        listening("other", proxy.request("http://example.org/"));

        pass(30);

        assertThat(heard).containsExactly("old at 7500", "old cut at 30000");
    }

    @Test
    void aRequestThatHasEndedHearsNothing() {
        request("before").release();
        Lease during = request("during");
        Lease asksAtItsEnd = proxy.request(WEB);
        Lease cut = proxy.request(WEB);
        replace(TIMEOUT);
        pass(1);
        during.release();
        asksAtItsEnd.release();
        asksAtItsEnd.onDrain(() -> hears("asks at its end"));
        pass(29);
        cut.onDrain(() -> hears("cut"));

        assertThat(heard).isEmpty();
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aRequestThatEndsAtTheNoticeEndsTheDrain() {
        Lease lease = proxy.request(WEB);
        lease.onDrain(lease::release);
        CompletableFuture<?> deployment = replace(TIMEOUT);

        proxy.time.advance(Duration.ofMillis(7_499));
        assertThat(deployment).isNotDone();
        proxy.time.advance(Duration.ofMillis(1));

        assertThat(deployment).isCompleted();
        assertThat(lease.target().cuts()).isZero();
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aPauseThatIsResumedLeavesThoseAloneWhoHaveNotHeardOfIt() {
        Lease one = request("one");
        Lease other = request("other");
        proxy.chance.draws(0.2, 0.6);
        proxy.pause("web");
        pass(5);
        assertThat(heard).hasSize(1);

        proxy.engine.resume("web");
        assertThat(proxy.time.scheduled()).isZero();
        request("another");
        pass(60);

        assertThat(heard).hasSize(1);
        assertThat(one.target().inFlight()).isEqualTo(3);
        one.release();
        other.release();
    }

    @Test
    void whoWasLeftAloneByAPauseHearsOfTheNextDrain() {
        request("request");
        proxy.pause("web");
        pass(5);
        proxy.engine.resume("web");
        pass(5);

        proxy.stop("web", "");
        pass(10);

        assertThat(heard).containsExactly("request at 17500");
    }

    @Test
    void resumingAPauseTakesNothingBackFromADeployment() {
        request("request");
        replace(TIMEOUT);
        proxy.chance.draws(0.1);
        proxy.pause("web");
        proxy.engine.resume("web");

        pass(20);

        assertThat(heard).containsExactly("request at 7500");
    }

    @Test
    void ofSeveralDrainsTheFirstToTellIsTheOnlyOne() {
        request("request");
        proxy.pause("web");
        pass(1);
        proxy.engine.removeAsync("web", Duration.ofSeconds(4));

        pass(3);

        assertThat(heard).containsExactly("request at 2000");
        pass(10);
        assertThat(heard).containsExactly("request at 2000", "request cut at 5000");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aDrainThatEndsEarlyLeavesNothingToBeDone() {
        List<Lease> leases = List.of(request("one"), request("two"));
        Lease silent = proxy.request(WEB);
        replace(TIMEOUT);
        assertThat(proxy.time.scheduled()).isEqualTo(3);

        leases.forEach(Lease::release);
        silent.release();

        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aNoticeThatThrowsKeepsNoOtherRequestFromItsOwn() {
        for (int i = 0; i < 40; i++) {
            proxy.request(WEB).onDrain(() -> {
                heard.add("told");
                throw new IllegalStateException("on purpose");
            });
        }

        proxy.engine.announceEnd(Duration.ZERO);

        assertThat(heard).hasSize(40);
    }

    @Test
    void whatIsDeployedWhileTheProxyEndsEndsWithIt() {
        proxy.engine.announceEnd(Duration.ofSeconds(10));
        replace(TIMEOUT);
        pass(1);

        assertThat(request("late").address()).hasToString("new:80");
        pass(4);

        assertThat(heard).containsExactly("late at 3000");
    }

    @Test
    void aDrainTellsManyRequestsEvenlyOverItsFirstHalf() {
        Random random = new Random(1);
        ProxyEngine engine = new ProxyEngine(proxy.setup, random::nextDouble);
        done(engine.deployAsync(Deployment.of("web", "old")));
        int[] toldInSecond = new int[30];
        for (int i = 0; i < 5_000; i++) {
            Decision decision = engine.decide(Request.to(WEB), new Attempts());
            Lease lease = ((Decision.Forward) decision).lease();
            lease.onDrain(() -> {
                toldInSecond[(int) ((proxy.time.nanoTime() - begin) / 1_000_000_000)]++;
                lease.release();
            });
        }

        CompletableFuture<?> deployment = engine.deployAsync(Deployment.of("web", "new"));
        pass(15);

        assertThat(deployment).isCompleted();
        for (int second = 0; second < 15; second++) {
            assertThat(toldInSecond[second]).isBetween(250, 420);
        }
        assertThat(proxy.time.scheduled()).isZero();
    }
}
