package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpProxy;
import org.eclipse.jetty.client.transport.HttpClientTransportDynamic;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** A proxy whose connections to targets are set up as a client of the application's is. */
class HostClientTest extends TargetScaffold {
    private static final Certificates CERTIFICATE = Certificates.shared();

    private final HttpClient client = new HttpClient();

    @AfterEach
    void stopClient() {
        LifeCycle.stop(client);
    }

    private static SslContextFactory.Client trusting(Certificates certificate) throws Exception {
        SslContextFactory.Client ssl = new SslContextFactory.Client();
        ssl.setSslContext(certificate.trusting());
        return ssl;
    }

    private JettyTarget tlsTarget() throws Exception {
        return closing(JettyTarget.tls(Http2Target.server(CERTIFICATE), JettyTarget::protocol, "h2", "http/1.1"));
    }

    @Test
    void timeoutsAndLimitsAreTakenOver() {
        client.setConnectTimeout(1234);
        client.setIdleTimeout(2345);
        client.setMaxConnectionsPerDestination(8);

        ProxyServer.Builder builder = loopback().httpClient(client).connectTimeout(Duration.ofMillis(99));

        assertThat(builder.connectTimeout).isEqualTo(Duration.ofMillis(99));
        assertThat(builder.targetIdleTimeout).isEqualTo(Duration.ofMillis(2345));
        assertThat(builder.maxConnectionsPerTarget).isEqualTo(8);
    }

    @Test
    void buffersQueuesAndSocketsAreTakenOver() throws Exception {
        client.setAddressResolutionTimeout(3456);
        client.setMaxRequestsQueuedPerDestination(4000);
        client.setRequestBufferSize(5000);
        client.setResponseBufferSize(20_000);
        ClientConnector connector = client.getClientConnector();
        connector.setTCPNoDelay(false);
        connector.setReuseAddress(false);
        connector.setReusePort(true);
        connector.setReceiveBufferSize(30_000);
        connector.setSendBufferSize(40_000);
        proxy = closing(loopback().httpClient(client).build());
        client.setRequestBufferSize(1); // Too late to count.

        HttpClient own = proxy.assembly.client();

        int lanes = Runtime.getRuntime().availableProcessors();
        assertThat(own.getAddressResolutionTimeout()).isEqualTo(3456);
        assertThat(own.getMaxRequestsQueuedPerDestination()).isEqualTo(4000 / lanes);
        assertThat(own.getRequestBufferSize()).isEqualTo(5000);
        assertThat(own.getResponseBufferSize()).isEqualTo(20_000);
        assertThat(own.getClientConnector().isTCPNoDelay()).isFalse();
        assertThat(own.getClientConnector().getReuseAddress()).isFalse();
        assertThat(own.getClientConnector().isReusePort()).isTrue();
        assertThat(own.getClientConnector().getReceiveBufferSize()).isEqualTo(30_000);
        assertThat(own.getClientConnector().getSendBufferSize()).isEqualTo(40_000);
    }

    @Test
    void theSizeOfResponseBuffersIsTheProxysUnlessTheClientSaysSo() throws Exception {
        proxy = closing(loopback().httpClient(client).build());

        assertThat(proxy.assembly.client().getResponseBufferSize()).isEqualTo(Clients.RESPONSE_BUFFER_BYTES);
    }

    @Test
    void connectionsComeFromTheAddressOfTheClient(@TempDir Path directory) throws Exception {
        client.setBindAddress(new InetSocketAddress("127.0.0.2", 0));
        proxy = start(loopback().httpClient(client));
        JettyTarget target = closing(JettyTarget.http11(Request::getRemoteAddr));
        deploy(ServiceOptions.defaults(), target.address());

        assertThat(client().get("/").text()).isEqualTo("127.0.0.2");

        UnixTarget file = closing(new UnixTarget(directory.resolve("socket")));
        deploy(ServiceOptions.defaults(), file.address());
        assertThat(client().get("/").status()).isEqualTo(200);
    }

    @Test
    void threadsSchedulerAndBuffersOfTheClientServeTheProxyAndGoOnAfterIt() throws Exception {
        client.setByteBufferPool(new ArrayByteBufferPool());
        client.start();
        QueuedThreadPool threads = (QueuedThreadPool) client.getExecutor();
        JettyTarget target = closing(JettyTarget.http11(JettyTarget::protocol));
        proxy = start(loopback().httpClient(client));
        deploy(ServiceOptions.defaults(), target.address());

        assertThat(client().get("/").text()).isEqualTo("HTTP/1.1 for example.com");

        HttpClient own = proxy.assembly.client();
        assertThat(own.getExecutor()).isSameAs(threads);
        assertThat(own.getScheduler()).isSameAs(client.getScheduler());
        assertThat(own.getByteBufferPool()).isSameAs(client.getByteBufferPool());
        proxy.stop();
        assertThat(threads.isRunning()).isTrue();
        assertThat(client.getScheduler().isRunning()).isTrue();
        assertThat(client.GET("http://127.0.0.1:" + target.port()).getStatus()).isEqualTo(200);
    }

    @Test
    void whatAClientThatIsNotStartedHasIsStartedAndNotStopped() throws Exception {
        ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler();
        closing(scheduler::stop);
        QueuedThreadPool threads = new QueuedThreadPool();
        closing(threads::stop);
        client.setScheduler(scheduler);
        client.setExecutor(threads);
        proxy = start(loopback().httpClient(client));

        assertThat(client().get("/").status()).isEqualTo(404);
        proxy.stop();

        assertThat(threads.isRunning()).isTrue();
        assertThat(scheduler.isRunning()).isTrue();
        assertThat(client.isStarted()).isFalse();
    }

    @Test
    void whatAServerHasCountsMoreThanWhatTheClientHas() throws Exception {
        Server server = new Server();
        client.start();
        proxy = closing(loopback().server(server).httpClient(client).build());

        HttpClient own = proxy.assembly.client();

        assertThat(own.getExecutor()).isSameAs(server.getThreadPool());
        assertThat(own.getScheduler()).isSameAs(server.getScheduler());
        assertThat(own.getByteBufferPool()).isSameAs(server.getByteBufferPool());
    }

    @Test
    void targetsAreTrustedAsTheClientTrustsThem() throws Exception {
        client.setSslContextFactory(trusting(CERTIFICATE));
        proxy = start(loopback().httpClient(client));
        deploy(ServiceOptions.defaults(), tlsTarget().address());

        assertThat(client().get("/").text()).isEqualTo("HTTP/2.0 for example.com");
    }

    @Test
    void whatADeploymentSaysOfTrustCountsMore(@TempDir Path directory) throws Exception {
        Certificates other = Certificates.make(directory, "other", "EC");
        client.setSslContextFactory(trusting(CERTIFICATE));
        proxy = start(loopback().httpClient(client));
        TargetTls tls = TargetTls.builder().certificateAuthority(other.chain()).build();

        assertThatThrownBy(() -> proxy.services()
                        .deploy(Deployment.builder("app")
                                .target(tlsTarget().address())
                                .options(ServiceOptions.builder().targetTls(tls).build())
                                .deployTimeout(Duration.ofMillis(300))
                                .build()))
                .isInstanceOf(DeployFailedException.class);
    }

    @Test
    void theNameThatADeploymentAsksForIsVerifiedByTheClientsTrust() throws Exception {
        client.setSslContextFactory(trusting(CERTIFICATE));
        proxy = start(loopback().httpClient(client));
        String address = tlsTarget().address();

        deploy(named("localhost"), address);

        assertThat(client().get("/").status()).isEqualTo(200);
        assertThatThrownBy(() -> proxy.services()
                        .deploy(Deployment.builder("app")
                                .target(address)
                                .options(named("elsewhere.example"))
                                .deployTimeout(Duration.ofMillis(300))
                                .build()))
                .isInstanceOf(DeployFailedException.class);
    }

    private static ServiceOptions named(String name) {
        return ServiceOptions.builder()
                .targetTls(TargetTls.builder().serverName(name).build())
                .build();
    }

    @Test
    void namesAreResolvedAsTheClientResolvesThem() throws Exception {
        JettyTarget target = closing(JettyTarget.http11(JettyTarget::protocol));
        client.setSocketAddressResolver((host, port, context, promise) -> {
            if (host.equals("app.invalid")) {
                promise.succeeded(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
            } else {
                throw new IllegalArgumentException("no such name: " + host);
            }
        });
        proxy = start(loopback().httpClient(client));

        deploy(ServiceOptions.defaults(), "app.invalid:" + target.port());

        assertThat(client().get("/").status()).isEqualTo(200);
        assertThatThrownBy(() -> deploy(ServiceOptions.defaults(), "other.invalid:" + target.port()))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("no such name: other.invalid");
    }

    static Stream<Arguments> cannotBeFollowed() {
        return Stream.of(
                refused(
                        "proxy configuration",
                        client -> client.getProxyConfiguration().addProxy(new HttpProxy("proxy.example", 3128))),
                refused("executor", client -> client.setExecutor(Executors.newCachedThreadPool())),
                refused("HTTP compliance", client -> client.setHttpCompliance(HttpCompliance.LEGACY)),
                refused("connectBlocking", client -> client.setConnectBlocking(true)),
                refused("bind address", client -> client.setBindAddress(UnixDomainSocketAddress.of("/tmp/x"))),
                refused("TLS is trustAll", client -> client.setSslContextFactory(new SslContextFactory.Client(true))),
                refused("TLS is without endpoint identification", client -> {
                    SslContextFactory.Client ssl = new SslContextFactory.Client();
                    ssl.setEndpointIdentificationAlgorithm(null);
                    client.setSslContextFactory(ssl);
                }));
    }

    private static Arguments refused(String setting, Consumer<HttpClient> set) {
        return arguments(setting, set);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cannotBeFollowed")
    void aSettingThatTheProxyCannotFollowIsRefusedByName(String setting, Consumer<HttpClient> set) {
        set.accept(client);

        assertThatThrownBy(() -> loopback().httpClient(client))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the HTTP client's " + setting)
                .hasMessageContaining("; expected ");
    }

    static Stream<HttpClient> ofAnotherMake() {
        return Stream.of(
                new HttpClient(new HttpClientTransportDynamic(new ClientConnector())),
                new HttpClient(new HttpClientTransportOverHTTP(new ClientConnector() {})));
    }

    @ParameterizedTest
    @MethodSource("ofAnotherMake")
    void aTransportOrConnectorOfItsOwnIsRefused(HttpClient other) {
        assertThatThrownBy(() -> loopback().httpClient(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the HTTP client's ")
                .hasMessageContaining("; expected Jetty's ");
    }
}
