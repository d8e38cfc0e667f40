package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.RequestFilter;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What filters of the host's do to requests, and what they cannot do. */
class RequestFilterTest extends ProxyScaffold {
    private final BlockingQueue<String> failed = new LinkedBlockingQueue<>();
    private final RequestLog log = new RequestLog();

    private RawTarget serving(RequestFilter... filters) throws Exception {
        ProxyServer.Builder builder = loopback()
                .listener(log)
                .hostCodeTimeout(Duration.ofSeconds(1))
                .listener(new ProxyListener() {
                    @Override
                    public void onHostCodeFailed(String code, Throwable failure) {
                        failed.add(code + ": " + failure);
                    }
                });
        for (RequestFilter filter : filters) {
            builder.filter(filter);
        }
        proxy = start(builder);
        return serve(RawTarget.answering(RawTarget.OK));
    }

    private static RequestFilter routing(Function<RequestHead, CompletionStage<? extends FilterDecision>> decides) {
        return new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead request) {
                return decides.apply(request);
            }
        };
    }

    private static RequestFilter deciding(FilterDecision decision) {
        return routing(request -> CompletableFuture.completedFuture(decision));
    }

    private static RequestFilter showing(Function<PendingResponse, CompletionStage<?>> shown) {
        return new RequestFilter() {
            @Override
            public CompletionStage<?> onResponse(RequestHead request, PendingResponse response) {
                return shown.apply(response);
            }
        };
    }

    @Test
    void aFilterMayAnswerByItself() throws Exception {
        HeaderRules headers = HeaderRules.builder().set("X-Own", "1").build();
        RawTarget target = serving(deciding(FilterDecision.answer(402, headers, "pay".getBytes(UTF_8))));
        RawClient client = client();

        for (int i = 0; i < 3; i++) {
            RawMessage response = client.get("/");
            assertThat(response.status()).isEqualTo(402);
            assertThat(response.field("X-Own")).isEqualTo("1");
            assertThat(response.text()).isEqualTo("pay");
        }
        assertThat(client.send(RawClient.head("HEAD", "/")).readHead().field("Content-Length"))
                .isEqualTo("3");
        assertThat(log.next().status()).isEqualTo(402);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aFilterMayRefuse() throws Exception {
        serving(deciding(FilterDecision.refuse(403, "Not for you.")));

        RawMessage response = client().get("/", "Accept: text/plain");

        assertThat(response.status()).isEqualTo(403);
        assertThat(response.text()).contains("Not for you.");
    }

    @Test
    void aFilterMayChangeHeadersAndTheNextSeesThat() throws Exception {
        HeaderRules rules = HeaderRules.builder()
                .set("X-User", "ada")
                .remove("Authorization")
                .build();
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        RawTarget target = serving(deciding(FilterDecision.passOn().withHeaders(rules)), routing(request -> {
            seen.add(request.header("X-User") + request.header("Authorization"));
            return CompletableFuture.completedFuture(FilterDecision.passOn());
        }));

        assertThat(client().get("/", "X-User: forged", "Authorization: x").text())
                .isEqualTo("ok");

        RawMessage request = target.taken();
        assertThat(request.all("X-User")).containsExactly("ada");
        assertThat(request.names()).doesNotContain("authorization");
        assertThat(seen).containsExactly("adanull");
    }

    @Test
    void aFilterMayChooseTheService() throws Exception {
        RawTarget target = serving(routing(request -> CompletableFuture.completedFuture(
                request.header("X-Beta") == null
                        ? FilterDecision.passOn()
                        : FilterDecision.passOn().toService(request.header("X-Beta")))));
        RawTarget beta = closing(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbeta"));
        deploy("beta", ServiceOptions.builder().host("beta.example").build(), beta);

        assertThat(client().get("/").text()).isEqualTo("ok");
        assertThat(client().get("/", "X-Beta: beta").text()).isEqualTo("beta");
        assertThat(client().get("/", "X-Beta: gone").status()).isEqualTo(503);
        proxy.services().stop("beta", Duration.ofSeconds(1), "closed");
        assertThat(client().get("/", "X-Beta: beta").status()).isEqualTo(503);
        assertThat(target.taken().requestTarget()).isEqualTo("/");
    }

    private static RawTarget saying(String text) throws Exception {
        return RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
    }

    private void deployBoth(RawTarget first, RawTarget second) {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(first.address())
                        .target(second.address())
                        .build());
    }

    /** Sends requests to the target of "app" that their header names. */
    private static FilterDecision toNamedTarget(RequestHead request) {
        String target = request.header("X-Target");
        return target == null
                ? FilterDecision.passOn()
                : FilterDecision.passOn().toTarget("app", target);
    }

    private static RequestFilter choosingTargetsBeforeForwarding() {
        return new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeForwarding(RequestHead request, String service) {
                return CompletableFuture.completedFuture(toNamedTarget(request));
            }
        };
    }

    static Stream<RequestFilter> choosingTargets() {
        return Stream.of(
                routing(request -> CompletableFuture.completedFuture(toNamedTarget(request))),
                choosingTargetsBeforeForwarding());
    }

    @ParameterizedTest
    @MethodSource("choosingTargets")
    void aFilterMayChooseTheTarget(RequestFilter chooses) throws Exception {
        proxy = start(loopback().filter(chooses));
        RawTarget first = closing(saying("first"));
        RawTarget second = closing(saying("second"));
        deployBoth(first, second);
        RawClient client = client();

        for (int i = 0; i < 5; i++) {
            assertThat(client.get("/", "X-Target: " + second.address()).text()).isEqualTo("second");
        }
        assertThat(first.hasTakenNone()).isTrue();
        assertThat(List.of(client.get("/").text(), client.get("/", "X-Other: 1").text()))
                .containsExactlyInAnyOrder("first", "second");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @MethodSource("choosingTargets")
    void aTargetThatTheServiceDoesNotHaveIsNotReplacedByAnother(RequestFilter chooses) throws Exception {
        proxy = start(loopback().filter(chooses));
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawTarget stranger = closing(saying("stranger"));

        RawMessage response = client().get("/", "X-Target: " + stranger.address());

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.field("Retry-After")).isNotNull();
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(stranger.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("choosingTargets")
    void aChosenTargetThatRefusesIsNotReplacedByAnother(RequestFilter chooses) throws Exception {
        proxy = start(loopback().filter(chooses));
        RawTarget first = closing(saying("first"));
        RawTarget second = closing(saying("second"));
        deployBoth(first, second);

        second.leave();

        assertThat(client().get("/", "X-Target: " + second.address()).status()).isEqualTo(502);
        assertThat(first.hasTakenNone()).isTrue();
        assertThat(client().get("/").text()).isEqualTo("first");
    }

    @Test
    void aFilterMayChooseATargetOfTheRollout() throws Exception {
        RawTarget active = serving(routing(request -> CompletableFuture.completedFuture(toNamedTarget(request))));
        RawTarget next = closing(saying("next"));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(next.address())
                        .asRollout()
                        .build());

        assertThat(client().get("/", "X-Target: " + next.address()).text()).isEqualTo("next");
        assertThat(client().get("/", "X-Target: " + active.address()).text()).isEqualTo("ok");
    }

    @Test
    void aTargetIsChosenAmongThoseOfAnotherServiceToo() throws Exception {
        RawTarget other = closing(saying("other"));
        RawTarget target = serving(routing(request ->
                CompletableFuture.completedFuture(FilterDecision.passOn().toTarget("hidden", other.address()))));
        deploy("hidden", ServiceOptions.builder().host("hidden.example").build(), other);

        assertThat(client().get("/").text()).isEqualTo("other");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void whatTheApplicationHandsOffIsNotForFilters() throws Exception {
        RawTarget target = serving(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead request) {
                return CompletableFuture.completedFuture(FilterDecision.refuse(403, "Not for you."));
            }

            @Override
            public CompletionStage<? extends FilterDecision> beforeForwarding(RequestHead request, String service) {
                return CompletableFuture.completedFuture(FilterDecision.refuse(403, "Not for you."));
            }

            @Override
            public CompletionStage<?> onResponse(RequestHead request, PendingResponse response) {
                response.setHeader("X-Filter", "1");
                return CompletableFuture.completedFuture(null);
            }
        });
        Application application = closing(Application.of(proxy.handoffTo("app").build()::send));

        RawMessage handedOff = closing(RawClient.to(application.port())).get("/");
        RawMessage direct = client().get("/");

        assertThat(handedOff.text()).isEqualTo("ok");
        assertThat(handedOff.field("X-Filter")).isNull();
        assertThat(direct.status()).isEqualTo(403);
        assertThat(target.taken().requestTarget()).isEqualTo("/");
        assertThat(target.hasTakenNone()).isTrue();
    }

    /** Tells the path that it is asked about, and decides when it is told to. */
    private static RequestFilter decidingLater(CompletableFuture<FilterDecision> later, Queue<String> asked) {
        return routing(request -> {
            asked.add(request.path());
            return later;
        });
    }

    @Test
    void aFilterMayTakeItsTime() throws Exception {
        CompletableFuture<FilterDecision> later = new CompletableFuture<>();
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        RawTarget target = serving(decidingLater(later, asked));
        RawClient client = client();

        client.send(RawClient.head("POST", "/late", "Content-Length: 5") + "hello");
        assertThat(asked.poll(20, TimeUnit.SECONDS)).isEqualTo("/late");
        later.complete(FilterDecision.passOn());
        later.complete(FilterDecision.refuse(403, "the second counts for nothing"));

        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(target.taken().text()).isEqualTo("hello");
    }

    @Test
    void aFilterIsAskedBeforeForwardingOnce() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        RawTarget target = serving(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeForwarding(RequestHead request, String service) {
                asked.incrementAndGet();
                HeaderRules rules =
                        HeaderRules.builder().set("X-Service", service).build();
                return CompletableFuture.supplyAsync(
                        () -> FilterDecision.passOn().withHeaders(rules));
            }
        });

        assertThat(client().get("/").text()).isEqualTo("ok");
        assertThat(client().send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                        .read()
                        .text())
                .isEqualTo("ok");

        assertThat(target.taken().field("X-Service")).isEqualTo("app");
        assertThat(target.taken().text()).isEqualTo("hello");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aFilterThatThrowsGives500AndAnEventAndNothingElse() throws Exception {
        RawTarget target = serving(routing(request -> {
            if (request.path().equals("/bad")) {
                throw new IllegalStateException("on purpose");
            }
            return CompletableFuture.completedFuture(FilterDecision.passOn());
        }));
        RawClient client = client();

        assertThat(client.get("/bad").status()).isEqualTo(500);
        assertThat(failed.poll(20, TimeUnit.SECONDS)).contains("filter ", "on purpose");
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(client().get("/").text()).isEqualTo("ok");
    }

    @Test
    void aFilterThatNeverCompletesGives500() throws Exception {
        serving(routing(request -> new CompletableFuture<>()));

        assertThat(client().get("/").status()).isEqualTo(500);
        assertThat(failed.poll(20, TimeUnit.SECONDS)).contains("TimeoutException");
    }

    @Test
    void aFilterThatDecidesOnNothingGives500() throws Exception {
        serving(deciding(null));

        assertThat(client().get("/").status()).isEqualTo(500);
    }

    @Test
    void aClientThatLeavesDuringAFilterIsForgotten() throws Exception {
        CompletableFuture<FilterDecision> later = new CompletableFuture<>();
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        RawTarget target = serving(decidingLater(later, asked));
        RawClient client = client();

        client.send(RawClient.head("GET", "/"));
        asked.take();
        client.close();

        assertThat(log.next().status()).isEqualTo(499);
        later.complete(FilterDecision.passOn());
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void statusAndHeadersOfResponsesMayBeChanged() throws Exception {
        serving(showing(response -> {
            response.status(203);
            response.setHeader("X-Own", "1");
            return CompletableFuture.completedFuture(null);
        }));
        RawClient client = client();

        for (int i = 0; i < 3; i++) {
            RawMessage response = client.get("/");
            assertThat(response.status()).isEqualTo(203);
            assertThat(response.field("X-Own")).isEqualTo("1");
            assertThat(response.text()).isEqualTo("ok");
        }
    }

    @Test
    void aFilterThatThrowsAtAResponseGives500() throws Exception {
        serving(showing(response -> {
            throw new IllegalStateException("on purpose");
        }));

        assertThat(client().get("/").status()).isEqualTo(500);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aWebSocketPassesFilters() throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {}));
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request) + WebSockets.text("hello"));
            connection.isLeft();
        }));
        RawClient client = client();

        client.send(RawClient.head("GET", "/", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(7)).isEqualTo(WebSockets.text("hello"));
    }

    @Test
    void anHttp2RequestPassesFilters() throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {}));
        serve(RawTarget.answering(RawTarget.OK));

        assertThat(http2().get("/").text()).isEqualTo("ok");
    }

    @Test
    void whatCannotBeIsQuoted() {
        assertThatThrownBy(() -> FilterDecision.refuse(200, "")).hasMessageContaining("status 200");
        assertThatThrownBy(() -> FilterDecision.answer(204, HeaderRules.none(), new byte[3]))
                .hasMessageContaining("3 bytes");
        assertThatThrownBy(() -> HeaderRules.builder().set("Transfer-Encoding", "chunked"))
                .hasMessageContaining("Transfer-Encoding");
    }
}
