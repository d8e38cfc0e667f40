package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffLimits;
import dev.gapless.proxy.HandoffResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Handoffs of applications that do something wrong. */
class HandoffFaultsTest extends ProxyScaffold {
    private final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();

    /** Bodies of applications. */
    private abstract static class Body implements Content.Source {
        private boolean read;

        @Override
        public Content.@Nullable Chunk read() {
            if (read) {
                return Content.Chunk.EOF;
            }
            read = true;
            return Content.Chunk.from(ByteBuffer.wrap("hello".getBytes(UTF_8)), false);
        }

        @Override
        public void demand(Runnable available) {
            available.run();
        }

        @Override
        public void fail(Throwable failure) {}
    }

    /** Throws when it is to be given up. */
    private static final class UnendingBody extends Body {
        @Override
        public void fail(Throwable failure) {
            throw new IllegalStateException("on purpose");
        }
    }

    /** Throws when it is read. */
    private static final class ThrowingBody extends Body {
        @Override
        public Content.@Nullable Chunk read() {
            throw new IllegalStateException("on purpose");
        }
    }

    /** Throws when it is asked to tell of more. */
    private static final class UndemandingBody extends Body {
        @Override
        public Content.@Nullable Chunk read() {
            return null;
        }

        @Override
        public void demand(Runnable available) {
            throw new IllegalStateException("on purpose");
        }
    }

    /** Breaks off. */
    private static final class FailingBody extends Body {
        private boolean begun;

        @Override
        public Content.@Nullable Chunk read() {
            if (begun) {
                return Content.Chunk.from(new IOException("on purpose"), true);
            }
            begun = true;
            return super.read();
        }
    }

    /** Never comes. */
    private static final class SilentBody extends Body {
        @Override
        public Content.@Nullable Chunk read() {
            return null;
        }

        @Override
        public void demand(Runnable available) {}
    }

    /** Says that it is longer or shorter than it is. */
    private static final class LyingBody extends Body {
        private final long length;

        LyingBody(long length) {
            this.length = length;
        }

        @Override
        public long getLength() {
            return length;
        }
    }

    private RawClient to(Application.Page page) throws Exception {
        return closing(RawClient.to(closing(Application.of(page)).port()));
    }

    private Handoff.Builder toApp() {
        return proxy.handoffTo("app").onCompleted(ends::add).onFailed(ends::add);
    }

    private RawClient toHandoffOf(Content.Source body) throws Exception {
        return to((request, response, callback) -> {
            Handoff.Builder handoff = toApp().method("POST");
            if (request.getHttpURI().getPath().equals("/bad")) {
                handoff.body(body);
            }
            handoff.send(request, response, callback);
        });
    }

    private Object end() throws InterruptedException {
        Object end = ends.poll(20, TimeUnit.SECONDS);
        assertThat(end).as("the end of the handoff").isNotNull();
        return end;
    }

    private RawTarget servingOneAtOnce() throws Exception {
        proxy = start(loopback().handoffLimits("app", new HandoffLimits(1, 10, Duration.ofMillis(500))));
        return serve(RawTarget.answering(RawTarget.OK), streaming());
    }

    @Test
    void aBodyThatThrowsWhenItIsGivenUpKeepsNoPlace() throws Exception {
        servingOneAtOnce();
        RawClient client = toHandoffOf(new UnendingBody());

        assertThat(client.get("/bad").text()).isEqualTo("ok");
        end();

        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void aBodyThatThrowsWhenItIsReadKeepsNoPlace() throws Exception {
        servingOneAtOnce();
        RawClient client = toHandoffOf(new ThrowingBody());

        assertThat(client.get("/bad").status()).isEqualTo(500);
        end();

        assertThat(toHandoffOf(new ThrowingBody()).get("/").text()).isEqualTo("ok");
    }

    @Test
    void aBodyThatThrowsWhenMoreIsDemandedKeepsNoPlace() throws Exception {
        servingOneAtOnce();
        RawClient client = toHandoffOf(new UndemandingBody());

        assertThat(client.get("/bad").status()).isEqualTo(500);
        end();

        assertThat(toHandoffOf(new ThrowingBody()).get("/").text()).isEqualTo("ok");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aBodyThatBreaksOffIsAnsweredFor() throws Exception {
        servingOneAtOnce();
        RawClient client = toHandoffOf(new FailingBody());

        assertThat(client.get("/bad").status()).isEqualTo(500);
        end();

        assertThat(toHandoffOf(new ThrowingBody()).get("/").text()).isEqualTo("ok");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aClientThatLeavesBeforeTheBodyIsThereIsNoticed() throws Exception {
        servingOneAtOnce();
        RawClient client = toHandoffOf(new SilentBody());
        client.send(RawClient.head("GET", "/bad"));
        eventually("it is under way", () -> requestsInFlight() == 1);

        client.close();

        assertThat(end()).isInstanceOf(Throwable.class);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aBodyThatNeverComesKeepsNoPlaceOnceTheTargetHasAnswered() throws Exception {
        proxy = start(loopback().handoffLimits("app", new HandoffLimits(1, 10, Duration.ofMillis(500))));
        serve(RawTarget.answeringHeads((request, connection) -> connection.send(RawTarget.OK)), streaming());
        RawClient client = toHandoffOf(new SilentBody());

        assertThat(client.get("/bad").text()).isEqualTo("ok");

        assertThat(end()).isInstanceOf(HandoffResult.class);
        assertThat(toHandoffOf(new SilentBody()).get("/").text()).isEqualTo("ok");
    }

    @Test
    void aClientThatLeavesAPauseIsNoticedWhateverTheBody() throws Exception {
        servingOneAtOnce();
        proxy.services().pause("app", Duration.ofSeconds(1), Duration.ofMinutes(1));
        RawClient client = toHandoffOf(new SilentBody());
        client.send(RawClient.head("GET", "/bad"));
        eventually("held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        client.close();

        assertThat(end()).isInstanceOf(Throwable.class);
        eventually("not held", () -> proxy.services().list().get(0).requestsHeld() == 0);
    }

    @Test
    void aBodyIsSentAfterAPause() throws Exception {
        servingOneAtOnce();
        proxy.services().pause("app", Duration.ofSeconds(1), Duration.ofMinutes(1));
        RawClient client = toHandoffOf(new LyingBody(5));
        client.send(RawClient.head("POST", "/bad", "Content-Length: 3") + "own");
        eventually("held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        proxy.services().resume("app");

        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void aBodyThatIsLongerThanItSaysIsNoFurtherRequest() throws Exception {
        RawTarget target = servingOneAtOnce();
        RawClient client = toHandoffOf(new LyingBody(2));

        RawMessage answer = client.get("/bad");

        end();
        assertThat(toHandoffOf(new ThrowingBody()).get("/").text()).isEqualTo("ok");
        assertThat(answer.status()).isEqualTo(500);
        RawMessage last = target.taken();
        if (!last.requestTarget().equals("/")) {
            last = target.taken();
        }
        assertThat(last.startLine()).isEqualTo("POST / HTTP/1.1");
    }

    @Test
    void aBodyThatIsShorterThanItSaysTakesNothingOfTheNextRequest() throws Exception {
        RawTarget target = servingOneAtOnce();
        RawClient client = toHandoffOf(new LyingBody(50));

        client.get("/bad");

        end();
        assertThat(toHandoffOf(new ThrowingBody()).get("/").text()).isEqualTo("ok");
        assertThat(target.taken().startLine()).isEqualTo("POST / HTTP/1.1");
    }

    @Test
    void aCallbackThatThrowsAtATunnelFreesEverything() throws Exception {
        proxy = start(loopback());
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request));
            connection.isLeft();
        }));
        RawClient client = to((request, response, callback) -> toApp().onResponse(head -> {
                    throw new IllegalStateException("on purpose");
                })
                .send(request, response, callback));

        client.send(RawClient.head("GET", "/", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(500);
        assertThat(end()).isInstanceOf(Throwable.class);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void whatTheApplicationHasSaidOfAnotherBodyIsNotTrueOfTheTargets() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Type: text/odd\r\nContent-Length: 2\r\n\r\nok"));
        RawClient client = to((request, response, callback) -> {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 7);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/html");
            toApp().send(request, response, callback);
        });

        for (int i = 0; i < 2; i++) {
            RawMessage answer = client.get("/");
            assertThat(answer.all("Content-Length")).containsExactly("2");
            assertThat(answer.all("Content-Type")).containsExactly("text/odd");
            assertThat(answer.text()).isEqualTo("ok");
        }
    }

    @Test
    void aClientsBodyThatNobodyReadsIsNoFurtherRequest() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = to((request, response, callback) ->
                toApp().body("own".getBytes(UTF_8)).send(request, response, callback));
        String smuggled = RawClient.head("GET", "/smuggled");

        RawMessage answer = client.send(RawClient.head("POST", "/", "Content-Length: " + smuggled.length()) + smuggled)
                .read();

        assertThat(answer.text()).isEqualTo("ok");
        assertThat(client.get("/next").text()).isEqualTo("ok");
        assertThat(target.taken().requestTarget()).isEqualTo("/");
        assertThat(target.taken().requestTarget()).isEqualTo("/next");
    }

    @Test
    void anHttp2ClientThatHasLeftBeforeTheHandoffCostsNothing() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Application application = closing(Application.of((request, response, callback) -> {
            request.addFailureListener(failure -> gone.countDown());
            begun.countDown();
            RawTarget.awaitUninterrupted(gone);
            try {
                toApp().send(request, response, callback);
            } catch (IllegalStateException e) {
                thrown.set(e);
                ends.add(e);
            }
        }));
        Http2Client client = closing(Http2Client.to(application.port()));
        client.begin("GET", "/", true);
        begun.await();

        client.disconnect();

        end();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void theApplicationsServerMayStopFirst() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        Application application =
                closing(Application.of((request, response, callback) -> toApp().send(request, response, callback)));
        RawClient client = closing(RawClient.to(application.port()));
        client.send(RawClient.head("GET", "/"));
        target.taken();

        application.close();

        assertThat(end()).isInstanceOf(Throwable.class);
        eventually("no lease is left", () -> requestsInFlight() == 0);
        never.countDown();
    }

    @Test
    void placesSurviveClientsThatLeaveWheneverTheyLike() throws Exception {
        proxy = start(loopback().handoffLimits("app", new HandoffLimits(2, 1000, Duration.ofMinutes(1))));
        CountDownLatch free = new CountDownLatch(1);
        serve(RawTarget.answering((request, connection) -> {
            if (request.requestTarget().equals("/hold")) {
                RawTarget.awaitUninterrupted(free);
            }
            connection.send(RawTarget.OK);
        }));
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger holding = new AtomicInteger();
        Application application = closing(Application.of((request, response, callback) -> {
            boolean holds = request.getHttpURI().getPath().equals("/hold");
            toApp().send(request, response, callback);
            // Of those that left, some may come to the application later than all others.
            (holds ? holding : sent).incrementAndGet();
        }));
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            RawClient client = RawClient.to(application.port());
            client.send(RawClient.head("GET", "/" + i));
            LockSupport.parkNanos(random.nextInt(1_000_000));
            client.close();
        }
        eventually("all are over", () -> requestsInFlight() == 0 && ends.size() == sent.get());

        List<RawClient> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(closing(RawClient.to(application.port())).send(RawClient.head("GET", "/hold")));
        }
        eventually("two are under way", () -> holding.get() == 3 && requestsInFlight() == 2);
        free.countDown();

        for (RawClient client : held) {
            assertThat(client.read().text()).isEqualTo("ok");
        }
    }

    @Test
    void aStopEndsWhatIsUnderWayAndWhatWaitsOnceEach() throws Exception {
        proxy = start(loopback().handoffLimits("app", new HandoffLimits(2, 100, Duration.ofMinutes(1))));
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        AtomicInteger sent = new AtomicInteger();
        Application application = closing(Application.of((request, response, callback) -> {
            toApp().send(request, response, callback);
            sent.incrementAndGet();
        }));
        for (int i = 0; i < 10; i++) {
            closing(RawClient.to(application.port())).send(RawClient.head("GET", "/" + i));
        }
        target.taken();
        target.taken();
        eventually("the others wait", () -> sent.get() == 10);

        proxy.stop();

        for (int i = 0; i < 10; i++) {
            end();
        }
        assertThat(ends).isEmpty();
        never.countDown();
    }

    @Test
    void anEndIsToldOnceOfEach() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = to((request, response, callback) -> toApp().send(request, response, callback));

        for (int i = 0; i < 50; i++) {
            client.get("/");
        }

        for (int i = 0; i < 50; i++) {
            assertThat(end()).isInstanceOf(HandoffResult.class);
        }
        assertThat(ends).isEmpty();
    }
}
