package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** The health path of a service that is paused or stopped is answered without its targets. */
final class ClosedHealthPathTest {
    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        HealthCheck check = HealthCheck.builder().path("/up?deep=1").build();
        proxy.serve("api", ServiceOptions.builder().pathPrefix("/api").healthCheck(check));
    }

    private String answer(String method, String uri) {
        return proxy.answer(Request.to(uri).withMethod(method));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://example.com/api/up", "http://example.com/api/up?x", "http://example.com/api/up?deep=1"})
    void itIsAnsweredWhateverTheQuery(String uri) {
        done(proxy.pause("api"));
        assertThat(answer("GET", uri)).isEqualTo("200");
        assertThat(answer("HEAD", uri)).isEqualTo("200");

        done(proxy.stop("api", "closed"));
        assertThat(answer("GET", uri)).isEqualTo("200");
        assertThat(answer("HEAD", uri)).isEqualTo("200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/up/", "/api/upper", "/api/x/up", "/api/UP", "/api", "/api/%75p"})
    void noOtherPathIs(String path) {
        done(proxy.stop("api", ""));

        assertThat(answer("GET", "http://example.com" + path)).isEqualTo("503");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "OPTIONS", "get"})
    void noOtherMethodIs(String method) {
        done(proxy.pause("api"));

        assertThat(answer(method, "http://example.com/api/up")).isEqualTo("held");
    }

    @Test
    void aPrefixThatIsNotStrippedIsPartOfThePath() {
        proxy.serve("api", ServiceOptions.builder().pathPrefix("/api").stripPathPrefix(false));
        done(proxy.stop("api", ""));

        assertThat(answer("GET", "http://example.com/api/up")).isEqualTo("503");
    }

    @Test
    void aRunningServiceAnswersItItself() {
        assertThat(answer("GET", "http://example.com/api/up")).isEqualTo("api:80");
    }
}
