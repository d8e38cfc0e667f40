package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.jetty.Application.handler;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Targets that are handlers of this process. */
class InProcessTargetTest extends TargetScaffold {
    private static final int MEBIBYTE = 1 << 20;

    private static Handler saying(String text) {
        return handler((request, response, callback) -> Content.Sink.write(response, true, text, callback));
    }

    private TargetAddress add(String name, Handler handler) {
        proxy = proxy == null ? start(loopback()) : proxy;
        return proxy.inProcessTargets().add(name, handler);
    }

    private void serve(Handler handler) {
        serve(handler, ServiceOptions.defaults());
    }

    private void serve(Handler handler, ServiceOptions options) {
        deploy(options, add("v1", handler).toString());
    }

    @Test
    void requestsReachItAsTheyReachAnyTarget() throws Exception {
        serve(handler((request, response, callback) -> {
            String seen = request.getMethod() + " " + request.getHttpURI().getPathQuery() + " "
                    + request.getHttpURI().getAuthority() + " " + Request.getRemoteAddr(request) + " "
                    + request.isSecure() + " " + request.getHeaders().get("X-Kamal-Target");
            Content.Sink.write(response, true, seen, callback);
        }));

        assertThat(client().get("/a%20b?c").text()).isEqualTo("GET /a%20b?c example.com 127.0.0.1 false jvm://v1");
        assertThat(http2().get("/").text()).startsWith("GET / ");
        assertThat(proxy.services().list().get(0).targets().get(0).address()).hasToString("jvm://v1");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void itsConnectionsAreUsedAgainAndClosedWithIt() throws Exception {
        Server server = new Server();
        closing(server::stop);
        server.setHandler(saying("v1"));
        proxy = start(loopback());
        TargetAddress first = proxy.inProcessTargets().add("v1", server);
        server.start();
        deploy(ServiceOptions.defaults(), first.toString());
        RawClient client = client();
        for (int i = 0; i < 10; i++) {
            assertThat(client.get("/").text()).isEqualTo("v1");
        }
        eventually(
                "the probe's connection is closed, and one is left",
                () -> server.getConnectors()[0].getConnectedEndPoints().size() == 1);

        deploy(ServiceOptions.defaults(), add("v2", saying("v2")).toString());

        assertThat(client.get("/").text()).isEqualTo("v2");
        eventually(
                "its connections are closed",
                () -> server.getConnectors()[0].getConnectedEndPoints().isEmpty());
        assertThat(proxy.inProcessTargets().remove("v1")).isTrue();
        assertThat(proxy.inProcessTargets().names()).containsExactly("v2");
        assertThat(server.isRunning()).as("the host's server").isTrue();
        assertThat(server.getConnectors()).isEmpty();
    }

    @Test
    void versionsAreSwappedUnderLoadWithoutLosingARequest() throws Exception {
        proxy = start(loopback());
        AtomicInteger versions = new AtomicInteger();
        DeploymentsUnderLoad load = closing(new DeploymentsUnderLoad(
                proxy, () -> served("v" + versions.incrementAndGet()), ServiceOptions.defaults()));
        load.startLoad(1);

        load.deploy(5);

        load.assertNoRequestFailed(0);
        assertThat(proxy.inProcessTargets().names()).containsExactly("v6");
    }

    private DeploymentsUnderLoad.Served served(String name) {
        TargetAddress address = proxy.inProcessTargets().add(name, handler((request, response, callback) -> {
            switch (request.getHttpURI().getPath()) {
                case "/slow" ->
                    request.getComponents()
                            .getScheduler()
                            .schedule(
                                    () -> Content.Sink.write(response, true, "slow", callback),
                                    50,
                                    TimeUnit.MILLISECONDS);
                case "/upload" -> Content.Sink.write(response, true, length(request), callback);
                default -> Content.Sink.write(response, true, "small", callback);
            }
        }));
        return new DeploymentsUnderLoad.Served() {
            @Override
            public String address() {
                return address.toString();
            }

            @Override
            public void stop() {
                proxy.inProcessTargets().remove(name);
            }
        };
    }

    private static String length(Request request) throws IOException {
        try (var in = Content.Source.asInputStream(request)) {
            return String.valueOf(in.readAllBytes().length);
        }
    }

    @Test
    void largeBodiesPassBothWays() throws Exception {
        serve(handler((request, response, callback) -> Content.copy(request, response, callback)), streaming());
        byte[] body = new byte[5 * MEBIBYTE];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) (i % 251);
        }
        RawClient client = client();

        client.sending(RawClient.head("POST", "/", "Content-Length: " + body.length), body);

        assertThat(client.read().text().getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(body);
    }

    @Test
    void whatASlowClientDoesNotTakeDoesNotFillTheMemory() throws Exception {
        Flood flood = new Flood();
        serve(handler((request, response, callback) -> flood.into(response, callback)), streaming());
        RawClient client = client();

        client.send(RawClient.head("GET", "/"));
        assertThat(client.readHead().status()).isEqualTo(200);

        eventually("the handler has to wait", flood::hasToWait);
        assertThat(flood.written()).as("written to a client that takes nothing").isLessThan(Flood.BYTES / 2);
        client.close();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aHandlerThatNeverCompletesIsGivenUpAfterTheTimeout() throws Exception {
        serve(
                handler((request, response, callback) -> {}),
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(100)).build());

        assertThat(client().get("/").status()).isEqualTo(504);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aHandlerThatThrowsAfterWritingIsSeenToHaveBrokenOff() throws Exception {
        serve(
                handler((request, response, callback) -> {
                    response.getHeaders().put("Content-Length", 10);
                    Callback.Completable written = new Callback.Completable();
                    response.write(false, BufferUtil.toBuffer("half!"), written);
                    written.get();
                    throw new IllegalStateException("on purpose");
                }),
                streaming());
        RawClient client = client();

        client.send(RawClient.head("GET", "/"));

        assertThat(client.readToEndOrReset()).endsWith("half!");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aHandlerThatThrowsAtOnceIsAnsweredForWith500() throws Exception {
        serve(handler((request, response, callback) -> {
            throw new IllegalStateException("on purpose");
        }));

        assertThat(client().get("/").status()).isEqualTo(500);
    }

    @Test
    void aHandlerThatCompletesTwiceDisturbsNobody() throws Exception {
        serve(handler((request, response, callback) -> {
            Content.Sink.write(response, true, "once", callback);
            callback.succeeded();
            callback.failed(new IllegalStateException("on purpose"));
        }));
        RawClient client = client();

        assertThat(client.get("/").text()).isEqualTo("once");
        assertThat(client.get("/").text()).isEqualTo("once");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void itHearsThatTheClientHasLeft() throws Exception {
        CompletableFuture<Throwable> heard = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        serve(handler((request, response, callback) -> {
            request.addFailureListener(heard::complete);
            Content.Sink.write(response, false, "part", Callback.NOOP);
            asked.complete(null);
            heard.whenComplete((failure, none) -> callback.failed(failure));
        }));
        RawClient client = client();
        client.send(RawClient.head("GET", "/"));
        asked.get(10, TimeUnit.SECONDS);

        client.close();

        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void tunnelsLeadThere() throws Exception {
        serve(handler((request, response, callback) -> EchoConnection.grant("echo", request, response, callback)));
        RawClient client = client();
        client.send(RawClient.head("GET", "/", "Connection: Upgrade", "Upgrade: echo"));
        assertThat(client.readHead().status()).isEqualTo(101);

        client.send("there and back");

        assertThat(client.readBytes(14)).isEqualTo("there and back");
        client.close();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aDrainCutsWhatTheHandlerDoesNotFinish() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        serve(handler((request, response, callback) -> asked.complete(null)));
        RawClient client = client();
        client.send(RawClient.head("GET", "/"));
        asked.get(10, TimeUnit.SECONDS);

        int cut = proxy.services()
                .deploy(Deployment.builder("app")
                        .target(add("v2", saying("v2")))
                        .drainTimeout(Duration.ofMillis(50))
                        .build())
                .requestsCut();

        assertThat(cut).isEqualTo(1);
        assertThat(client.read().status()).isEqualTo(504);
    }

    @Test
    void aNameThatNobodyAddedFailsTheDeploymentWithWhatThereIs() {
        add("v1", saying("v1"));

        assertThatThrownBy(() -> deploy(ServiceOptions.defaults(), "jvm://v2"))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("nothing in this process was added as \"v2\"; there is [v1]");
    }

    @Test
    void aServerThatDoesNotRunIsNotHealthy() {
        proxy = start(loopback());
        TargetAddress address = proxy.inProcessTargets().add("v1", new Server());

        assertThatThrownBy(() -> proxy.services()
                        .deploy(Deployment.builder("app")
                                .target(address)
                                .deployTimeout(Duration.ofSeconds(1))
                                .build()))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("the server of \"jvm://v1\" does not run");
    }

    @Test
    void aTargetThatWasRemovedIsAnsweredForWith502() throws Exception {
        serve(saying("v1"));
        proxy.inProcessTargets().remove("v1");

        assertThat(client().get("/").status()).isEqualTo(502);
        assertThat(proxy.inProcessTargets().remove("v1")).isFalse();
    }

    @Test
    void namesAreGivenOnceAndHaveAForm() {
        add("v1", saying("v1"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> add("v1", saying("v1")))
                .withMessageContaining("\"jvm://v1\" is in use; expected none of [v1]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> add("v 1", saying("v1")))
                .withMessageContaining("name \"v 1\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetAddress.parse("jvm://"))
                .withMessageContaining("\"jvm://\" is not an address");
    }

    @Test
    void aHandlerThatDoesNotStartIsRefusedWithItsReason() {
        assertThatIllegalStateException()
                .isThrownBy(() -> add("v1", new Handler.Wrapper() {
                    @Override
                    protected void doStart() {
                        throw new IllegalArgumentException("on purpose");
                    }
                }))
                .withMessageContaining("target \"jvm://v1\" does not start: on purpose");
        assertThat(proxy.inProcessTargets().names()).isEmpty();
    }

    @Test
    void aPortForTheHealthCheckIsRefused() {
        TargetAddress address = add("v1", saying("v1"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> deploy(
                        ServiceOptions.builder()
                                .healthCheck(HealthCheck.builder().port(8081).build())
                                .build(),
                        address.toString()))
                .withMessageContaining("health check port 8081 is not for target \"jvm://v1\", which has no ports");
    }

    @Test
    void itIsStoppedWithTheProxyAndNoneCanBeAddedThen() {
        Handler handler = saying("v1");
        serve(handler);

        proxy.close();

        assertThat(handler.isStopped()).isTrue();
        assertThatIllegalStateException()
                .isThrownBy(() -> add("v2", saying("v2")))
                .withMessageContaining("comes too late");
    }
}
