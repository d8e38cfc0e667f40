package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.RolloutKey;
import dev.gapless.proxy.spi.StateStore;
import dev.gapless.proxy.spi.TargetSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** An engine whose time, network and threads the test moves. */
final class EngineFixture {
    final ManualTime time = new ManualTime();
    final ScriptedProbe probe = new ScriptedProbe();
    final ScriptedResolver resolver = new ScriptedResolver();
    final RecordingLifecycle lifecycle = new RecordingLifecycle();
    final RecordingTlsEdge edge = new RecordingTlsEdge();
    final RecordingListener listener = new RecordingListener();
    final ScriptedChance chance = new ScriptedChance();
    final QueueingExecutor executor;
    /** The requests that were released from a pause, in that order. */
    final List<HeldRequest> released = new ArrayList<>();

    final EngineSetup setup;
    final ProxyEngine engine;

    /** Runs what is meant for the executor at once. */
    EngineFixture() {
        this(QueueingExecutor.direct());
    }

    /** Runs what is meant for the executor at once, and keeps what is deployed in the store. */
    EngineFixture(StateStore store) {
        this(QueueingExecutor.direct(), Map.of(), Map.of(), Optional.of(store));
    }

    static EngineFixture withSelector(String name, TargetSelector selector) {
        return new EngineFixture(QueueingExecutor.direct(), Map.of(name, selector), Map.of(), Optional.empty());
    }

    static EngineFixture withRolloutKey(String name, RolloutKey key) {
        return new EngineFixture(QueueingExecutor.direct(), Map.of(), Map.of(name, key), Optional.empty());
    }

    EngineFixture(QueueingExecutor executor, ProxyListener... first) {
        this(executor, Map.of(), Map.of(), Optional.empty(), first);
    }

    EngineFixture(
            QueueingExecutor executor,
            Map<String, TargetSelector> selectors,
            Map<String, RolloutKey> rolloutKeys,
            Optional<StateStore> store,
            ProxyListener... first) {
        this.executor = executor;
        List<ProxyListener> listeners = new ArrayList<>(List.of(first));
        listeners.add(listener);
        setup = new EngineSetup(
                time,
                time,
                executor,
                TargetProbe.of(probe),
                resolver,
                lifecycle,
                edge,
                listeners,
                selectors,
                rolloutKeys,
                store,
                NoCache.make());
        engine = new ProxyEngine(setup, chance);
    }

    /** Another engine of the same time and network, to which nobody listens. */
    ProxyEngine unheard(TargetLifecycle lifecycle) {
        return new ProxyEngine(new EngineSetup(
                time,
                time,
                Runnable::run,
                TargetProbe.of(probe),
                resolver,
                lifecycle,
                TlsEdge.NONE,
                List.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                NoCache.make()));
    }

    CompletableFuture<DeployResult> deploy(Deployment deployment) {
        return engine.deployAsync(deployment);
    }

    CompletableFuture<DeployResult> deploy(String service, String... targets) {
        return deploy(Deployment.of(service, targets));
    }

    /** Deploys a service to a target of its own, and expects that to be done at once. */
    DeployResult serve(String service, ServiceOptions.Builder options) {
        return done(deploy(Deployment.builder(service)
                .target(service)
                .options(options.build())
                .build()));
    }

    /** Sends a request that ends when the test says so, and waits if it is told to. */
    HeldRequest send(RequestHead head, long declaredBytes) {
        HeldRequest request = new HeldRequest(this, head, declaredBytes);
        request.decide();
        return request;
    }

    HeldRequest send(String uri) {
        return send(Request.to(uri), 0);
    }

    List<HeldRequest> send(int times, String uri) {
        return Stream.generate(() -> send(uri)).limit(times).toList();
    }

    static List<String> lastHeard(List<HeldRequest> requests) {
        return requests.stream().map(HeldRequest::last).toList();
    }

    /** Holds the requests of a service for a minute at most, and cuts those in flight after half of that. */
    CompletableFuture<DrainResult> pause(String service) {
        return engine.pauseAsync(service, Duration.ofSeconds(30), Duration.ofSeconds(60));
    }

    CompletableFuture<DrainResult> stop(String service, String message) {
        return engine.stopAsync(service, Duration.ofSeconds(30), message);
    }

    /** Deploys a rollout, and expects that to be done at once. */
    DeployResult rollOut(String service, String... targets) {
        Deployment.Builder deployment = Deployment.builder(service).asRollout();
        for (String target : targets) {
            deployment.target(target);
        }
        return done(deploy(deployment.build()));
    }

    /** Lets time pass for requests, too. */
    void advance(Duration time) {
        this.time.advance(time);
        engine.checkExpiry();
    }

    ServiceInfo info(String service) {
        return engine.list().stream()
                .filter(info -> info.name().equals(service))
                .findFirst()
                .orElseThrow();
    }

    /** Returns what has been completed by now. */
    static <T> T done(CompletableFuture<T> work) {
        assertThat(work).isCompleted();
        return work.join();
    }

    /** Returns what the work has failed with by now. */
    static <E extends Throwable> E failure(CompletableFuture<?> work, Class<E> type) {
        assertThat(work).isCompletedExceptionally();
        try {
            work.join();
        } catch (CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(type);
            return type.cast(e.getCause());
        }
        throw new AssertionError("unreachable");
    }

    /** Returns the names of the steps, in order. */
    static List<String> steps(DeployResult result) {
        return result.timeline().stream().map(EngineFixture::step).toList();
    }

    private static String step(DeployEvent event) {
        return event.getClass().getSimpleName();
    }

    Decision decide(String uri) {
        return engine.decide(Request.to(uri), new Attempts());
    }

    /** Sends a request that is forwarded, and stays in flight until its lease is released or cut. */
    Lease request(String uri) {
        Decision decision = decide(uri);
        assertThat(decision).isInstanceOf(Decision.Forward.class);
        return ((Decision.Forward) decision).lease();
    }

    /** Sends a request that is over at once. Returns the address of the target that took it, or the status without one. */
    String answer(String uri) {
        return answer(Request.to(uri));
    }

    String answer(RequestHead head) {
        Decision decision = engine.decide(head, new Attempts());
        if (decision instanceof Decision.Forward forward) {
            forward.lease().release();
            return forward.lease().address().toString();
        }
        return refusal(decision);
    }

    /** Returns the service that a request goes to and the path that is forwarded, or what becomes of it instead. */
    String route(String uri) {
        Decision decision = decide(uri);
        if (decision instanceof Decision.Forward forward) {
            forward.lease().release();
            return forward.service().name() + " " + forward.path();
        }
        return refusal(decision);
    }

    private static String refusal(Decision decision) {
        if (decision instanceof Decision.Redirect redirect) {
            return "301 " + redirect.location();
        }
        if (decision instanceof Decision.Alive) {
            return "200";
        } else if (decision instanceof Decision.Wait) {
            return "held";
        }
        return String.valueOf(((Decision.Respond) decision).reason().status());
    }
}
