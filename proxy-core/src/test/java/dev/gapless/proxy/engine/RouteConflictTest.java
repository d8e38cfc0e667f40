package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

final class RouteConflictTest {
    private final EngineFixture proxy = new EngineFixture();

    private static Deployment deployment(String service, ServiceOptions.Builder options) {
        return Deployment.builder(service)
                .target(service)
                .options(options.build())
                .build();
    }

    private static ServiceOptions.Builder host(String host) {
        return ServiceOptions.builder().host(host);
    }

    @Test
    void aRouteThatAnotherServiceHasIsRefusedBeforeAnythingIsProbed() {
        proxy.serve("first", host("example.com").pathPrefix("/api"));

        CompletableFuture<DeployResult> second =
                proxy.deploy(deployment("second", host("example.com").pathPrefix("/api")));

        RouteConflictException conflict = EngineFixture.failure(second, RouteConflictException.class);
        assertThat(conflict).hasMessage("route conflict: example.com/api of service \"second\" is in use by \"first\"");
        assertThat(conflict.service()).isEqualTo("second");
        assertThat(conflict.otherService()).isEqualTo("first");
        assertThat(proxy.probe.timesAsked("second:80")).isZero();
        assertThat(proxy.route("http://example.com/api/x")).isEqualTo("first /x");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aRouteTakenWhileTheTargetsWereProbedIsRefusedAtTheSwap() {
        proxy.probe.waits("slow:80");
        CompletableFuture<DeployResult> slow = proxy.deploy(deployment("slow", host("example.com")));
        proxy.serve("quick", host("example.com"));

        proxy.probe.complete("slow:80", ScriptedProbe.healthy());

        assertThat(EngineFixture.failure(slow, RouteConflictException.class).otherService())
                .isEqualTo("quick");
        assertThat(proxy.route("http://example.com/")).isEqualTo("quick /");
        assertThat(proxy.engine.list()).hasSize(1);
        assertThat(proxy.time.scheduled()).isZero();
        assertThat(proxy.listener.heard())
                .containsSubsequence("slow Started", "quick Swapped", "slow Probed", "slow Failed");
    }

    @Test
    void aServiceThatWantsARouteTooManyKeepsTheOnesItHas() {
        proxy.serve("first", host("example.com"));
        proxy.serve("second", host("example.org"));

        CompletableFuture<DeployResult> greedy =
                proxy.deploy(deployment("second", host("example.org").host("example.com")));

        EngineFixture.failure(greedy, RouteConflictException.class);
        assertThat(proxy.route("http://example.org/")).isEqualTo("second /");
        assertThat(proxy.route("http://example.com/")).isEqualTo("first /");
    }

    @Test
    void theServicesWithoutHostsConflictWithEachOther() {
        proxy.serve("first", ServiceOptions.builder());

        CompletableFuture<DeployResult> second = proxy.deploy("second", "second");

        assertThat(EngineFixture.failure(second, RouteConflictException.class))
                .hasMessageContaining("*/ of service \"second\"");
    }

    @ParameterizedTest
    @CsvSource({
        "EXAMPLE.com., example.com",
        "*.example.com, *.Example.Com",
        "bücher.example, xn--bcher-kva.example",
        "[2001:DB8::1], [2001:db8::1]"
    })
    void hostsConflictInWhateverFormTheyAreGiven(String first, String second) {
        proxy.serve("first", host(first));

        EngineFixture.failure(proxy.deploy(deployment("second", host(second))), RouteConflictException.class);
    }

    @Test
    void prefixesConflictWithOrWithoutATrailingSlash() {
        proxy.serve("first", ServiceOptions.builder().pathPrefix("/bücher/"));

        EngineFixture.failure(
                proxy.deploy(deployment("second", ServiceOptions.builder().pathPrefix("/bücher"))),
                RouteConflictException.class);
    }

    @Test
    void routesThatOnlyOverlapDoNotConflict() {
        proxy.serve("exact", host("app.example.com"));
        proxy.serve("wildcard", host("*.example.com"));
        proxy.serve("any", ServiceOptions.builder());
        proxy.serve("api", host("app.example.com").pathPrefix("/api"));
        proxy.serve("v2", host("app.example.com").pathPrefix("/api/v2"));

        assertThat(proxy.engine.list()).hasSize(5);
    }

    @Test
    void aServiceDoesNotConflictWithItself() {
        proxy.serve("web", host("example.com").host("www.example.com"));

        assertThat(proxy.serve("web", host("example.com")).generation()).isEqualTo(2);
    }

    @Test
    void aRouteThatIsGivenUpIsFree() {
        proxy.serve("first", host("example.com").host("www.example.com"));
        proxy.serve("first", host("example.com"));
        proxy.serve("second", host("www.example.com"));
        proxy.engine.remove("first", Duration.ZERO);
        proxy.serve("third", host("example.com"));

        assertThat(proxy.route("http://www.example.com/")).isEqualTo("second /");
        assertThat(proxy.route("http://example.com/")).isEqualTo("third /");
    }
}
