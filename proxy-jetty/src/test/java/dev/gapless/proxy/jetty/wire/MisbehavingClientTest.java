package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.jetty.faults.RawClient;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class MisbehavingClientTest extends WireTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /\r\n\r\n",
                "GET\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: \u0000\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"
            })
    void aMalformedRequestIsRefusedAndNothingReachesTheTarget(String request) throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(request).readToEnd()).startsWith("HTTP/1.1 400 ");
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aHeadBeyondTheLimitIsRefused() throws Exception {
        try (RawClient client = client()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(66_000) + "\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 431 ");
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aHeadOf64KibibytesPasses() throws Exception {
        String rest = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: \r\n\r\n";
        String value = "x".repeat(64 * 1024 - rest.length());
        try (RawClient client = client()) {
            client.send(rest.replace("X: ", "X: " + value));
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(target.heads())
                .singleElement()
                .satisfies(head -> assertThat(head).contains(value));
    }

    @Test
    void aBadChunkIsRefusedAndTheTargetsRequestIsAborted() throws Exception {
        target.script(stallingAfter(""));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            target.awaitRequest();
            client.send("zz\r\nabc");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 400 ");
        }
        awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(400);
    }

    @Test
    void aClientThatLeavesBeforeTheResponseCancelsItsRequest() throws Exception {
        target.script(stallingAfter(""));
        RawClient client = client();
        client.send(GET);
        target.awaitRequest();
        client.close();
        awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(499);
    }

    @Test
    void aClientThatResetsBeforeTheResponseCancelsItsRequest() throws Exception {
        target.script(stallingAfter(""));
        RawClient client = client();
        client.send(GET);
        target.awaitRequest();
        client.reset();
        awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(499);
    }

    @Test
    void aClientThatLeavesDuringTheResponseCancelsIt() throws Exception {
        streamBodies();
        deploy(target);
        target.script(stallingAfter("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin"));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
        }
        awaitClosed();
        assertThat(awaitEnded().failure()).isNotNull();
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        target.script(call -> {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + call.path().length() + "\r\n\r\n" + call.path());
            return true;
        });
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            requests.append("GET /").append("p".repeat(i)).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        try (RawClient client = client()) {
            client.send(requests.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(client.readResponse()).endsWith("\r\n\r\n/" + "p".repeat(i));
            }
        }
    }

    @Test
    void aRequestThatComesWhileTheOneBeforeItWaitsIsNotLost() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        target.script(call -> {
            answer.await();
            call.send(OK);
            return true;
        });
        try (RawClient client = client()) {
            client.send(GET);
            target.awaitRequest();
            client.send("GET /second HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(5000) + "\r\n\r\n");
            answer.countDown();
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(target.heads()).hasSize(2);
    }

    @Test
    void connectIsRefused() throws Exception {
        try (RawClient client = client()) {
            client.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 405 ");
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void anExpectationIsAnsweredOnceTheRequestIsAdmitted() throws Exception {
        target.script(call -> {
            call.in().readNBytes(3);
            call.send(OK);
            return true;
        });
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 100 ");
            assertThat(client.send("abc").readResponse()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(target.heads())
                .singleElement()
                .satisfies(head -> assertThat(head).doesNotContain("Expect"));
    }
}
