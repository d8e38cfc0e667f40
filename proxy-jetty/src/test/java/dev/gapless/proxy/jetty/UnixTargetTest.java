package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Targets that listen on Unix domain sockets. */
class UnixTargetTest extends TargetScaffold {
    /** Not JUnit's, whose path may be longer than a socket's may be. */
    private Path directory;

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory(Path.of("/tmp"), "unix-target");
    }

    @AfterEach
    void removeDirectory() throws Exception {
        closeAll();
        Files.delete(directory);
    }

    private UnixTarget serve(String name, ServiceOptions options) throws Exception {
        UnixTarget target = closing(new UnixTarget(directory.resolve(name)));
        deploy(options, target.address());
        return target;
    }

    private UnixTarget serve(String name) throws Exception {
        return serve(name, ServiceOptions.defaults());
    }

    @Test
    void requestsReachIt() throws Exception {
        UnixTarget target = serve("app.sock");

        assertThat(client().get("/a%2Fb?c").text()).isEqualTo("got 0");
        RawMessage request = target.taken();
        assertThat(request.requestTarget()).isEqualTo("/a%2Fb?c");
        assertThat(request.field("Host")).isEqualTo("example.com");
        assertThat(request.field("X-Kamal-Target")).isEqualTo(target.address());
        assertThat(http2().get("/").text()).isEqualTo("got 0");
        assertThat(proxy.services().list().get(0).targets().get(0).address()).hasToString(target.address());
    }

    @Test
    void largeBodiesReachIt() throws Exception {
        serve("app.sock", streaming());
        RawClient client = client();

        client.sending(RawClient.head("POST", "/", "Content-Length: 5000000"), new byte[5_000_000]);

        assertThat(client.read().text()).isEqualTo("got 5000000");
    }

    @Test
    void itsConnectionsAreKeptAndClosedWithIt() throws Exception {
        UnixTarget first = serve("v1.sock");
        RawClient client = client();
        for (int i = 0; i < 10; i++) {
            client.get("/");
        }
        assertThat(first.usedConnections()).isEqualTo(1);

        UnixTarget second = serve("v2.sock");

        eventually("its connections are closed", () -> first.openConnections() == 0);
        client.get("/new");
        assertThat(second.taken().requestTarget()).isEqualTo("/new");
    }

    @Test
    void aSocketThatHasBeenTakenAwayIsLikeARefusedConnection() throws Exception {
        UnixTarget target = serve("app.sock");
        client().get("/");
        target.close();

        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void anotherTargetTakesTheRequestsOfOneThatIsGone() throws Exception {
        UnixTarget there = closing(new UnixTarget(directory.resolve("there.sock")));
        proxy = start(loopback());
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target("unix:" + directory.resolve("gone.sock"))
                        .target(there.address())
                        .force(true)
                        .build());
        RawClient client = client();

        for (int i = 0; i < 10; i++) {
            RawMessage response = client.send(RawClient.head("POST", "/", "Content-Length: 2") + "hi")
                    .read();
            assertThat(response.text()).isEqualTo("got 2");
        }
    }

    @Test
    void aSocketThatIsNotThereIsNotHealthy() {
        proxy = start(loopback());

        assertThatThrownBy(() -> proxy.services()
                        .deploy(Deployment.builder("app")
                                .target("unix:" + directory.resolve("none.sock"))
                                .deployTimeout(Duration.ofSeconds(1))
                                .build()))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("unix:" + directory.resolve("none.sock") + " (last probe: ")
                .hasMessageContaining("No such file");
    }

    @Test
    void itIsAskedForItsHealthAsLocalhostUnlessToldOtherwise() throws Exception {
        serve(
                        "app.sock",
                        ServiceOptions.builder()
                                .healthCheck(
                                        HealthCheck.builder().path("/health").build())
                                .build())
                .taken();
        UnixTarget second = closing(new UnixTarget(directory.resolve("v2.sock")));
        deploy(
                ServiceOptions.builder()
                        .healthCheck(HealthCheck.builder().path("/health").build())
                        .build(),
                second.address());

        assertThat(second.taken().field("Host")).isEqualTo("localhost");
    }

    @Test
    void itHasNoPorts() {
        proxy = start(loopback());
        Deployment deployment = Deployment.builder("app")
                .target("unix:/tmp/app.sock")
                .options(ServiceOptions.builder()
                        .healthCheck(HealthCheck.builder().port(8080).build())
                        .build())
                .build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> proxy.services().deploy(deployment))
                .withMessageContaining("8080")
                .withMessageContaining("unix:/tmp/app.sock");
    }
}
