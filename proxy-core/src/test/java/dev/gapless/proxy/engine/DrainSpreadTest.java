package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** When several hundred requests hear of a drain. */
final class DrainSpreadTest {
    private static final int REQUESTS = 500;
    private static final Duration DRAIN = Duration.ofSeconds(30);
    private static final int PARTS = 10;

    private final EngineFixture world = new EngineFixture();
    private final Random chance = new Random(1);
    private final ProxyEngine engine = new ProxyEngine(
            new EngineSetup(
                    world.time,
                    world.time,
                    Runnable::run,
                    TargetProbe.of(world.probe),
                    world.resolver,
                    world.lifecycle,
                    TlsEdge.NONE,
                    List.of(),
                    Map.of(),
                    Map.of(),
                    Optional.empty(),
                    NoCache.make()),
            chance::nextDouble);

    private final List<Lease> leases = new ArrayList<>();
    private final List<Long> told = new ArrayList<>();

    private void serveRequests() {
        engine.deployAsync(Deployment.of("web", "one", "two", "three"));
        for (int i = 0; i < REQUESTS; i++) {
            Decision.Forward forward =
                    (Decision.Forward) engine.decide(Request.to("http://example.com/"), new Attempts());
            leases.add(forward.lease());
            forward.lease().onDrain(() -> told.add(world.time.nanoTime()));
        }
    }

    static List<Consumer<DrainSpreadTest>> drains() {
        return List.of(
                test -> test.engine.deployAsync(Deployment.builder("web")
                        .target("four")
                        .drainTimeout(DRAIN)
                        .build()),
                test -> test.engine.pauseAsync("web", DRAIN, DRAIN),
                test -> test.engine.stopAsync("web", DRAIN, ""),
                test -> test.engine.removeAsync("web", DRAIN),
                test -> {
                    test.engine.stop();
                    test.engine.announceEnd(DRAIN);
                });
    }

    @ParameterizedTest
    @MethodSource("drains")
    void theyHearOfItOneByOneInTheFirstHalf(Consumer<DrainSpreadTest> drain) {
        serveRequests();
        long begin = world.time.nanoTime();

        drain.accept(this);
        assertThat(told).isEmpty();
        world.time.advance(DRAIN.dividedBy(2));

        assertThat(told).hasSize(REQUESTS);
        long partNanos = DRAIN.toNanos() / 2 / PARTS;
        for (int part = 0; part < PARTS; part++) {
            long from = begin + part * partNanos;
            long until = from + partNanos;
            assertThat(told.stream().filter(when -> when - from >= 0 && when - until < 0))
                    .as("told in part " + part)
                    .hasSizeBetween(REQUESTS / PARTS / 2, REQUESTS / PARTS * 2);
        }
    }

    @Test
    void thoseThatEndBeforeTheirTurnHearNothing() {
        serveRequests();
        engine.pauseAsync("web", DRAIN, DRAIN);

        leases.forEach(Lease::release);
        world.time.advance(DRAIN);

        assertThat(told).isEmpty();
    }

    @Test
    void thoseThatASecondDrainFindsToldHearOfItNoMore() {
        serveRequests();
        engine.pauseAsync("web", DRAIN, DRAIN);
        world.time.advance(DRAIN.dividedBy(2));

        engine.resume("web");
        engine.pauseAsync("web", DRAIN, DRAIN);
        world.time.advance(DRAIN.dividedBy(2));

        assertThat(told).hasSize(REQUESTS);
    }

    @Test
    void aPauseThatIsResumedTellsOnlyThoseWhoseTurnHasCome() {
        serveRequests();
        engine.pauseAsync("web", DRAIN, DRAIN);
        world.time.advance(DRAIN.dividedBy(4));
        int soFar = told.size();

        engine.resume("web");
        world.time.advance(DRAIN);

        assertThat(soFar).isBetween(REQUESTS / 4, REQUESTS * 3 / 4);
        assertThat(told).hasSize(soFar);
        engine.pauseAsync("web", DRAIN, DRAIN);
        world.time.advance(DRAIN.dividedBy(2));
        assertThat(told).as("with those of the next pause").hasSize(REQUESTS);
    }

    /** As WebSockets do that close when they hear of it. */
    @Test
    void aDrainIsOverWhenTheLastHasHeardAndEnded() {
        engine.deployAsync(Deployment.of("web", "one"));
        IntStream.range(0, REQUESTS).forEach(i -> {
            Lease lease = ((Decision.Forward) engine.decide(Request.to("http://example.com/"), new Attempts())).lease();
            lease.onDrain(lease::release);
        });

        var drained = engine.pauseAsync("web", DRAIN, DRAIN);
        world.time.advance(DRAIN.dividedBy(2));

        assertThat(drained.toCompletableFuture().join().requestsCut()).isZero();
        assertThat(world.time.scheduled()).isZero();
    }
}
