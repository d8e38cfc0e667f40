package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** What the proxy does for a request, by whatever way that comes, and wherever its target is. */
abstract class Behaviours extends ProxyScaffold {
    private static final int DEPLOYMENTS = 5;

    private final Front front;
    private final Back back;
    private final RequestLog log = new RequestLog();
    private Front.Reached reached;
    private int port;

    Behaviours(Front front, Back back) {
        this.front = front;
        this.back = back;
    }

    @BeforeEach
    void startProxy() throws Exception {
        reached = front.start(loopback().listener(log));
        closing(reached.end());
        proxy = reached.proxy();
        port = reached.port();
    }

    @Override
    RawClient client() throws Exception {
        return closing(RawClient.to(port));
    }

    @Override
    Http2Client http2() throws Exception {
        return closing(Http2Client.to(port));
    }

    private BehavingTarget deploy() throws Exception {
        return deploy("target", ServiceOptions.defaults());
    }

    private BehavingTarget deploy(String name, ServiceOptions options) throws Exception {
        BehavingTarget target = new BehavingTarget(name);
        Back.Served served = back.serve(proxy, target);
        closing(served.end());
        proxy.services()
                .deploy(served.targeting()
                        .to(Deployment.builder("app"))
                        .options(options)
                        .drainTimeout(Duration.ofSeconds(10))
                        .build());
        return target;
    }

    @Test
    void whereNothingIsDeployedThereIsNothing() throws Exception {
        RawMessage answer = client().get("/");

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text()).contains("proxy");
    }

    @Test
    void everyMethodPasses() throws Exception {
        deploy();
        RawClient client = client();

        for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE")) {
            RawMessage answer = client.send(RawClient.head(method, "/method", "Content-Length: 0"))
                    .read();
            assertThat(answer.text()).isEqualTo(method);
        }
        client.send(RawClient.head("HEAD", "/method"));
        RawMessage head = client.readHead();
        assertThat(head.field("X-Method")).isEqualTo("HEAD");
        assertThat(client.get("/method").text()).isEqualTo("GET");
    }

    @Test
    void theHeadPassesAsTheClientHasWrittenItWithWhatTheProxyAdds() throws Exception {
        deploy();

        RawMessage answer = client().get(
                        "/head?q=%2F%7e", "X-Own: a", "X-Own: b", "Connection: X-Hop", "X-Hop: gone", "Accept: x/y");

        assertThat(answer.text())
                .startsWith("GET /head?q=%2F%7e\n")
                .contains("Host: example.com\n", "X-Own: a\n", "X-Own: b\n", "X-Forwarded-For: 127.0.0.1\n")
                .contains("X-Forwarded-Proto: http\n", "X-Request-ID: ", "Accept: x/y\n")
                .doesNotContain("gone", "Accept-Encoding");
    }

    /** Jetty would take them for those that came before. */
    @Test
    void fieldsThatDifferInCaseAlonePassAsTheyAre() throws Exception {
        deploy();
        RawClient client = client();

        for (String value : List.of("abc", "ABC", "Abc")) {
            String[] fields = {"Cookie: id=" + value, "Authorization: Basic " + value, "Accept-Encoding: GZip"};
            assertThat(client.get("/head", fields).text().lines()).contains(fields);
        }
    }

    @Test
    void aResponseHasTheTargetsFieldsOnce() throws Exception {
        deploy();

        RawMessage answer = client().get("/method");

        assertThat(answer.names()).doesNotHaveDuplicates();
        assertThat(answer.field("X-Method")).isEqualTo("GET");
    }

    @Test
    void aBodyWithALengthPasses() throws Exception {
        deploy();

        RawMessage answer = client().send(RawClient.head("POST", "/echo", "Content-Length: 5") + "hello")
                .read();

        assertThat(answer.text()).isEqualTo("hello");
        assertThat(answer.field("Content-Length")).isEqualTo("5");
    }

    @Test
    void aBodyInChunksPasses() throws Exception {
        deploy();
        RawClient client = client();

        client.send(RawClient.head("POST", "/echo", "Transfer-Encoding: chunked") + "5\r\nhello\r\n");
        client.send("6\r\n world\r\n0\r\n\r\n");

        assertThat(client.read().text()).isEqualTo("hello world");
        assertThat(client.get("/method").text()).isEqualTo("GET");
    }

    @Test
    void bigBodiesPassBothWays() throws Exception {
        deploy();
        byte[] body = "0123456789abcdef".repeat(1 << 18).getBytes(ISO_8859_1);
        RawClient client = client();

        client.sending(RawClient.head("POST", "/echo", "Content-Length: " + body.length), body);

        assertThat(client.read().body()).isEqualTo(body);
        assertThat(client().get("/big").body()).hasSize(8 << 20);
    }

    @Test
    void ofWhatASlowClientDoesNotTakeLittleIsHeld() throws Exception {
        Flood flood = deploy().flood();
        RawClient client = client().send(RawClient.head("GET", "/flood"));
        assertThat(client.readHead().status()).isEqualTo(200);

        eventually("the target has to wait", flood::hasToWait);

        assertThat(flood.written()).as("written to a client that takes nothing").isLessThan(Flood.BYTES / 2);
        client.close();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aClientThatWaitsIsAskedForItsBody() throws Exception {
        deploy();
        RawClient client = client();

        client.send(RawClient.head("POST", "/echo", "Content-Length: 5", "Expect: 100-continue"));

        assertThat(client.readHead().status()).isEqualTo(100);
        assertThat(client.send("hello").read().text()).isEqualTo("hello");
    }

    @Test
    void aClientThatWaitsIsNotAskedForABodyThatNobodyWants() throws Exception {
        RawMessage answer = client().send(RawClient.head("POST", "/echo", "Content-Length: 5", "Expect: 100-continue"))
                .read();

        assertThat(answer.status()).isEqualTo(404);
    }

    @Test
    void trailersPassBothWays() throws Exception {
        deploy();
        String head = RawClient.head("POST", "/trailers", "Transfer-Encoding: chunked", "TE: trailers");

        RawMessage answer = client().send(head + "4\r\nbody\r\n0\r\nX-Sum: client's\r\n\r\n")
                .read();

        assertThat(answer.text()).isEqualTo("body client's");
        assertThat(answer.trailers()).containsExactly("X-Sum: target's");
    }

    @Test
    void interimResponsesPass() throws Exception {
        deploy();
        RawClient client = client();
        client.send(RawClient.head("GET", "/hints"));

        RawMessage hints = client.readHead();

        assertThat(hints.status()).isEqualTo(103);
        assertThat(hints.field("Link")).isEqualTo("</style.css>");
        assertThat(client.read().text()).isEqualTo("hinted");
    }

    @Test
    void requestsOverHttp2Pass() throws Exception {
        deploy();
        Http2Client client = http2();

        assertThat(client.get("/method").text()).isEqualTo("GET");
        Http2Client.Response echoed = client.begin("POST", "/echo", false)
                .data("hello".getBytes(ISO_8859_1), true)
                .response();
        assertThat(echoed.text()).isEqualTo("hello");
        Http2Client.Response answer = client.begin("POST", "/trailers", false, "te", "trailers")
                .data("body".getBytes(ISO_8859_1), false)
                .trailers(HttpFields.build().add("X-Sum", "client's"))
                .response();
        assertThat(answer.text()).isEqualTo("body client's");
        assertThat(answer.trailers().get("X-Sum")).isEqualTo("target's");
        assertThat(client.get("/head").text()).contains("Host: example.com\n");
    }

    @Test
    void aTargetThatDropsEachRequestIsABadGateway() throws Exception {
        deploy();

        RawMessage answer = client().send(RawClient.head("POST", "/drop", "Content-Length: 0"))
                .read();

        assertThat(answer.status()).isEqualTo(502);
    }

    @Test
    void aRequestThatIsSafeToRepeatIsRepeated() throws Exception {
        BehavingTarget target = deploy();

        assertThat(client().get("/flaky").text()).isEqualTo("again");
        assertThat(target.asked("/flaky")).isEqualTo(2);
    }

    @Test
    void aResponseThatBreaksOffBreaksOffForTheClient() throws Exception {
        deploy("target", streaming());
        RawClient client = client().send(RawClient.head("GET", "/half"));

        assertThat(client.readHead().status()).isEqualTo(200);
        assertThat(client.readToEndOrReset()).isEqualTo("half");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aTargetThatDoesNotAnswerInTimeIsAGatewayTimeout() throws Exception {
        deploy(
                "target",
                ServiceOptions.builder().responseTimeout(Duration.ofMillis(50)).build());
        RawClient client = client();

        assertThat(client.get("/never").status()).isEqualTo(504);

        deploy("patient", ServiceOptions.defaults());
        assertThat(client.get("/method").text()).isEqualTo("GET");
    }

    @Test
    void aClientThatLeavesIsNoticed() throws Exception {
        deploy();
        RawClient client = client().send(RawClient.head("GET", "/never"));
        eventually("the request is under way", () -> requestsInFlight() == 1);

        client.close();

        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @Test
    void aClientThatResetsItsStreamIsNoticed() throws Exception {
        deploy();
        Http2Client.Sent sent = http2().begin("GET", "/never", true);
        eventually("the request is under way", () -> requestsInFlight() == 1);

        sent.reset();

        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void whatAClientSendsMeanwhileIsServedNext() throws Exception {
        BehavingTarget target = deploy();
        RawClient client = client().send(RawClient.head("GET", "/never"));
        eventually("the request is under way", () -> requestsInFlight() == 1);

        client.send(RawClient.head("GET", "/method"));
        target.answerOne();

        assertThat(client.read().status()).isEqualTo(200);
        assertThat(client.read().text()).isEqualTo("GET");
    }

    @Test
    void eachEventOfAStreamComesAtOnce() throws Exception {
        BehavingTarget target = deploy();
        RawClient client = client().send(RawClient.head("GET", "/events"));
        String end = front.endsChunks() ? "\r\n" : "";

        assertThat(client.readHead().field("Content-Type")).isEqualTo("text/event-stream");
        target.say("one");
        String first = "B\r\ndata: one\n\n" + end;
        assertThat(client.readBytes(first.length())).isEqualToIgnoringCase(first);
        target.say("two");
        String second = (front.endsChunks() ? "" : "\r\n") + "b\r\ndata: two\n\n" + end;
        assertThat(client.readBytes(second.length())).isEqualToIgnoringCase(second);
        target.say("end");
    }

    @Test
    void eachEventOfAStreamComesAtOnceOverHttp2() throws Exception {
        BehavingTarget target = deploy();
        Http2Client.Sent sent = http2().begin("GET", "/events", true);

        assertThat(sent.nextStatus()).isEqualTo(200);
        target.say("one");
        assertThat(sent.next(11)).isEqualTo("data: one\n\n");
        target.say("end");
        assertThat(sent.response().text()).isEqualTo("data: one\n\ndata: end\n\n");
    }

    @Test
    void aPausedServiceHoldsRequestsUntilItIsResumed() throws Exception {
        deploy();
        proxy.services().pause("app", Duration.ofSeconds(5), Duration.ofMinutes(1));
        RawClient get = client().send(RawClient.head("GET", "/method"));
        RawClient post = client().send(RawClient.head("POST", "/echo", "Content-Length: 4") + "held");
        eventually("both are held", () -> proxy.services().list().get(0).requestsHeld() == 2);

        proxy.services().resume("app");

        assertThat(get.read().text()).isEqualTo("GET");
        assertThat(post.read().text()).isEqualTo("held");
    }

    @Test
    void aHeldClientThatLeavesLeavesTheQueue() throws Exception {
        deploy();
        proxy.services().pause("app", Duration.ofSeconds(5), Duration.ofMinutes(1));
        RawClient client = client().send(RawClient.head("GET", "/method"));
        eventually("it is held", () -> proxy.services().list().get(0).requestsHeld() == 1);

        client.close();

        eventually("it has left", () -> proxy.services().list().get(0).requestsHeld() == 0);
    }

    @Test
    void aStoppedServiceSaysWhy() throws Exception {
        deploy();
        proxy.services().stop("app", "Back at noon.");

        RawMessage answer = client().get("/method");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).contains("Back at noon.");
        assertThat(answer.field("Retry-After")).isNotNull();
    }

    @Test
    void aWebSocketPasses() throws Exception {
        deploy();
        RawClient client = client().send(RawClient.head("GET", "/ws", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.send("hello").readBytes(5)).isEqualTo("hello");
        client.close();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void muchPassesThroughATunnelBothWaysAtOnce() throws Exception {
        deploy();
        RawClient client =
                client().send(RawClient.head("GET", "/tunnel", "Connection: Upgrade", "Upgrade: echo") + "early");
        byte[] much = "0123456789abcdef".repeat(1 << 17).getBytes(ISO_8859_1);

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(5)).isEqualTo("early");
        client.sending("", much);
        assertThat(client.readBytes(much.length)).isEqualTo(new String(much, ISO_8859_1));
    }

    @Test
    void aWebSocketOverHttp2PassesWhereItCan() throws Exception {
        deploy();

        Http2Client.Sent sent = http2().connect("websocket", "/ws", "sec-websocket-version", "13");

        if (front.carriesWebSocketsOverHttp2()) {
            assertThat(sent.nextStatus()).isEqualTo(200);
            sent.data("hello".getBytes(ISO_8859_1), false);
            assertThat(sent.next(5)).isEqualTo("hello");
        } else {
            assertThat(sent.nextStatus()).isEqualTo(501);
        }
    }

    @Test
    void deploymentsUnderLoadLoseNothing() throws Exception {
        deploy();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        ExecutorService clients = Executors.newCachedThreadPool();
        closing(clients::shutdownNow);
        for (int i = 0; i < 4; i++) {
            clients.execute(() -> askUntil(over, answered, failures));
        }

        for (int i = 0; i < DEPLOYMENTS; i++) {
            int before = answered.get();
            eventually("clients are answered", () -> answered.get() > before + 20 || !failures.isEmpty());
            deploy("target", ServiceOptions.defaults());
        }
        over.set(true);
        clients.shutdown();

        assertThat(clients.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(failures).isEmpty();
    }

    private void askUntil(AtomicBoolean over, AtomicInteger answered, Queue<String> failures) {
        try (RawClient client = RawClient.to(port)) {
            while (!over.get()) {
                RawMessage answer = client.get("/small");
                RawMessage echoed = client.send(RawClient.head("POST", "/echo", "Content-Length: 5") + "hello")
                        .read();
                if (!answer.text().equals("target") || !echoed.text().equals("hello")) {
                    failures.add(answer.startLine() + ", " + echoed.startLine());
                    return;
                }
                answered.incrementAndGet();
            }
        } catch (IOException | RuntimeException e) {
            failures.add(e.toString());
        }
    }

    private void stopFront() {
        try {
            reached.end().close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aServerThatStopsLetsRequestsFinish() throws Exception {
        BehavingTarget target = deploy();
        RawClient client = client().send(RawClient.head("GET", "/never"));
        eventually("the request is under way", () -> requestsInFlight() == 1);
        Thread stopping = new Thread(this::stopFront);
        stopping.start();
        eventually("the proxy is about to stop", () -> proxy.assembly.handler().isShutdown());

        target.answerOne();

        assertThat(client.read().status()).isEqualTo(200);
        stopping.join(10_000);
        assertThat(stopping.isAlive()).isFalse();
    }
}
