package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What connections to targets need is made ready before anything is asked of them. */
final class PreparationTest {
    private static final TargetTls TLS =
            TargetTls.builder().certificateAuthority(Path.of("/ca.pem")).build();

    private final MemoryStateStore store = new MemoryStateStore();
    private EngineFixture proxy = new EngineFixture(store);

    private static Deployment deployment(String target) {
        return Deployment.builder("web")
                .target(target)
                .options(ServiceOptions.builder().targetTls(TLS).build())
                .build();
    }

    @Test
    void targetsArePreparedWithTheirServicesSettings() {
        done(proxy.deploy(deployment("https://a")));
        done(proxy.deploy(
                Deployment.builder("web").target("https://b").asRollout().build()));

        assertThat(proxy.lifecycle.prepared()).containsExactly("https://a:443 by /ca.pem", "https://b:443 by /ca.pem");
    }

    @Test
    void aDeploymentWhoseTargetsCannotBePreparedFailsBeforeAnythingIsProbed() {
        done(proxy.deploy("web", "a"));
        int asked = proxy.probe.asked().size();
        proxy.lifecycle.cannotPrepare("certificate file \"/ca.pem\" does not exist");

        DeployFailedException failure = failure(proxy.deploy(deployment("https://b")), DeployFailedException.class);

        assertThat(failure).hasMessageContaining("\"web\"").hasMessageContaining("/ca.pem\" does not exist");
        assertThat(steps(failure.result())).containsExactly("Failed");
        assertThat(proxy.probe.asked()).hasSize(asked);
        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void theFilesThatADeploymentNeedsMustBeThereWhenItsTurnHasCome() {
        proxy.probe.waits("a:80");
        CompletableFuture<?> first = proxy.deploy("web", "a");
        CompletableFuture<?> second = proxy.deploy(deployment("https://b"));
        proxy.lifecycle.cannotPrepare("gone");

        proxy.probe.complete("a:80", ScriptedProbe.healthy());

        done(first);
        assertThat(failure(second, DeployFailedException.class)).hasMessageContaining("gone");
    }

    @Test
    void aRestoredServiceIsPreparedAgain() {
        done(proxy.deploy(deployment("https://a")));
        done(proxy.deploy(
                Deployment.builder("web").target("https://b").asRollout().build()));
        proxy = new EngineFixture(store);

        proxy.engine.restore();

        assertThat(proxy.lifecycle.prepared()).containsExactly("https://a:443 by /ca.pem", "https://b:443 by /ca.pem");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("https://a:443");
    }

    @Test
    void aServiceWhoseFilesAreGoneIsNotRestoredButStaysListed() {
        done(proxy.deploy(deployment("https://a")));
        proxy.serve("other", ServiceOptions.builder().host("other.example.com"));
        proxy = new EngineFixture(store);
        proxy.lifecycle.cannotPrepare("/ca.pem", "certificate file \"/ca.pem\" does not exist");

        proxy.engine.restore();

        assertThat(proxy.info("web").state()).isEqualTo(ServiceInfo.State.NOT_RESTORED);
        assertThat(proxy.info("web").message()).contains("/ca.pem");
        assertThat(proxy.answer("http://other.example.com/")).isEqualTo("other:80");
    }

    @Test
    void aSocketHasNoOtherPortToBeAskedOn() {
        ServiceOptions options = ServiceOptions.builder()
                .healthCheck(HealthCheck.builder().port(81).build())
                .build();
        Deployment deployment = Deployment.builder("web")
                .target("unix:/run/app.sock")
                .options(options)
                .build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> proxy.engine.deployAsync(deployment))
                .withMessageContaining("81")
                .withMessageContaining("\"unix:/run/app.sock\"");
    }

    @Test
    void aRolloutOverASocketIsRefusedWhereItsServiceHasAPortForTheHealthCheck() {
        done(proxy.deploy(Deployment.builder("web")
                .target("a")
                .options(ServiceOptions.builder()
                        .healthCheck(HealthCheck.builder().port(81).build())
                        .build())
                .build()));
        Deployment rollout = Deployment.builder("web")
                .target("unix:/run/app.sock")
                .asRollout()
                .build();

        assertThatIllegalArgumentException().isThrownBy(() -> proxy.engine.deployAsync(rollout));
    }

    @Test
    void aRolloutOverASocketFailsIfItsServiceHasGotSuchAPortMeanwhile() {
        done(proxy.deploy("web", "a"));
        proxy.probe.waits("b:80");
        CompletableFuture<?> first = proxy.deploy(Deployment.builder("web")
                .target("b")
                .options(ServiceOptions.builder()
                        .healthCheck(HealthCheck.builder().port(81).build())
                        .build())
                .build());
        CompletableFuture<?> rollout = proxy.deploy(Deployment.builder("web")
                .target("unix:/run/app.sock")
                .asRollout()
                .build());

        proxy.probe.complete("b:80", ScriptedProbe.healthy());

        done(first);
        assertThat(failure(rollout, DeployFailedException.class)).hasMessageContaining("unix:/run/app.sock");
    }

    @Test
    void everyFormOfAnAddressSurvivesARestart() {
        done(proxy.deploy("web", "a:1", "https://a:1", "h2c://a:1", "unix:/run/a.sock"));
        proxy = new EngineFixture(QueueingExecutor.direct(), Map.of(), Map.of(), Optional.of(store));

        proxy.engine.restore();

        assertThat(proxy.info("web").targets())
                .extracting(target -> target.address().toString())
                .containsExactly("a:1", "https://a:1", "h2c://a:1", "unix:/run/a.sock");
    }
}
