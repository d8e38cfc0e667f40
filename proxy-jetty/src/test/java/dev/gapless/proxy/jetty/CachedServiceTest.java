package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What becomes of stored responses when their service gets other targets, is paused or stopped. */
class CachedServiceTest extends CacheScaffold {
    @ParameterizedTest
    @EnumSource(CacheOnDeploy.class)
    void aDeploymentDoesWithWhatIsStoredAsItsOptionSays(CacheOnDeploy policy) throws Exception {
        ServiceOptions options =
                cached(CacheOptions.builder().onDeploy(policy).build()).build();
        serveCached(counting(fresh("old", "ETag: \"v\"")), options);
        client().get("/");
        RawTarget next = closing(RawTarget.answering((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? fresh("new", "ETag: \"w\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v\"\r\nCache-Control: max-age=60\r\n\r\n")));

        deploy("app", options, next);
        RawMessage after = client().get("/");

        assertThat(after.text()).isEqualTo(policy == CacheOnDeploy.DROP ? "new" : "old");
        assertThat(next.hasTakenNone()).isEqualTo(policy == CacheOnDeploy.KEEP);
        assertThat(client().get("/").field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aRolloutAndTheActiveDeploymentDoNotShare() throws Exception {
        serveCached(counting(fresh("active")));
        RawTarget beside = closing(RawTarget.answering(fresh("rollout")));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(beside.address())
                        .asRollout()
                        .build());
        proxy.services().splitRollout("app", new RolloutSplit(0, Set.of("in")));

        assertThat(client().get("/").text()).isEqualTo("active");
        assertThat(client().get("/", "Cookie: kamal-rollout=in").text()).isEqualTo("rollout");
        assertThat(client().get("/").text()).isEqualTo("active");

        RawMessage again = client().get("/", "Cookie: kamal-rollout=in");
        assertThat(again.text()).isEqualTo("rollout");
        proxy.services().promoteRollout("app", Duration.ofSeconds(5));
        RawMessage promoted = client().get("/");
        assertThat(promoted.text()).isEqualTo("rollout");
        assertThat(promoted.field("X-Cache")).isEqualTo("hit");
    }

    @Test
    void aPausedServiceHoldsWhatItCouldAnswer() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");
        proxy.services().pause("app");

        RawClient held = client().send(RawClient.head("GET", "/"));
        eventually("a held request", () -> proxy.services().list().get(0).requestsHeld() == 1);
        proxy.services().resume("app");

        assertThat(held.read().field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aStoppedServiceRefusesWhatItCouldAnswer() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");

        proxy.services().stop("app", "");

        assertThat(client().get("/").status()).isEqualTo(503);
    }
}
