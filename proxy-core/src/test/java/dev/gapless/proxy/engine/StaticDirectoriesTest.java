package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

/** Where static files are looked for, over deployments. */
final class StaticDirectoriesTest {
    private final EngineFixture fixture = new EngineFixture();

    private Path base = Path.of("");

    @BeforeEach
    void makeReleases(@TempDir Path directory) throws IOException {
        base = directory.toRealPath();
        for (int i = 1; i <= 12; i++) {
            Files.createDirectory(base.resolve("v" + i));
        }
    }

    private StaticFiles.Builder release(int version) {
        return StaticFiles.builder(base.resolve("v" + version));
    }

    private void deploy(StaticFiles files) {
        fixture.serve("web", ServiceOptions.builder().staticFiles(files));
    }

    private List<String> directories() {
        Decision decision = fixture.engine.decideAtFirst(Request.to("http://example.com/"), new Attempts());
        return fixture.engine.staticDirectories(((Decision.Admit) decision).service()).stream()
                .map(directory -> directory.directory().getFileName().toString())
                .toList();
    }

    @Test
    void thoseOfTheDeploymentBeforeStayForAWhile() {
        deploy(release(1).build());
        deploy(release(2).keepPrevious(Duration.ofMinutes(10)).build());

        assertThat(directories()).containsExactly("v2", "v1");
        fixture.advance(Duration.ofMinutes(10).minusNanos(1));
        assertThat(directories()).containsExactly("v2", "v1");
        fixture.advance(Duration.ofNanos(1));
        assertThat(directories()).containsExactly("v2");
    }

    @Test
    void eachOfSeveralStaysForItsOwnTime() {
        deploy(release(1).build());
        deploy(release(2).build());
        fixture.advance(Duration.ofMinutes(40));
        deploy(release(3).build());

        assertThat(directories()).containsExactly("v3", "v2", "v1");
        fixture.advance(Duration.ofMinutes(20));
        assertThat(directories()).containsExactly("v3", "v2");
        fixture.advance(Duration.ofMinutes(40));
        assertThat(directories()).containsExactly("v3");
    }

    @Test
    void noneStaysIfThatIsTheOption() {
        deploy(release(1).build());
        deploy(release(2).keepPrevious(Duration.ZERO).build());

        assertThat(directories()).containsExactly("v2");
    }

    @Test
    void aDirectoryThatIsDeployedAgainIsNotLookedIntoTwice() {
        deploy(release(1).build());
        deploy(release(1).build());

        assertThat(directories()).containsExactly("v1");
    }

    @Test
    void manyDeploymentsDoNotMakeManyDirectories() {
        for (int i = 1; i <= 12; i++) {
            deploy(release(i).build());
        }

        assertThat(directories()).hasSize(9).startsWith("v12", "v11").endsWith("v4");
    }

    @Test
    void whereALinkHasLedIsRemembered() throws IOException {
        Path current = Files.createSymbolicLink(base.resolve("current"), base.resolve("v1"));
        deploy(StaticFiles.in(current));
        assertThat(directories()).containsExactly("current", "v1");

        Files.delete(current);
        Files.createSymbolicLink(current, base.resolve("v2"));
        deploy(StaticFiles.in(current));

        assertThat(directories()).containsExactly("current", "v2", "v1");
    }

    @Test
    void aRolloutAndItsPromotionLeaveThemAsTheyAre() {
        deploy(release(1).build());
        deploy(release(2).build());
        fixture.rollOut("web", "new");
        assertThat(directories()).containsExactly("v2", "v1");

        done(fixture.engine.promoteRolloutAsync("web", Duration.ofSeconds(1)));

        assertThat(directories()).containsExactly("v2", "v1");
    }

    @Test
    void aDirectoryThatIsNotThereFailsTheDeploymentAndIsNamed() {
        Deployment deployment = Deployment.builder("web")
                .target("web")
                .options(ServiceOptions.builder()
                        .staticFiles(StaticFiles.in(base.resolve("nowhere")))
                        .build())
                .build();

        assertThat(failure(fixture.deploy(deployment), DeployFailedException.class))
                .hasMessageContaining("static files")
                .hasMessageContaining("nowhere");
    }
}
