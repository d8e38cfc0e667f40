package dev.gapless.proxy.jetty;

import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.ProxyListener;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/** What an application's callbacks do to handoffs, and what they cannot do. */
class HandoffResponseTest extends ProxyScaffold {
    private final BlockingQueue<String> failed = new LinkedBlockingQueue<>();
    private final RequestLog log = new RequestLog();
    private final CountDownLatch freed = new CountDownLatch(1);

    @AfterEach
    void freeWhatBlocks() {
        freed.countDown();
    }

    private RawTarget serving(String response) throws Exception {
        proxy = start(
                loopback().hostCodeTimeout(Duration.ofSeconds(1)).listener(log).listener(new ProxyListener() {
                    @Override
                    public void onHostCodeFailed(String code, Throwable failure) {
                        failed.add(code + ": " + failure);
                    }
                }));
        return serve(RawTarget.answering(response));
    }

    private RawClient client(Consumer<? super PendingResponse> revises) throws Exception {
        return client(proxy.handoffTo("app").onResponse(revises));
    }

    private RawClient client(Handoff.Builder handoff) throws Exception {
        Handoff built = handoff.build();
        return closing(RawClient.to(closing(Application.of(built::send)).port()));
    }

    private String failure() throws InterruptedException {
        return failed.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void statusAndHeadersMayBeChanged() throws Exception {
        serving("HTTP/1.1 404 Not Found\r\nX-Inner: 1\r\nX-Old: 2\r\nContent-Length: 4\r\n\r\nbody");
        RawClient client = client(response -> {
            assertThat(response.status()).isEqualTo(404);
            assertThat(response.header("x-inner")).isEqualTo("1");
            response.status(403);
            response.removeHeader("X-Inner");
            response.setHeader("X-Old", "3");
            response.addHeader("Set-Cookie", "a=b");
            assertThat(response.header("X-Old")).isEqualTo("3");
        });

        RawMessage response = client.get("/");

        assertThat(response.startLine()).startsWith("HTTP/1.1 403");
        assertThat(response.names()).containsExactlyInAnyOrder("x-old", "set-cookie", "content-length");
        assertThat(response.field("X-Old")).isEqualTo("3");
        assertThat(response.text()).isEqualTo("body");
        assertThat(log.next().status()).isEqualTo(403);
        assertThat(client.get("/").status()).isEqualTo(403);
    }

    @Test
    void framingIsNotTheApplicationsToChange() throws Exception {
        serving(RawTarget.OK);
        AtomicReference<Throwable> thrown = new AtomicReference<>();

        RawMessage response = client(head -> thrown.set(catchThrowable(() -> head.setHeader("Content-Length", "7"))))
                .get("/");

        assertThat(response.field("Content-Length")).isEqualTo("2");
        assertThat(thrown.get()).hasMessageContaining("\"Content-Length\"");
    }

    @Test
    void aStatusWithABodyStaysOneWithABody() throws Exception {
        serving(RawTarget.OK);

        RawMessage response = client(head -> head.status(304)).get("/");

        assertThat(response.status()).isEqualTo(500);
        assertThat(failure()).contains("status 304 cannot take the place of 200");
    }

    @Test
    void aValueThatWouldBreakTheHeadIsRefused() throws Exception {
        serving(RawTarget.OK);

        RawMessage response =
                client(head -> head.setHeader("X-Own", "a\r\nX-Forged: b")).get("/");

        assertThat(response.status()).isEqualTo(500);
        assertThat(response.names()).doesNotContain("x-forged");
    }

    @Test
    void aCallbackThatThrowsGives500AndAnEventAndNothingElse() throws Exception {
        serving("HTTP/1.1 200 OK\r\nX-Inner: 1\r\nContent-Length: 2\r\n\r\nok");
        RawClient client = client(head -> {
            head.setHeader("X-Half", "done");
            throw new IllegalStateException("on purpose");
        });

        RawMessage response = client.get("/");

        assertThat(response.status()).isEqualTo(500);
        assertThat(response.names()).doesNotContain("x-half", "x-inner");
        assertThat(failure()).contains("handoff to app (on response)", "on purpose");
        assertThat(client.get("/").status()).isEqualTo(500);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aCallbackThatBlocksGives500AndHoldsUpNoTraffic() throws Exception {
        serving(RawTarget.OK);
        RawClient client = client(head -> RawTarget.awaitUninterrupted(freed));

        client.send(RawClient.head("GET", "/"));
        for (int i = 0; i < 20; i++) {
            assertThat(client().get("/").text()).isEqualTo("ok");
        }

        assertThat(client.read().status()).isEqualTo(500);
        assertThat(failure()).contains("TimeoutException");
    }

    @Test
    void whatIsChangedTooLateChangesNothing() throws Exception {
        serving(RawTarget.OK);
        AtomicReference<Throwable> late = new AtomicReference<>();
        RawClient client = client(head -> {
            RawTarget.awaitUninterrupted(freed);
            late.set(catchThrowable(() -> head.setHeader("X-Late", "1")));
        });

        assertThat(client.get("/").status()).isEqualTo(500);
        freed.countDown();

        eventually("the callback goes on", () -> late.get() != null);
        assertThat(late.get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theProxysOwnErrorsAreNotShown() throws Exception {
        serving(RawTarget.OK).leave();

        assertThat(client(head -> head.setHeader("X-Own", "1")).get("/").names())
                .doesNotContain("x-own");
    }

    @Test
    void whatOpensATunnelIsShownToo() throws Exception {
        proxy = start(loopback());
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request));
            connection.isLeft();
        }));
        RawClient client = client(head -> head.setHeader("X-Own", String.valueOf(head.status())));

        client.send(RawClient.head("GET", "/", WebSockets.asked()));

        RawMessage response = client.readHead();
        assertThat(response.status()).isEqualTo(101);
        assertThat(response.field("X-Own")).isEqualTo("101");
    }

    @Test
    void aClientThatLeavesDuringACallbackFreesEverything() throws Exception {
        serving(RawTarget.OK);
        CountDownLatch shown = new CountDownLatch(1);
        BlockingQueue<Throwable> lost = new LinkedBlockingQueue<>();
        RawClient client = client(proxy.handoffTo("app").onFailed(lost::add).onResponse(head -> {
            shown.countDown();
            RawTarget.awaitUninterrupted(freed);
        }));

        client.send(RawClient.head("GET", "/"));
        shown.await();
        client.close();

        assertThat(lost.poll(20, TimeUnit.SECONDS)).isNotNull();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aDrainCutsAResponseThatWaitsForACallback() throws Exception {
        proxy = start(loopback().hostCodeTimeout(Duration.ofMinutes(1)));
        CountDownLatch shown = new CountDownLatch(1);
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nbegun");
                    connection.isLeft();
                }),
                streaming());
        RawClient client = client(head -> {
            shown.countDown();
            RawTarget.awaitUninterrupted(freed);
        });

        client.send(RawClient.head("GET", "/"));
        shown.await();
        proxy.services().remove("app", Duration.ofMillis(1));

        assertThat(client.read().status()).isEqualTo(504);
    }

    @Test
    void aCallbackOfTheEndThatThrowsIsReportedOnly() throws Exception {
        serving(RawTarget.OK);
        RawClient client = client(proxy.handoffTo("app").onCompleted(result -> {
            throw new IllegalStateException("on purpose");
        }));

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(failure()).contains("(on end)", "on purpose");
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void aRequestsOwnCallbackThatBlocksHoldsUpNoTraffic() throws Exception {
        serving(RawTarget.OK);
        Handoff handoff = proxy.handoffTo("app").build();
        CountDownLatch told = new CountDownLatch(1);
        RawClient client = closing(RawClient.to(closing(Application.of(
                        (request, response, callback) -> handoff.send(request, response, new Callback.Nested(callback) {
                            @Override
                            public void succeeded() {
                                told.countDown();
                                RawTarget.awaitUninterrupted(freed);
                                super.succeeded();
                            }

                            @Override
                            public InvocationType getInvocationType() {
                                return InvocationType.BLOCKING;
                            }
                        })))
                .port()));

        assertThat(client.get("/").text()).isEqualTo("ok");
        told.await();
        for (int i = 0; i < 20; i++) {
            assertThat(client().get("/").text()).isEqualTo("ok");
        }
    }
}
