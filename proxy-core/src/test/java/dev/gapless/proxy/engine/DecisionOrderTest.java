package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A request that could be answered in several ways gets the answer that comes first. */
final class DecisionOrderTest {
    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        proxy.serve("plain", aliased().pathPrefix("/"));
        proxy.serve(
                "secure", ServiceOptions.builder().host("secure.example.com").tls(true));
    }

    private static ServiceOptions.Builder aliased() {
        return ServiceOptions.builder()
                .host("example.com")
                .host("www.example.com")
                .canonicalHost("example.com");
    }

    @Test
    void anUnknownHostComesBeforeAnEscapingPath() {
        assertThat(Request.reason(proxy.decide("http://example.org/.."))).isEqualTo(Decision.Reason.NOT_FOUND);
    }

    @Test
    void anEscapingPathComesBeforeMissingTls() {
        assertThat(Request.reason(proxy.decide("https://www.example.com/.."))).isEqualTo(Decision.Reason.PATH_ESCAPES);
    }

    @Test
    void missingTlsComesBeforeARedirect() {
        assertThat(Request.reason(proxy.decide("https://www.example.com/"))).isEqualTo(Decision.Reason.TLS_NOT_SERVED);
    }

    @Test
    void aRedirectComesBeforeTheChoiceOfATarget() {
        loseAllTargets(
                "secure", ServiceOptions.builder().host("secure.example.com").tls(true));

        assertThat(proxy.route("http://secure.example.com/")).isEqualTo("301 https://secure.example.com/");
        assertThat(Request.reason(proxy.decide("https://secure.example.com/")))
                .isEqualTo(Decision.Reason.NO_HEALTHY_TARGET);
    }

    @Test
    void eachAnswerHasItsStatus() {
        assertThat(Decision.Reason.NOT_FOUND.status()).isEqualTo(404);
        assertThat(Decision.Reason.PATH_ESCAPES.status()).isEqualTo(400);
        assertThat(Decision.Reason.TLS_NOT_SERVED.status()).isEqualTo(503);
        assertThat(Decision.Reason.NO_HEALTHY_TARGET.status()).isEqualTo(503);
        assertThat(Decision.Reason.values())
                .allSatisfy(answer -> assertThat(answer.text()).isNotBlank());
    }

    private void loseAllTargets(String service, ServiceOptions.Builder options) {
        EngineFixture.done(proxy.deploy(Deployment.builder(service)
                .target("a")
                .target("b")
                .options(options.build())
                .build()));
        proxy.probe.isUnhealthy("a:80", "gone");
        proxy.probe.isUnhealthy("b:80", "gone");
        proxy.time.advance(Duration.ofSeconds(1));
    }
}
