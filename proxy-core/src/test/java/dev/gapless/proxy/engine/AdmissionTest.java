package dev.gapless.proxy.engine;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** Requests whose bodies are still to come: what is answered beforehand, and that none has a target. */
final class AdmissionTest {
    private static final String WEB = "http://example.com/";

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        proxy.serve("web", ServiceOptions.builder().host("example.com"));
    }

    private Decision admit(String uri) {
        return proxy.engine.admit(Request.to(uri));
    }

    @Test
    void aRequestThatIsAdmittedClaimsNoTarget() {
        assertThat(admit(WEB))
                .isInstanceOfSatisfying(
                        Decision.Admit.class,
                        admit -> assertThat(admit.service().name()).isEqualTo("web"));
        assertThat(proxy.info("web").targets())
                .allSatisfy(target -> assertThat(target.requestsInFlight()).isZero());
    }

    @Test
    void aDrainDoesNotWaitForARequestThatIsOnlyAdmitted() {
        admit(WEB);

        assertThat(done(proxy.deploy("web", "next")).requestsCut()).isZero();
    }

    @Test
    void whatNoTargetIsToGetIsAnsweredBeforehand() {
        assertThat(Request.reason(admit("http://example.org/"))).isEqualTo(Decision.Reason.NOT_FOUND);
        assertThat(Request.reason(admit("http://example.com/.."))).isEqualTo(Decision.Reason.PATH_ESCAPES);
        assertThat(Request.reason(admit("https://example.com/"))).isEqualTo(Decision.Reason.TLS_NOT_SERVED);

        done(proxy.stop("web", "Back soon"));
        assertThat(Request.reason(admit(WEB))).isEqualTo(Decision.Reason.STOPPED);
    }

    @Test
    void aPausedServiceHoldsItAsAnyOther() {
        done(proxy.pause("web"));

        assertThat(admit(WEB)).isInstanceOf(Decision.Wait.class);
    }

    @Test
    void withoutAHealthyTargetItIsRefusedBeforeItsBodyComes() {
        done(proxy.deploy(Deployment.builder("web")
                .target("a")
                .target("b")
                .options(ServiceOptions.builder().host("example.com").build())
                .build()));
        proxy.probe.isUnhealthy("a:80", "gone");
        proxy.probe.isUnhealthy("b:80", "gone");
        proxy.time.advance(Duration.ofSeconds(1));

        assertThat(Request.reason(admit(WEB))).isEqualTo(Decision.Reason.NO_HEALTHY_TARGET);
    }

    @Test
    void aServiceThatMayAnswerItselfIsAskedBeforeItsTargetsAreEvenWithoutAHealthyOne() {
        assertThat(decide(WEB)).isInstanceOf(Decision.Forward.class);
        done(proxy.deploy(Deployment.builder("web")
                .target("a")
                .target("b")
                .options(ServiceOptions.builder()
                        .host("example.com")
                        .cache(CacheOptions.defaults())
                        .build())
                .build()));
        assertThat(decide(WEB)).isInstanceOf(Decision.Admit.class);

        proxy.probe.isUnhealthy("a:80", "gone");
        proxy.probe.isUnhealthy("b:80", "gone");
        proxy.time.advance(Duration.ofSeconds(1));

        assertThat(decide(WEB)).isInstanceOf(Decision.Admit.class);
    }

    private Decision decide(String uri) {
        Decision decision = proxy.engine.decideAtFirst(Request.to(uri), new Attempts());
        if (decision instanceof Decision.Forward forward) {
            forward.lease().release();
        }
        return decision;
    }
}
