package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.RequestFilter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.jetty.Application.handler;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** What goes wrong around a proxy inside of an application. */
class EmbeddingFaultsTest extends ProxyScaffold {
    private void serve(Handler handler) {
        proxy = start(loopback());
        TargetAddress address = proxy.inProcessTargets().add("v1", handler);
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(address)
                        .options(ServiceOptions.defaults())
                        .build());
    }

    @Test
    void aClientCannotTellATargetOfThisProcessWhoItIs() throws Exception {
        serve(handler((request, response, callback) -> Content.Sink.write(
                response,
                true,
                Request.getRemoteAddr(request) + " " + request.isSecure() + " "
                        + request.getHttpURI().getAuthority() + " " + Request.getServerName(request),
                callback)));
        String truth = "127.0.0.1 false example.com example.com";
        RawClient client = client();

        assertThat(client.get("/", "Forwarded: for=6.6.6.6;proto=https;host=evil.example")
                        .text())
                .isEqualTo(truth);
        assertThat(client.get("/", "X-Proxied-Https: on", "Proxy-Ssl-Id: a", "Proxy-auth-cert: b")
                        .text())
                .isEqualTo(truth);
        assertThat(client.get("/", "X-Forwarded-Server: evil.example", "X-Forwarded-Port: 7")
                        .text())
                .isEqualTo(truth);
    }

    @Test
    void aTargetThatIsRemovedInTheMiddleIsAnsweredForWith502() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        serve(handler((request, response, callback) -> asked.complete(null)));
        RawClient client = client();
        client.send(RawClient.head("GET", "/"));
        asked.join();

        proxy.inProcessTargets().remove("v1");

        assertThat(client.read().status()).isEqualTo(502);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void theHostsThreadsMayStopBeforeTheProxy() throws Exception {
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setStopTimeout(100);
        proxy = start(loopback().threadPool(threads));
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        client().send(RawClient.head("GET", "/"));
        target.taken();

        threads.stop();
        proxy.stop();

        never.countDown();
    }

    /** Tells the threads by which it is called. */
    private static final class ThreadWitness implements RequestFilter {
        private final AtomicReference<Thread> request = new AtomicReference<>();
        private final AtomicReference<Thread> response = new AtomicReference<>();

        @Override
        public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead head) {
            request.set(Thread.currentThread());
            return CompletableFuture.completedFuture(FilterDecision.passOn());
        }

        @Override
        public CompletionStage<?> onResponse(RequestHead head, PendingResponse pending) {
            response.set(Thread.currentThread());
            return CompletableFuture.completedFuture(null);
        }
    }

    @Test
    void aProxyBehindAnotherOnOneServerServesARequestByOneThread() throws Exception {
        Server server = new Server();
        ThreadWitness witness = new ThreadWitness();
        ProxyServer inner = loopback().withoutPorts().filter(witness).build();
        server.setHandler(inner.handler());
        proxy = loopback().server(server).build();
        closing(server::stop);
        server.start();
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        inner.services()
                .deploy(Deployment.builder("inner").target(target.address()).build());
        RawClient client = client();

        for (int i = 0; i < 20; i++) {
            assertThat(client.get("/").text()).isEqualTo("ok");
            assertThat(witness.response.get()).isSameAs(witness.request.get());
        }
        assertThat(client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                        .read()
                        .text())
                .isEqualTo("ok");
    }

    @Test
    void aFilterThatThrowsAtATunnelFreesEverything() throws Exception {
        proxy = start(loopback().hostCodeTimeout(Duration.ofMillis(200)).filter(new RequestFilter() {
            @Override
            public CompletionStage<?> onResponse(RequestHead head, PendingResponse pending) {
                throw new IllegalStateException("on purpose");
            }
        }));
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request));
            connection.isLeft();
        }));
        RawClient client = client();

        client.send(RawClient.head("GET", "/", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(500);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aFilterMayAnswerARequestWhoseBodyIsStillToCome() throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead head) {
                return CompletableFuture.completedFuture(FilterDecision.answer(402, HeaderRules.none(), new byte[3]));
            }
        }));
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();

        client.sending(RawClient.head("POST", "/", "Content-Length: 5000000"), new byte[5_000_000]);

        assertThat(client.read().status()).isEqualTo(402);
        RawClient next = client();
        assertThat(next.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                        .read()
                        .status())
                .isEqualTo(402);
        assertThat(next.get("/").status()).isEqualTo(402);
    }

    @Test
    void aTargetThatReadsNothingOfALargeBodyMayAnswer() throws Exception {
        serve(handler((request, response, callback) -> Content.Sink.write(response, true, "early", callback)));
        RawClient client = client();

        client.sending(RawClient.head("POST", "/", "Content-Length: 5000000"), new byte[5_000_000]);

        assertThat(client.read().text()).isEqualTo("early");
        eventually("no lease is left", () -> requestsInFlight() == 0);
        assertThat(client().get("/").text()).isEqualTo("early");
    }

    @Test
    void aNameMayBeUsedAgain() throws Exception {
        serve(handler((request, response, callback) -> Content.Sink.write(response, true, "first", callback)));
        RawClient client = client();
        assertThat(client.get("/").text()).isEqualTo("first");

        for (int i = 0; i < 3; i++) {
            String text = "again " + i;
            proxy.inProcessTargets().remove("v1");
            proxy.inProcessTargets()
                    .add(
                            "v1",
                            handler((request, response, callback) ->
                                    Content.Sink.write(response, true, text, callback)));

            assertThat(client.get("/").text()).isEqualTo(text);
        }
    }

    @Test
    void aTargetMayRemoveItself() throws Exception {
        CompletableFuture<Boolean> removed = new CompletableFuture<>();
        serve(handler((request, response, callback) ->
                removed.complete(proxy.inProcessTargets().remove("v1"))));

        assertThat(client().get("/").status()).isEqualTo(502);

        assertThat(removed.join()).isTrue();
        assertThat(proxy.inProcessTargets().names()).isEmpty();
    }

    @Test
    void aCallbackOfTheHostsThatThrowsDoesNotCountAsARequestUnderWay() throws Exception {
        Server server = new Server();
        proxy = loopback()
                .withoutPorts()
                .shutdownGrace(Duration.ofMinutes(2))
                .build()
                .start();
        Handler.Wrapper throwing = new Handler.Wrapper(proxy.handler()) {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                return super.handle(request, response, new Callback.Nested(callback) {
                    @Override
                    public void succeeded() {
                        super.succeeded();
                        throw new IllegalStateException("on purpose");
                    }
                });
            }
        };
        server.setHandler(throwing);
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        deploy("app", ServiceOptions.defaults(), closing(RawTarget.answering(RawTarget.OK)));
        RawClient client = closing(RawClient.to(reached.port()));
        assertThat(client.get("/").text()).isEqualTo("ok");

        assertTimeoutPreemptively(Duration.ofSeconds(20), proxy::stop);
    }

    @Test
    void aFilterThatDecidesAfterItsHttp2ClientHasLeftChangesNothing() throws Exception {
        CompletableFuture<FilterDecision> later = new CompletableFuture<>();
        CountDownLatch asked = new CountDownLatch(1);
        proxy = start(loopback().filter(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeForwarding(RequestHead head, String service) {
                asked.countDown();
                return head.path().equals("/late") ? later : CompletableFuture.completedFuture(FilterDecision.passOn());
            }
        }));
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        Http2Client client = http2();
        Http2Client.Sent sent = client.begin("GET", "/late", true);
        asked.await();

        sent.stream().reset(new ResetFrame(sent.stream().getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
        assertThat(client.get("/next").text()).isEqualTo("ok");
        later.complete(FilterDecision.passOn());

        assertThat(client.get("/last").text()).isEqualTo("ok");
        assertThat(target.taken().requestTarget()).isEqualTo("/next");
        assertThat(target.taken().requestTarget()).isEqualTo("/last");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aHandoffToATargetOfThisProcessFromAnotherIsServed() throws Exception {
        AtomicReference<Handoff> toBack = new AtomicReference<>();
        serve(handler((request, response, callback) -> toBack.get().send(request, response, callback)));
        TargetAddress back = proxy.inProcessTargets()
                .add("back", handler((request, response, callback) -> Content.copy(request, response, callback)));
        proxy.services()
                .deploy(Deployment.builder("back")
                        .target(back)
                        .options(ServiceOptions.builder().host("back.example").build())
                        .build());
        toBack.set(proxy.handoffTo("back").build());
        RawClient client = client();

        for (int i = 0; i < 5; i++) {
            assertThat(client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                            .read()
                            .text())
                    .isEqualTo("hello");
        }
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    /** Does not start at first. */
    private static final class LateHandler extends Handler.Abstract {
        private boolean tried;

        @Override
        protected void doStart() throws Exception {
            if (!tried) {
                tried = true;
                throw new IllegalStateException("on purpose");
            }
            super.doStart();
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            return false;
        }
    }

    @Test
    void aServerThatStartsInItsSecondAttemptStopsTheProxyWithIt() throws Exception {
        Server server = new Server();
        closing(server::stop);
        proxy = loopback().withoutPorts().build();
        Handler.Wrapper handler = proxy.handler(Unrouted.PASS_ON);
        handler.setHandler(new LateHandler());
        server.setHandler(handler);
        assertThatThrownBy(server::start).hasMessageContaining("on purpose");
        server.start();

        server.stop();

        assertThatThrownBy(() -> proxy.inProcessTargets().add("v1", new Handler.Sequence()))
                .hasMessageContaining("the proxy is stopped");
    }

    @Test
    void aFilterWhoseDecisionIsHalfNothingGives500() throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead head) {
                return CompletableFuture.completedFuture(
                        head.path().equals("/bad")
                                ? new FilterDecision.PassOn(null, null, null)
                                : FilterDecision.passOn());
            }
        }));
        serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().get("/bad").status()).isEqualTo(500);
        assertThat(http2().get("/bad").status()).isEqualTo(500);
        assertThat(client().get("/").text()).isEqualTo("ok");
    }

    @Test
    void theReasonOfARefusalIsTextInEachForm() throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead head) {
                return CompletableFuture.completedFuture(FilterDecision.refuse(403, "<script>\"\r\n"));
            }
        }));
        RawClient client = client();

        assertThat(client.get("/").text()).doesNotContain("<script>");
        assertThat(client().get("/", "Accept: application/json").text()).contains("<script>\\\"");
    }

    @Test
    void aHandoffToWhereItCameFromIsALoop() throws Exception {
        proxy = start(loopback());
        Handoff handoff = proxy.handoffTo("loop").build();
        Application application = closing(Application.of(handoff::send));
        proxy.services()
                .deploy(Deployment.builder("loop")
                        .target("127.0.0.1:" + application.port())
                        .force(true)
                        .build());

        assertThat(closing(RawClient.to(application.port())).get("/").status()).isEqualTo(508);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }
}
