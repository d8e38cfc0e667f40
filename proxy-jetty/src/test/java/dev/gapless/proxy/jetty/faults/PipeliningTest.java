package dev.gapless.proxy.jetty.faults;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that do not wait for an answer before they send their next request. */
class PipeliningTest extends FaultTest {
    @Test
    void manyRequestsInOneWriteAreAnsweredInOrder() throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            requests.append(request("GET", "/" + i, "x".repeat(i), ""));
        }
        try (RawClient client = client()) {
            client.send(requests.toString());
            for (int i = 0; i < 300; i++) {
                assertThat(client.readResponse()).endsWith("\r\n\r\nGET /" + i + " ");
            }
        }
        assertThat(target.heads())
                .hasSize(300)
                .allSatisfy(head -> assertThat(head)
                        .contains("X: " + "x".repeat(Integer.parseInt(head.substring(5, head.indexOf(" HTTP"))))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 511, 512, 513, 5_000, 40_000})
    void aBodyIsNotHarmedByTheRequestThatFollowsIt(int size) throws Exception {
        deploy(new EchoingTarget());
        String first = "b".repeat(97);
        String second = "c".repeat(size);
        try (RawClient client = client()) {
            for (int i = 0; i < 5; i++) {
                client.send(request("POST", "/1", "", first)
                        + request("POST", "/2", "y".repeat(size), second)
                        + request("GET", "/3", "z".repeat(size), ""));
                assertThat(client.readResponse()).endsWith("\r\n\r\nPOST /1 " + first);
                assertThat(client.readResponse()).endsWith("\r\n\r\nPOST /2 " + second);
                assertThat(client.readResponse()).endsWith("\r\n\r\nGET /3 ");
            }
        }
    }

    @Test
    void aChunkedBodyIsNotHarmedByTheRequestThatFollowsIt() throws Exception {
        deploy(new EchoingTarget());
        try (RawClient client = client()) {
            client.send(
                    "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
                            + request("GET", "/2", "z".repeat(900), ""));
            assertThat(client.readResponse()).endsWith("\r\n\r\nPOST /1 abcdefg");
            assertThat(client.readResponse()).endsWith("\r\n\r\nGET /2 ");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 400, 512, 600, 20_000, 60_000})
    void whatComesWhileARequestWaitsIsKeptToTheByte(int size) throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            String body = call.body();
            if (call.path().equals("/1")) {
                answer.await();
            }
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        }));
        StringBuilder body = new StringBuilder();
        for (int i = 0; body.length() < size; i++) {
            body.append(i).append(' ');
        }
        try (RawClient client = client()) {
            client.send(request("POST", "/1", "", "one"));
            target.awaitRequest();
            client.send(request("POST", "/2", "", body.toString()));
            client.send(request("GET", "/3", "", ""));
            answer.countDown();
            assertThat(client.readResponse()).endsWith("\r\n\r\none");
            assertThat(client.readResponse()).endsWith("\r\n\r\n" + body);
            assertThat(client.readResponse()).endsWith("\r\n\r\n");
        }
        assertThat(awaitEnded().failure()).isNull();
    }

    /** As much as is kept, and more, which is left where it is. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100, 511, 512, 513, 5_000, 16_383, 16_384, 16_385, 25_000})
    void whatComesOfSmallRequestsWhileOneWaitsIsKeptToTheByte(int count) throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            if (call.path().equals("/first")) {
                answer.await();
            }
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + call.path() + "\r\n\r\n");
            return true;
        }));
        StringBuilder requests = new StringBuilder();
        int following = 0;
        while (requests.length() < 30_000) {
            requests.append(request("GET", "/" + following, "x".repeat(following), ""));
            following++;
        }
        try (RawClient client = client()) {
            client.send(request("GET", "/first", "", ""));
            target.awaitRequest();
            client.send(requests.substring(0, count));
            answer.countDown();
            client.send(requests.substring(count));
            assertThat(client.readResponse()).contains("X: /first\r\n");
            for (int i = 0; i < following; i++) {
                assertThat(client.readResponse()).contains("X: /" + i + "\r\n");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 26, 511, 512, 513, 5_000, 16_383})
    void aClientThatSendsMoreAndLeavesCancelsItsRequest(int count) throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        String more = GET.repeat(1 + count / GET.length()).substring(0, count);
        for (Leaving way : Leaving.values()) {
            try (RawClient client = client()) {
                client.send(GET);
                target.awaitRequest();
                client.send(more);
                way.leave(client);
                assertThat(awaitEnded().status()).isEqualTo(499);
                await("the end of the target's request", () -> target.open() == 0);
            }
        }
        assertThat(target.heads()).hasSize(Leaving.values().length);
    }

    @Test
    void aBodyThatATargetIsSlowToTakeIsNotHarmedByTheRequestThatFollowsIt() throws Exception {
        CountDownLatch listen = new CountDownLatch(1);
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            listen.await();
            String body = call.body();
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        }));
        StringBuilder body = new StringBuilder();
        for (int i = 0; body.length() < 4_000_000; i++) {
            body.append(i).append(' ');
        }
        try (RawClient client = client()) {
            Thread sender = new Thread(() -> client.sendWhatIsTaken(
                    request("POST", "/1", "", body.toString()) + request("POST", "/2", "", "f".repeat(50_000))));
            sender.start();
            target.awaitRequest();
            listen.countDown();
            assertThat(client.readResponse().endsWith("\r\n\r\n" + body)).isTrue();
            assertThat(client.readResponse()).endsWith("\r\n\r\n" + "f".repeat(50_000));
            sender.join();
        }
    }

    private static String request(String method, String path, String field, String body) {
        return method + " " + path + " HTTP/1.1\r\nHost: a\r\nX: " + field + "\r\n"
                + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n") + "\r\n" + body;
    }
}
