package dev.gapless.proxy.engine;

import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.lastHeard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a stopped service does with its requests. */
final class StopTest {
    private static final String WEB = "http://example.com/";

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "a"));
    }

    @Test
    void requestsAreAnsweredWith503AndTheMessage() {
        done(proxy.stop("web", "Back at <noon>"));

        assertThat(proxy.send(WEB).last()).isEqualTo("503 Back at <noon>");
        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.STOPPED);
        assertThat(proxy.info("web").message()).isEqualTo("Back at <noon>");
        assertThat(proxy.listener.heard()).endsWith("web STOPPED");
    }

    @Test
    void whatIsHeldIsFailedWith503AndTheMessage() {
        done(proxy.pause("web"));
        List<HeldRequest> requests = proxy.send(2, WEB);

        done(proxy.stop("web", "closed"));

        assertThat(lastHeard(requests)).containsOnly("503 closed");
        assertThat(proxy.info("web").requestsHeld()).isZero();
        proxy.engine.resume("web");
        assertThat(proxy.released).isEmpty();
    }

    @Test
    void whatWaitsToBeReleasedIsFailedToo() {
        proxy.serve("web", ServiceOptions.builder().holdLimits(new HoldLimits(10, 0, 1)));
        done(proxy.pause("web"));
        List<HeldRequest> requests = proxy.send(3, WEB);
        proxy.engine.resume("web");

        proxy.stop("web", "closed");

        assertThat(lastHeard(requests)).containsExactly("web:80", "503 closed", "503 closed");
    }

    @Test
    void whatIsInFlightIsWaitedForThenCut() {
        HeldRequest request = proxy.send(WEB);
        CompletableFuture<DrainResult> stop = proxy.stop("web", "");
        assertThat(stop).isNotDone();

        proxy.advance(Duration.ofSeconds(30));

        assertThat(request.last()).isEqualTo("cut");
        assertThat(done(stop)).isEqualTo(new DrainResult(Duration.ofSeconds(30), 1));
    }

    @Test
    void aStoppedServiceMayBeStoppedAgainWithAnotherMessage() {
        done(proxy.stop("web", "one"));
        done(proxy.stop("web", "two"));

        assertThat(proxy.send(WEB).last()).isEqualTo("503 two");
    }

    @Test
    void aStoppedServiceMayBePaused() {
        done(proxy.stop("web", "closed"));
        done(proxy.pause("web"));

        HeldRequest request = proxy.send(WEB);

        assertThat(request.last()).isEqualTo("held");
        assertThat(proxy.info("web").message()).isEmpty();
        proxy.advance(Duration.ofSeconds(60));
        assertThat(request.last()).isEqualTo("504");
    }

    @Test
    void theStopSurvivesDeployments() {
        done(proxy.stop("web", "closed"));

        done(proxy.deploy("web", "b"));

        assertThat(proxy.send(WEB).last()).isEqualTo("503 closed");
        proxy.engine.resume("web");
        assertThat(proxy.answer(WEB)).isEqualTo("b:80");
    }

    @Test
    void aStoppedServiceCanBeRemoved() {
        done(proxy.stop("web", "closed"));

        done(proxy.engine.removeAsync("web", Duration.ZERO));

        assertThat(proxy.answer(WEB)).isEqualTo("404");
    }

    @Test
    void anUnknownServiceCannotBeStopped() {
        failure(proxy.stop("wbe", ""), ServiceNotFoundException.class);
        assertThatThrownBy(() -> proxy.engine.stop("wbe", "")).isInstanceOf(ServiceNotFoundException.class);
    }

    @Test
    void aNegativeTimeoutIsRefusedAndChangesNothing() {
        assertThatThrownBy(() -> proxy.engine.stopAsync("web", Duration.ofNanos(-1), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.000000001S");
        assertThat(proxy.answer(WEB)).isEqualTo("a:80");
    }
}
