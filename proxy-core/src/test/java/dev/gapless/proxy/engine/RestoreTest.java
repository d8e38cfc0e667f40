package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceChange;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What a process has deployed is there again in the next one. */
final class RestoreTest {
    private final MemoryStateStore store = new MemoryStateStore();
    private EngineFixture proxy = newProxy();

    private EngineFixture newProxy(ProxyListener... listeners) {
        return new EngineFixture(
                QueueingExecutor.direct(), Map.of(), Map.of("account", head -> null), Optional.of(store), listeners);
    }

    /** The process ends, and another begins, all of whose targets are unhealthy. */
    private EngineFixture restart() {
        proxy = newProxy();
        proxy.engine.restore();
        return proxy;
    }

    private static ServiceInfo only(EngineFixture proxy) {
        assertThat(proxy.engine.list()).hasSize(1);
        return proxy.engine.list().get(0);
    }

    @Test
    void aServiceServesAtOnceWithoutAProbe() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(proxy.deploy("web", "b"));

        restart();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
        assertThat(proxy.probe.asked()).isEmpty();
        assertThat(only(proxy).generation()).isEqualTo(2);
        assertThat(proxy.listener.heard()).containsExactly("web RESTORED");
    }

    @Test
    void everyOptionIsAsItWas() {
        ErrorPages pages = ErrorPages.of(Map.of(503, "<p>{{ .Message }}</p>"));
        ServiceOptions options = EveryOption.set(pages);
        EngineFixture.done(proxy.deploy(Deployment.builder("web")
                .target("a")
                .reader("r")
                .options(options)
                .build()));
        String saved = store.newest();

        restart();

        assertThat(only(proxy).options().errorPages()).contains(pages);
        assertThat(only(proxy).targets())
                .extracting(TargetInfo::address, TargetInfo::role, TargetInfo::healthy)
                .hasToString("[(a:80, WRITER, true), (r:80, READER, true)]");
        proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(1));
        proxy.engine.resume("web");
        assertThat(store.newest()).isEqualTo(saved);
    }

    @Test
    void aPausedServiceIsPausedAndCanBeResumed() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(5)));

        restart();

        assertThat(only(proxy).state()).isEqualTo(ServiceInfo.State.PAUSED);
        assertThat(proxy.decide("http://example.com/")).isInstanceOf(Decision.Wait.class);
        proxy.engine.resume("web");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(only(restart()).state()).isEqualTo(ServiceInfo.State.RUNNING);
    }

    @Test
    void aStoppedServiceIsStoppedWithItsMessage() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(proxy.engine.stopAsync("web", Duration.ZERO, "Back \"soon\" <b>"));

        restart();

        assertThat(only(proxy).state()).isEqualTo(ServiceInfo.State.STOPPED);
        assertThat(only(proxy).message()).isEqualTo("Back \"soon\" <b>");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("503");
        EngineFixture.done(proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(5)));
        assertThat(only(restart()).state()).isEqualTo(ServiceInfo.State.PAUSED);
    }

    @Test
    void aRolloutIsThereWithItsSplit() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(
                proxy.deploy(Deployment.builder("web").target("n").asRollout().build()));
        proxy.engine.splitRollout("web", new RolloutSplit(7, Set.of("me", "you")));

        restart();

        ServiceInfo.RolloutInfo rollout = only(proxy).rollout().orElseThrow();
        assertThat(rollout.split()).contains(new RolloutSplit(7, Set.of("me", "you")));
        Decision mine = proxy.engine.decide(
                Request.to("http://example.com/").withHeader("Cookie", "kamal-rollout=me"), new Attempts());
        assertThat(((Decision.Forward) mine).lease().address()).hasToString("n:80");
    }

    @Test
    void listenersHearOfARestoredServiceWithItsRollout() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(
                proxy.deploy(Deployment.builder("web").target("n").asRollout().build()));
        List<ServiceInfo> heard = new ArrayList<>();
        ProxyListener listener = new ProxyListener() {
            @Override
            public void onChange(ServiceInfo service, ServiceChange change) {
                heard.add(service);
            }
        };

        proxy = newProxy(listener);
        proxy.engine.restore();

        assertThat(heard).hasSize(1);
        assertThat(heard.get(0).rollout()).isPresent();
    }

    @Test
    void aRemovedServiceDoesNotComeBack() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(proxy.engine.removeAsync("web", Duration.ZERO));

        assertThat(restart().engine.list()).isEmpty();
    }

    @Test
    void aPoolOfSeveralIsProbedAgain() {
        EngineFixture.done(proxy.deploy("web", "a", "b"));
        restart();
        proxy.probe.isUnhealthy("a:80", "gone");

        proxy.time.advance(Duration.ofSeconds(1));

        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
    }

    @Test
    void aDamagedStateIsPutAsideAndThePreviousOneUsed() {
        EngineFixture.done(proxy.deploy("web", "a"));
        store.overwriteWith("anything".getBytes(StandardCharsets.UTF_8));
        store.overwriteWith(null);

        restart();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(store.setAside).containsExactly("state-2", "state-1");
    }

    @Test
    void nothingIsSavedOverADamagedStateThatCannotBePutAside() {
        store.overwriteWith("anything".getBytes(StandardCharsets.UTF_8));
        store.setsAsideNothing = true;
        restart();

        EngineFixture.done(proxy.deploy("web", "a"));

        assertThat(store.newest()).isEqualTo("anything");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(proxy.listener.heard()).contains("state not saved");
    }

    @Test
    void aStoreThatThrowsKeepsNothingFromBeingServedAndIsNotSavedTo() {
        EngineFixture.done(proxy.deploy("web", "a"));
        store.isBroken = true;
        restart();

        EngineFixture.done(proxy.deploy("api", "b"));

        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
        store.isBroken = false;
        assertThat(only(restart()).name()).isEqualTo("web");
    }

    @Test
    void aStateWhoseReadingThrowsIsPutAside() {
        EngineFixture.done(proxy.deploy("web", "a"));
        store.overwriteWithWhatThrows();

        restart();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(store.setAside).containsExactly("state-1");
    }

    @Test
    void aServiceThatCannotBeRestoredStaysListedAndSavedAndKeepsNoOtherFromIt() {
        EngineFixture.done(proxy.deploy(Deployment.builder("api")
                .target("a")
                .options(ServiceOptions.builder().host("api.example.com").build())
                .build()));
        EngineFixture.done(proxy.deploy("web", "b"));
        store.overwriteWith(StateDocument.encode(payload()
                .replace("\"tls\":false", "\"tls\":\"maybe\"")
                .replaceFirst("\"tls\":\"maybe\"(?=.*\"web\")", "\"tls\":false")));

        restart();

        assertThat(proxy.engine.list())
                .extracting(ServiceInfo::name, ServiceInfo::state)
                .hasToString("[(\"api\", RUNNING), (\"web\", NOT_RESTORED)]");
        assertThat(proxy.engine.list().get(1).message()).contains("web").contains("\"maybe\"");
        assertThat(proxy.answer("http://api.example.com/")).isEqualTo("a:80");
        EngineFixture.done(proxy.engine.pauseAsync("api", Duration.ZERO, Duration.ofSeconds(1)));
        assertThat(store.newest()).contains("\"tls\":\"maybe\"");
        EngineFixture.failure(
                proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(1)), ServiceNotFoundException.class);
        EngineFixture.done(proxy.engine.removeAsync("web", Duration.ZERO));
        assertThat(proxy.engine.list()).extracting(ServiceInfo::name).containsExactly("api");
    }

    private String payload() {
        String document = store.newest();
        return document.substring(document.indexOf('\n') + 1);
    }

    @Test
    void aServiceThatCannotBeRestoredIsReplacedByItsDeployment() {
        EngineFixture.done(proxy.deploy("web", "a"));
        store.overwriteWith(StateDocument.encode(payload().replace("\"a:80\"", "\"?\"")));
        restart();
        assertThat(only(proxy).state()).isEqualTo(ServiceInfo.State.NOT_RESTORED);

        EngineFixture.done(proxy.deploy("web", "b"));

        assertThat(only(proxy).state()).isEqualTo(ServiceInfo.State.RUNNING);
        assertThat(only(restart()).state()).isEqualTo(ServiceInfo.State.RUNNING);
    }

    @Test
    void ofTwoSavedServicesWithTheSameRouteOneIsRestored() {
        EngineFixture.done(proxy.deploy("web", "a"));
        String service = payload().replaceAll("^\\{\"services\":\\[|\\]\\}$", "");
        store.overwriteWith(
                StateDocument.encode("{\"services\":[" + service + "," + service.replace("\"web\"", "\"zeb\"") + "]}"));

        restart();

        assertThat(proxy.engine.list())
                .extracting(ServiceInfo::name, ServiceInfo::state)
                .hasToString("[(\"web\", RUNNING), (\"zeb\", NOT_RESTORED)]");
    }

    @Test
    void errorPagesAreReadFromTheirDirectoryAgainAndAServiceServesWithoutThoseThatAreLost(@TempDir Path directory)
            throws IOException {
        Path page = Files.writeString(directory.resolve("503.html"), "old");
        proxy.serve("web", ServiceOptions.builder().errorPages(ErrorPages.fromDirectory(directory)));

        Files.writeString(page, "new");
        assertThat(only(restart()).options().errorPages().orElseThrow().render(503, ""))
                .contains("new");

        Files.delete(page);
        assertThat(only(restart()).state()).isEqualTo(ServiceInfo.State.RUNNING);
        assertThat(only(proxy).options().errorPages().orElseThrow().render(503, ""))
                .isEmpty();
        proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(1));
        Files.writeString(page, "back");
        assertThat(only(restart()).options().errorPages().orElseThrow().render(503, ""))
                .contains("back");
    }

    @Test
    void halfOfASurrogatePairKeepsNothingFromBeingSaved() {
        EngineFixture.done(proxy.deploy("web", "a"));
        EngineFixture.done(proxy.engine.stopAsync("web", Duration.ZERO, "\uD83D \uD83D\uDE00 \uDE00"));

        assertThat(only(restart()).message()).isEqualTo("\uD83D \uD83D\uDE00 \uDE00");
    }

    @Test
    void aFullDiskIsReportedAndTheDeploymentStands() {
        EngineFixture.done(proxy.deploy("web", "a"));
        store.full = true;

        EngineFixture.done(proxy.deploy("web", "b"));
        assertThat(proxy.listener.heard()).contains("state not saved");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");

        store.full = false;
        proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(1));
        assertThat(restart().engine.list().get(0).targets().get(0).address()).hasToString("b:80");
    }

    @Test
    void whatIsDeployedBeforeTheRestorationStays() {
        EngineFixture.done(proxy.deploy("web", "a"));
        proxy = newProxy();
        EngineFixture.done(proxy.deploy("web", "b"));

        proxy.engine.restore();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
        assertThat(List.copyOf(proxy.engine.list())).hasSize(1);
    }

    @Test
    void anEngineWithoutAStoreRestoresNothing() {
        EngineFixture plain = new EngineFixture();

        plain.engine.restore();

        assertThat(plain.engine.list()).isEmpty();
    }
}
