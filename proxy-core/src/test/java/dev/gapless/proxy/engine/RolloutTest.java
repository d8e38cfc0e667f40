package dev.gapless.proxy.engine;

import dev.gapless.proxy.RolloutMissingException;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which requests go to a rollout. */
final class RolloutTest {
    private static final RolloutSplit ALL = RolloutSplit.percent(100);

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "a"));
    }

    private static Request request(String cookies) {
        return Request.to("http://example.com/").withHeader("Cookie", cookies);
    }

    private String client(String key) {
        return proxy.answer(request("kamal-rollout=" + key));
    }

    @Test
    void aRolloutGetsNoRequestBeforeASplitIsSet() {
        proxy.rollOut("web", "r");

        assertThat(client("1")).isEqualTo("a:80");
        assertThat(proxy.info("web").rollout().orElseThrow().split()).isEmpty();
    }

    @Test
    void listedClientsGoToTheRollout() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", RolloutSplit.allowing(List.of("ann", "bob")));

        assertThat(client("ann")).isEqualTo("r:80");
        assertThat(client("bob")).isEqualTo("r:80");
        assertThat(client("Ann")).isEqualTo("a:80");
    }

    @Test
    void aShareOfTheOthersGoesToTheRolloutAndAlwaysTheSame() {
        proxy.rollOut("web", "r");
        RolloutSplit split = RolloutSplit.percent(30);
        proxy.engine.splitRollout("web", split);

        List<String> keys = IntStream.range(0, 500).mapToObj(i -> "client " + i).toList();
        for (String key : keys) {
            assertThat(client(key)).isEqualTo(split.includes(key) ? "r:80" : "a:80");
        }
        assertThat(keys.stream().filter(split::includes).count()).isStrictlyBetween(0L, 500L);
    }

    @Test
    void aClientWithoutTheCookieIsNeverIn() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);

        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(proxy.answer(request("other=1"))).isEqualTo("a:80");
        assertThat(proxy.answer(request("Kamal-Rollout=1"))).isEqualTo("a:80");
        assertThat(proxy.answer(request("kamal-rollout="))).isEqualTo("a:80");
        assertThat(proxy.answer(request("kamal-rollout=\"\""))).isEqualTo("a:80");
        assertThat(proxy.answer(request("x=y; kamal-rollout=1"))).isEqualTo("r:80");
    }

    @Test
    void theDecisionSaysWhichDeploymentTookTheRequest() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);

        assertThat(slot(request("kamal-rollout=1"))).isEqualTo(Slot.ROLLOUT);
        assertThat(slot(request("x=1"))).isEqualTo(Slot.ACTIVE);
    }

    private Slot slot(Request request) {
        Decision.Forward forward = (Decision.Forward) proxy.engine.decide(request, new Attempts());
        forward.lease().release();
        return forward.slot();
    }

    @Test
    void theCookieMayHaveAnotherName() {
        proxy.serve("web", ServiceOptions.builder().rolloutCookie("beta"));
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);

        assertThat(client("1")).isEqualTo("web:80");
        assertThat(proxy.answer(request("beta=1"))).isEqualTo("r:80");
    }

    @Test
    void theHostApplicationMayTellClientsByWhatItComputes() {
        EngineFixture keyed = EngineFixture.withRolloutKey("account", head -> head.header("X-Account"));
        keyed.serve("web", ServiceOptions.builder().rolloutKey("account"));
        keyed.rollOut("web", "r");
        keyed.engine.splitRollout("web", RolloutSplit.allowing(List.of("7")));

        assertThat(keyed.answer(Request.to("http://a/").withHeader("X-Account", "7")))
                .isEqualTo("r:80");
        assertThat(keyed.answer(Request.to("http://a/").withHeader("X-Account", "8")))
                .isEqualTo("web:80");
        assertThat(keyed.answer(request("kamal-rollout=7"))).isEqualTo("web:80");
    }

    @Test
    void aKeyThatThrowsLeavesTheRequestToTheActiveDeployment() {
        EngineFixture keyed = EngineFixture.withRolloutKey("broken", head -> {
            throw new IllegalStateException("no");
        });
        keyed.serve("web", ServiceOptions.builder().rolloutKey("broken"));
        keyed.rollOut("web", "r");
        keyed.engine.splitRollout("web", ALL);

        assertThat(keyed.answer("http://a/")).isEqualTo("web:80");
    }

    @Test
    void anUnknownKeyIsRefusedWhenDeploying() {
        EngineFixture keyed = EngineFixture.withRolloutKey("account", head -> null);

        assertThatThrownBy(() -> keyed.serve("web", ServiceOptions.builder().rolloutKey("acount")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"acount\"")
                .hasMessageContaining("[account]");
        assertThat(keyed.engine.list()).isEmpty();
    }

    @Test
    void aRolloutWithoutAHealthyTargetLeavesItsClientsToTheActiveDeployment() {
        proxy.rollOut("web", "r", "s");
        proxy.engine.splitRollout("web", ALL);
        proxy.probe.isUnhealthy("r:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(client("1")).isEqualTo("s:80");

        proxy.probe.isUnhealthy("s:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(client("1")).isEqualTo("a:80");

        proxy.probe.isHealthy("r:80");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(client("1")).isEqualTo("r:80");
    }

    @Test
    void aRequestThatEveryTargetOfTheRolloutRefusesStillReachesTheActiveDeployment() {
        proxy.rollOut("web", "r", "s", "t", "u");
        proxy.engine.splitRollout("web", ALL);
        Attempts attempts = new Attempts();
        Decision.Forward last = null;
        do {
            if (last != null) {
                last.lease().release();
                attempts.refusedBy(last.lease().target());
                assertThat(proxy.engine.mayRetry(last.service(), attempts)).isTrue();
            }
            last = (Decision.Forward) proxy.engine.decide(request("kamal-rollout=1"), attempts);
        } while (last.slot() == Slot.ROLLOUT);

        assertThat(last.lease().address()).hasToString("a:80");
        assertThat(attempts.count()).isEqualTo(4);
    }

    @Test
    void stoppingTheSplitKeepsTheDeployment() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);

        proxy.engine.stopRollout("web");
        proxy.engine.stopRollout("web");

        assertThat(client("1")).isEqualTo("a:80");
        assertThat(proxy.info("web").rollout()).isPresent();
        assertThat(proxy.lifecycle.retired()).isEmpty();
        proxy.engine.splitRollout("web", ALL);
        assertThat(client("1")).isEqualTo("r:80");
        assertThat(proxy.listener.heard())
                .endsWith("web ROLLOUT_SPLIT", "web ROLLOUT_STOPPED", "web ROLLOUT_STOPPED", "web ROLLOUT_SPLIT");
    }

    @Test
    void withoutARolloutThereIsNothingToSplitAndStoppingItDoesNothing() {
        assertThatThrownBy(() -> proxy.engine.splitRollout("web", ALL))
                .isInstanceOf(RolloutMissingException.class)
                .hasMessageContaining("\"web\"");
        proxy.engine.stopRollout("web");
        assertThat(proxy.info("web").rollout()).isEmpty();
        assertThatThrownBy(() -> proxy.engine.splitRollout("wbe", ALL)).isInstanceOf(ServiceNotFoundException.class);
        assertThatThrownBy(() -> proxy.engine.stopRollout("wbe")).isInstanceOf(ServiceNotFoundException.class);
    }
}
