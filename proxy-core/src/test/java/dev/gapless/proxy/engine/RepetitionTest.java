package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Whether a request that failed may be sent again. */
final class RepetitionTest {
    private final EngineFixture proxy = new EngineFixture();

    private Service serve(String... targets) {
        return serve(RetryOptions.builder(), targets);
    }

    private Service serve(RetryOptions.Builder retries, String... targets) {
        Deployment.Builder deployment = Deployment.builder("web")
                .options(ServiceOptions.builder().retries(retries.build()).build());
        for (String target : targets) {
            deployment.target(target);
        }
        EngineFixture.done(proxy.deploy(deployment.build()));
        return ((Decision.Forward) release(proxy.decide("http://example.com/"))).service();
    }

    private static RetryOptions.Builder retries() {
        return RetryOptions.builder();
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

    private static Attempts refused(Service service) {
        Attempts attempts = new Attempts();
        attempts.refusedBy(service.pool().targets().get(0));
        return attempts;
    }

    private void send(int requests) {
        for (int i = 0; i < requests; i++) {
            release(proxy.decide("http://example.com/"));
        }
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
    void orOnceToEachTargetOfTheRolloutToo() {
        serve("a", "b");
        proxy.rollOut("web", "c", "d");
        Service service = ((Decision.Forward) release(proxy.decide("http://example.com/"))).service();

        assertThat(proxy.engine.mayRetry(service, broken(service, 4))).isTrue();
        assertThat(proxy.engine.mayRetry(service, broken(service, 5))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void aServiceMaySayHowOftenARequestIsSentAgain(int most) {
        Service service = serve(retries().maxRetries(most), "a", "b", "c", "d");

        assertThat(proxy.engine.mayRetry(service, broken(service, most))).isTrue();
        assertThat(proxy.engine.mayRetry(service, broken(service, most + 1))).isFalse();
    }

    @Test
    void withoutRetriesARequestIsSentOnceEvenIfItsConnectionIsRefused() {
        Service service = serve(retries().maxRetries(0), "a", "b");

        assertThat(proxy.engine.mayRetry(service, broken(service, 1))).isFalse();
        assertThat(proxy.engine.mayRetry(service, refused(service))).isFalse();
    }

    @Test
    void aRequestKeepsTheNumberOfRetriesThatItWasSentWith() {
        Service before = serve(retries().maxRetries(0), "a");
        Service after = serve("b");

        assertThat(proxy.engine.mayRetry(before, refused(before))).isFalse();
        assertThat(proxy.engine.mayRetry(after, refused(after))).isTrue();
    }

    @Test
    void aRepetitionGoesToAnotherTarget() {
        Service service = serve("a", "b", "c");
        Attempts attempts = new Attempts();
        attempts.refusedBy(service.pool().targets().get(0));
        attempts.brokenBy(service.pool().targets().get(1));

        for (int i = 0; i < 6; i++) {
            Decision.Forward forward = (Decision.Forward) release(retry(attempts));
            assertThat(forward.lease().address()).hasToString("c:80");
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
        send(2000);

        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(400);
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(100);
    }

    @Test
    void theTrafficIsThatOfASecondHoweverLongAgoTheLastRepetitionWas() {
        Service service = serve("a");
        budget(service);
        send(10_000);

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
    void aServiceMayHaveAnotherShareAndFloor() {
        Service service = serve(retries().budget(50, 7), "a");

        assertThat(budget(service)).isEqualTo(7);
        send(1000);
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(500);
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(service)).isEqualTo(7);
    }

    @Test
    void aRestoredServiceHasTheBudgetOfItsOptions() {
        MemoryStateStore store = new MemoryStateStore();
        new EngineFixture(store)
                .serve(
                        "web",
                        ServiceOptions.builder().retries(retries().budget(0, 3).build()));
        EngineFixture restored = new EngineFixture(store);
        restored.engine.restore();
        Service service = ((Decision.Forward) release(restored.decide("http://example.com/"))).service();

        for (int i = 0; i < 3; i++) {
            assertThat(restored.engine.mayRetry(service, broken(service, 1))).isTrue();
        }
        assertThat(restored.engine.mayRetry(service, broken(service, 1))).isFalse();
    }

    @Test
    void aDeploymentChangesTheBudgetAtOnceAndKeepsWhatIsSpent() {
        Service first = serve(retries().budget(0, 10), "a");
        budget(first);

        Service second = serve(retries().budget(0, 15), "b");
        assertThat(budget(first)).isEqualTo(5);
        assertThat(budget(second)).isZero();

        serve(retries().budget(0, 5), "c");
        assertThat(budget(first)).isZero();
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(first)).isEqualTo(5);
    }

    @Test
    void theShareOfADeploymentIsOfTheTrafficBeforeIt() {
        Service first = serve(retries().budget(0, 0), "a");
        send(999); // And one that has told the test of its service.
        proxy.time.advance(Duration.ofSeconds(1));
        assertThat(budget(first)).isZero();

        assertThat(budget(serve(retries().budget(10, 0), "b"))).isEqualTo(100);
    }

    @Test
    void aServiceWithoutABudgetSendsAgainOnlyWhatWasRefused() {
        Service service = serve(retries().budget(0, 0), "a", "b");

        assertThat(proxy.engine.mayRetry(service, broken(service, 1))).isFalse();
        assertThat(proxy.engine.mayRetry(service, refused(service))).isTrue();
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
