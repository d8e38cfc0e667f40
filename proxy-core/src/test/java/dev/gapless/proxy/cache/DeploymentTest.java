package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What a deployment does to what is stored. */
final class DeploymentTest {
    private static final String FRESH =
            "Cache-Control: max-age=60, stale-while-revalidate=60, stale-if-error=60 // ETag: \"a\"";

    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest
    @CsvSource({"KEEP, hit", "REVALIDATE, fwd=stale", "DROP, fwd=vary-miss"})
    void theOptionsSayWhatBecomesOfOldResponses(CacheOnDeploy policy, String outcome) {
        proxy.with(CacheOptions.builder().onDeploy(policy));
        proxy.exchange("", 200, FRESH);
        proxy.deploy();
        assertThat(proxy.outcome("")).isEqualTo(outcome);
    }

    @Test
    void whatTheNewTargetsConfirmIsTheirs() {
        proxy.exchange("", 200, FRESH);
        proxy.deploy();
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        assertThat(fill.omitted()).containsExactly("If-None-Match", "If-Modified-Since");
        proxy.respond(fill, 304, FRESH);
        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @Test
    void whatTheyDoNotConfirmIsNotUsedEvenIfTheyFail() {
        proxy.exchange("", 200, FRESH);
        proxy.deploy();
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        assertThat(proxy.respond(fill, 503, "")).isInstanceOf(FillStep.Pass.class);
    }

    @Test
    void norIfTheyGiveNoAnswer() {
        proxy.with(CacheOptions.builder().staleIfUnreachable(Duration.ofSeconds(60)));
        proxy.exchange("", 200, "Cache-Control: max-age=60 // ETag: \"a\"");
        proxy.deploy();
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        assertThat(fill.failed(proxy.now())).isInstanceOf(FillStep.Pass.class);
    }

    @Test
    void aResponseIsOfTheGenerationThatMadeIt() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        fill.responded(proxy.head(200, FRESH), 2, proxy.now());
        fill.complete(proxy.now());
        assertThat(proxy.outcome("")).isEqualTo("fwd=stale");
        proxy.deploy();
        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @Test
    void whatIsDroppedIsReplaced() {
        proxy.with(CacheOptions.builder().onDeploy(CacheOnDeploy.DROP));
        proxy.exchange("", 200, FRESH);
        proxy.deploy();
        proxy.exchange("", 200, FRESH);
        assertThat(proxy.outcome("")).isEqualTo("hit");
        assertThat(proxy.cache
                        .stored(proxy.request("GET", CacheFixture.URL, "").key())
                        .responses())
                .hasSize(1);
    }
}
