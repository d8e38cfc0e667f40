package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Whether a request that failed may be sent again. */
final class RepetitionTest {
    private final EngineFixture proxy = new EngineFixture();

    private Service serve(String... targets) {
        EngineFixture.done(proxy.deploy("web", targets));
        return ((Decision.Forward) release(proxy.decide("http://example.com/"))).service();
    }

    private static Decision release(Decision decision) {
        ((Decision.Forward) decision).lease().release();
        return decision;
    }

    private Decision retry(Attempts attempts) {
        return proxy.engine.decide(Request.to("http://example.com/"), attempts);
    }

    private static Attempts broken(Service service, int times) {
        Attempts attempts = new Attempts();
        for (int i = 0; i < times; i++) {
            attempts.brokenBy(service.pool().targets().get(0));
        }
        return attempts;
    }

    private int budget(Service service) {
        int retries = 0;
        while (proxy.engine.mayRetry(service, broken(service, 1))) {
            retries++;
        }
        return retries;
    }

    @Test
    void aRequestIsSentThreeTimesAtMost() {
        Service service = serve("a");

        assertThat(proxy.engine.mayRetry(service, broken(service, 1))).isTrue();
        assertThat(proxy.engine.mayRetry(service, broken(service, 2))).isTrue();
        assertThat(proxy.engine.mayRetry(service, broken(service, 3))).isFalse();
        assertThat(broken(service, 3).count()).isEqualTo(3);
    }

    @Test
    void orOnceToEachTargetOfAPoolAndOnceMore() {
        Service service = serve("a", "b", "c", "d");

        assertThat(proxy.engine.mayRetry(service, broken(service, 4))).isTrue();
        assertThat(proxy.engine.mayRetry(service, broken(service, 5))).isFalse();
    }

    @Test
    void aRepetitionGoesToAnotherTarget() {
        Service service = serve("a", "b", "c");
        Attempts attempts = new Attempts();
        attempts.refusedBy(service.pool().targets().get(0));
        attempts.brokenBy(service.pool().targets().get(1));

        for (int i = 0; i < 6; i++) {
            Decision.Forward forward = (Decision.Forward) release(retry(attempts));
            assertThat(forward.lease().address().host()).isEqualTo("c");
        }
    }

    @Test
    void aRepetitionGoesToTheTargetsThatHaveReplacedThoseTried() {
        Service service = serve("a");
        Attempts attempts = new Attempts();
        attempts.refusedBy(service.pool().targets().get(0));
        assertThat(Request.reason(retry(attempts))).isEqualTo(Decision.Reason.NO_HEALTHY_TARGET);

        serve("a");

        assertThat(retry(attempts)).isInstanceOf(Decision.Forward.class);
    }

    @Test
    void aHundredASecondAreFreeHoweverSmallTheTraffic() {
        Service service = serve("a");

        assertThat(budget(service)).isEqualTo(100);
        proxy.time.advance(Duration.ofMillis(999));
        assertThat(budget(service)).isZero();
        proxy.time.advance(Duration.ofMillis(1));
        assertThat(budget(service)).isEqualTo(100);
        proxy.time.advance(Duration.ofHours(1));
        assertThat(budget(service)).isEqualTo(100);
    }

    @Test
    void aboveThatTheyAreAFifthOfTheTraffic() {
        Service service = serve("a");
        proxy.time.advance(Duration.ofSeconds(1));
        budget(service);
        for (int i = 0; i < 2000; i++) {
            release(proxy.decide("http://example.com/"));
        }

        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(400);
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(100);
    }

    @Test
    void theTrafficIsThatOfASecondHoweverLongAgoTheLastRepetitionWas() {
        Service service = serve("a");
        budget(service);
        for (int i = 0; i < 10_000; i++) {
            release(proxy.decide("http://example.com/"));
        }

        proxy.time.advance(Duration.ofSeconds(10));

        assertThat(budget(service)).isEqualTo(200);
    }

    @Test
    void repetitionsDoNotCountAsTraffic() {
        Service service = serve("a");
        budget(service);
        for (int i = 0; i < 10_000; i++) {
            release(retry(broken(service, 1)));
        }

        proxy.time.advance(Duration.ofSeconds(1));

        assertThat(budget(service)).isEqualTo(100);
    }

    @Test
    void servicesDoNotSpendEachOthersBudget() {
        Service first = serve("a");
        budget(first);

        proxy.serve("other", ServiceOptions.builder().host("example.org"));
        Service other = ((Decision.Forward) release(proxy.decide("http://example.org/"))).service();

        assertThat(budget(other)).isEqualTo(100);
    }

    @Test
    void aDeploymentDoesNotRenewTheBudget() {
        budget(serve("a"));

        assertThat(budget(serve("b"))).isZero();
    }

    @Test
    void aRefusedConnectionCostsNothingOfTheBudget() {
        Service service = serve("a", "b");
        budget(service);
        Attempts attempts = new Attempts();

        attempts.refusedBy(service.pool().targets().get(0));
        assertThat(proxy.engine.mayRetry(service, attempts)).isTrue();

        attempts.brokenBy(service.pool().targets().get(1));
        assertThat(proxy.engine.mayRetry(service, attempts)).isFalse();
    }
}
