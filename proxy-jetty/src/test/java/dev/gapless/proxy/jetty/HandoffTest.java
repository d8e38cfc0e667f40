package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HandoffResult;
import dev.gapless.proxy.ServiceOptions;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What an application's handlers hand off to a service. */
class HandoffTest extends ProxyScaffold {
    private final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();

    private RawClient to(Application application) throws Exception {
        return closing(RawClient.to(closing(application).port()));
    }

    private RawClient toHandoff(Handoff handoff) throws Exception {
        return to(Application.of(handoff::send));
    }

    private Handoff.Builder toApp() {
        return proxy.handoffTo("app").onCompleted(ends::add).onFailed(ends::add);
    }

    private Object end() throws InterruptedException {
        Object end = ends.poll(20, TimeUnit.SECONDS);
        assertThat(end).as("the end of the handoff").isNotNull();
        return end;
    }

    /** What the application's own method throws when it tries this, and then answers with. */
    private RawClient failing(Application.Page page) throws Exception {
        return to(Application.of((request, response, callback) -> {
            try {
                page.handle(request, response, callback);
            } catch (IllegalStateException | IllegalArgumentException e) {
                if (!response.isCommitted()) {
                    response.setStatus(400);
                }
                Content.Sink.write(response, true, e.getMessage(), callback);
            }
        }));
    }

    @Test
    void theTargetAnswersWhatTheApplicationHandsOff() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        RawMessage response = toHandoff(toApp().build()).get("/a%20b?c=d", "X-Own: 1");

        assertThat(response.text()).isEqualTo("ok");
        RawMessage request = target.taken();
        assertThat(request.requestTarget()).isEqualTo("/a%20b?c=d");
        assertThat(request.field("Host")).isEqualTo("example.com");
        assertThat(request.field("X-Own")).isEqualTo("1");
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(end())
                .isInstanceOfSatisfying(
                        HandoffResult.class,
                        result -> assertThat(result.status()).isEqualTo(200));
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aConnectionGoesOnAfterAHandoff() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = toHandoff(toApp().build());

        for (int i = 0; i < 20; i++) {
            assertThat(client.get("/").text()).isEqualTo("ok");
            assertThat(client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                            .read()
                            .text())
                    .isEqualTo("ok");
        }
    }

    @Test
    void anHttp2RequestIsHandedOff() throws Exception {
        serve(RawTarget.answering((request, connection) -> {
            String body = request.text();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        }));
        Handoff handoff = toApp().build();
        Application application = closing(Application.of(handoff::send));

        Http2Client client = closing(Http2Client.to(application.port()));

        assertThat(client.get("/").status()).isEqualTo(200);
    }

    @Test
    void methodPathAndHeadersAreAsTheApplicationSays() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = toApp().method("PUT")
                .path("/internal/7?x=%20y")
                .setHeader("X-User", "ada")
                .removeHeader("Authorization")
                .build();

        toHandoff(handoff).get("/7?secret=1", "Authorization: Basic x", "X-User: forged", "X-User: again");

        RawMessage request = target.taken();
        assertThat(request.startLine()).isEqualTo("PUT /internal/7?x=%20y HTTP/1.1");
        assertThat(request.all("X-User")).containsExactly("ada");
        assertThat(request.names()).doesNotContain("authorization");
    }

    @Test
    void theClientsBodyGoesAlong() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), streaming());

        RawClient client = toHandoff(toApp().build());
        client.send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "5\r\nhello\r\n");
        client.send("6\r\n world\r\n0\r\n\r\n");

        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(target.taken().text()).isEqualTo("hello world");
    }

    @Test
    void aBodyOfTheApplicationsOwnTakesThePlaceOfTheClients() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = to(Application.of((request, response, callback) -> {
            String read = Content.Source.asString(request, UTF_8);
            toApp().body(("own " + read).getBytes(UTF_8)).send(request, response, callback);
        }));

        RawMessage response = client.send(RawClient.head(
                                "POST", "/", "Content-Length: 6", "Content-Encoding: gzip", "Content-Type: text/odd")
                        + "theirs")
                .read();

        assertThat(response.text()).isEqualTo("ok");
        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("own theirs");
        assertThat(request.field("Content-Length")).isEqualTo("10");
        assertThat(request.field("Content-Type")).isEqualTo("text/odd");
        assertThat(request.names()).doesNotContain("content-encoding");
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void aBodyMayBeGivenToARequestWithoutOne() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = toApp().method("POST").body("own".getBytes(UTF_8)).build();
        RawClient client = toHandoff(handoff);

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(client.get("/").text()).isEqualTo("ok");

        assertThat(target.taken().text()).isEqualTo("own");
        assertThat(target.taken().text()).isEqualTo("own");
    }

    @Test
    void aBodyOfUnknownLengthIsSentAsItIsRead() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), streaming());
        RawClient client = to(Application.of((request, response, callback) -> {
            Content.Source source = Content.Source.from(new ByteArrayInputStream("streamed".getBytes(UTF_8)));
            toApp().method("POST").body(source).send(request, response, callback);
        }));

        assertThat(client.get("/").text()).isEqualTo("ok");
        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("streamed");
        assertThat(request.field("Transfer-Encoding")).isEqualTo("chunked");
    }

    @Test
    void aRequestWhoseBodyWasReadIsRefused() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = failing((request, response, callback) -> {
            Content.Source.asString(request, UTF_8);
            toApp().send(request, response, callback);
        });

        RawMessage response = client.send(RawClient.head("POST", "/", "Content-Length: 6") + "theirs")
                .read();

        assertThat(response.text()).contains("has been read already, 6 bytes");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aRequestIsHandedOffOnce() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        AtomicReference<Throwable> second = new AtomicReference<>();
        RawClient client = to(Application.of((request, response, callback) -> {
            toApp().send(request, response, callback);
            try {
                toApp().send(request, response, callback);
            } catch (IllegalStateException e) {
                second.set(e);
            }
        }));

        assertThat(client.get("/").text()).isEqualTo("ok");

        eventually("the second is refused", () -> second.get() != null);
        assertThat(end()).isInstanceOf(HandoffResult.class);
        assertThat(ends).isEmpty();
    }

    @Test
    void aResponseThatIsCommittedCannotBeHandedOff() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = failing((request, response, callback) -> {
            response.write(false, ByteBuffer.wrap("own; ".getBytes(UTF_8)), Callback.NOOP);
            toApp().send(request, response, callback);
        });

        assertThat(client.get("/").text())
                .isEqualTo("own; the response is committed already, so that nobody else can give one");
    }

    @Test
    void aRequestThatIsCompleteCannotBeHandedOff() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        RawClient client = to(Application.of((request, response, callback) -> {
            Content.Sink.write(response, true, "own", callback);
            eventually("complete", response::hasLastWrite);
            try {
                toApp().send(request, response, callback);
            } catch (IllegalStateException e) {
                thrown.set(e);
            }
        }));

        assertThat(client.get("/").text()).isEqualTo("own");
        eventually("an exception", () -> thrown.get() != null);
    }

    @Test
    void anotherThreadMayHandOff() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = to(Application.of((request, response, callback) -> {
            Thread other = new Thread(() -> toApp().send(request, response, callback));
            other.start();
        }));

        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void aMethodCannotBecomeHead() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));

        RawClient client =
                failing((request, response, callback) -> toApp().method("HEAD").send(request, response, callback));

        assertThat(client.get("/").text()).contains("method HEAD cannot take the place of GET");
    }

    @Test
    void aHeadRequestHandedOffAsGetHasNoBody() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = toHandoff(toApp().method("GET").build());

        RawMessage head = client.send(RawClient.head("HEAD", "/")).readHead();
        assertThat(head.field("Content-Length")).isEqualTo("2");
        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(target.taken().method()).isEqualTo("GET");
    }

    @Test
    void aServiceThatIsNotThereIsAnsweredWith503() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));

        RawMessage response = toHandoff(proxy.handoffTo("missing").build()).get("/");

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.field("Retry-After")).isNotNull();
    }

    @Test
    void hostPathAndTlsOfTheServiceAreForClientsOfTheProxy() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder()
                        .host("other.example")
                        .pathPrefix("/api")
                        .build());

        assertThat(toHandoff(toApp().build()).get("/api/x").text()).isEqualTo("ok");

        assertThat(target.taken().requestTarget()).isEqualTo("/api/x");
    }

    @Test
    void oneTargetOfAServiceMayBeChosen() throws Exception {
        RawTarget first = RawTarget.answering(RawTarget.OK);
        RawTarget second = closing(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"));
        proxy = start(loopback());
        closing(first);
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(first.address())
                        .target(second.address())
                        .build());
        RawClient client = toHandoff(toApp().target(second.address()).build());

        for (int i = 0; i < 5; i++) {
            assertThat(client.get("/").text()).isEqualTo("second");
        }
        assertThat(toHandoff(toApp().target("127.0.0.1:1").build()).get("/").status())
                .isEqualTo(503);
    }

    @Test
    void aClientThatLeavesCancelsTheRequestToTheTarget() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            if (connection.isLeft()) {
                left.countDown();
            }
        }));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/"));
        target.taken();
        client.close();

        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(end()).isInstanceOf(Throwable.class);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aClientThatHasLeftBeforeTheHandoffCostsNothing() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        CountDownLatch gone = new CountDownLatch(1);
        RawClient client = to(Application.of((request, response, callback) -> {
            RawTarget.awaitUninterrupted(gone);
            toApp().send(request, response, callback);
        }));

        client.send(RawClient.head("GET", "/"));
        client.close();
        gone.countDown();

        end();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aTargetThatCannotBeReachedIsAnsweredWith502() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        target.leave();

        assertThat(toHandoff(toApp().build()).get("/").status()).isEqualTo(502);

        assertThat(end())
                .isInstanceOfSatisfying(
                        HandoffResult.class,
                        result -> assertThat(result.status()).isEqualTo(502));
    }

    @Test
    void aProxyThatIsNotStartedTakesNone() throws Exception {
        proxy = closing(loopback().build());

        assertThat(failing((request, response, callback) -> toApp().send(request, response, callback))
                        .get("/")
                        .text())
                .contains("not started");
    }

    @Test
    void handoffsThatAProxyLeavesBehindAreEnded() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/"));
        target.taken();
        proxy.stop();

        RawMessage answer = client.read();
        assertThat(answer == null ? 502 : answer.status()).isGreaterThanOrEqualTo(500);
        end();
        never.countDown();
    }

    @Test
    void aWebSocketIsHandedOff() throws Exception {
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request) + WebSockets.text("hello"));
            connection.isLeft();
        }));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(7)).isEqualTo(WebSockets.text("hello"));
        assertThat(ends).isEmpty();
        client.close();
        end();
    }

    @Test
    void eventsPassAsTheyCome() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        serve(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
            RawTarget.awaitUninterrupted(heard);
            connection.send("data: 2\n\n");
            connection.close();
        }));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/"));
        client.readHead();
        assertThat(client.readBytes("9\r\ndata: 1\n\n\r\n".length())).contains("data: 1");
        heard.countDown();
        assertThat(client.readBytes("9\r\ndata: 2\n\n\r\n".length())).contains("data: 2");
    }

    @Test
    void theTimeForAResponseIsBounded() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        serve(RawTarget.answeringAfter(never, RawTarget.OK));

        RawMessage response =
                toHandoff(toApp().timeout(Duration.ofMillis(100)).build()).get("/");

        assertThat(response.status()).isEqualTo(504);
        never.countDown();
    }

    @Test
    void theTimeForAResponseIncludesThatOfAPause() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        proxy.services().pause("app", Duration.ofSeconds(1), Duration.ofMinutes(1));

        RawMessage response =
                toHandoff(toApp().timeout(Duration.ofMillis(100)).build()).get("/");

        assertThat(response.status()).isEqualTo(504);
    }

    @Test
    void aPausedServiceHoldsHandoffs() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        proxy.services().pause("app", Duration.ofSeconds(1), Duration.ofMinutes(1));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello");
        eventually("held", () -> proxy.services().list().get(0).requestsHeld() == 1);
        proxy.services().resume("app");

        assertThat(client.read().text()).isEqualTo("ok");
    }
}
