package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.RequestSummary;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.component.LifeCycle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that leave, or want to be asked for what they send. */
class FaultyClientTest extends FaultTest {
    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesBeforeTheResponseCancelsItsRequest(Leaving way) throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        try (RawClient client = client()) {
            client.send(POST);
            target.awaitRequest();
            way.leave(client);
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the target's request", () -> target.open() == 0);
        }
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWithinItsBodyCancelsItsRequest(Leaving way) throws Exception {
        leavingCancels("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", way);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWithinAChunkCancelsItsRequest(Leaving way) throws Exception {
        leavingCancels("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", way);
    }

    private void leavingCancels(String begun, Leaving way) throws Exception {
        streamBodies();
        StallingTarget target = deploy(new StallingTarget(""));
        try (RawClient client = client()) {
            client.send(begun);
            target.awaitRequest();
            way.leave(client);
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the target's request", () -> target.open() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesDuringTheResponseCancelsIt(Leaving way) throws Exception {
        StallingTarget target =
                deploy(new StallingTarget("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
            way.leave(client);
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(200);
            assertThat(summary.failure()).isNotNull();
            await("the end of the target's response", () -> target.open() == 0);
        }
    }

    @Test
    void anHttp2ClientThatResetsItsStreamCancelsItsRequest() throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        HttpClient http2 = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
        http2.start();
        try {
            for (String method : new String[] {"GET", "POST"}) {
                CompletableFuture<?> failed = new CompletableFuture<>();
                Request request = http2.newRequest("http://127.0.0.1:" + proxy.port() + "/x")
                        .method(method)
                        .onRequestFailure((sent, failure) -> failed.complete(null));
                request.send(result -> failed.complete(null));
                target.awaitRequest();
                request.abort(new IllegalStateException("not wanted any more"));
                assertThat(awaitEnded().status()).isEqualTo(499);
                await("the end of the target's request", () -> target.open() == 0);
                failed.get(10, TimeUnit.SECONDS);
            }
        } finally {
            LifeCycle.stop(http2);
        }
    }

    @Test
    void anHttp2ClientThatResetsItsStreamDuringTheResponseCancelsIt() throws Exception {
        StallingTarget target =
                deploy(new StallingTarget("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"));
        HttpClient http2 = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
        http2.start();
        try {
            CompletableFuture<?> begun = new CompletableFuture<>();
            Request request = http2.newRequest("http://127.0.0.1:" + proxy.port() + "/x")
                    .onResponseContent((response, content) -> begun.complete(null));
            request.send(result -> {});
            begun.get(10, TimeUnit.SECONDS);
            request.abort(new IllegalStateException("not wanted any more"));
            assertThat(awaitEnded().failure()).isNotNull();
            await("the end of the target's response", () -> target.open() == 0);
        } finally {
            LifeCycle.stop(http2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"})
    void anExpectationIsAnsweredOnceTheRequestIsAdmitted(String length) throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\n" + length + "Expect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            client.send(length.startsWith("C") ? "abc" : "3\r\nabc\r\n0\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").endsWith("POST /x abc");
            assertThat(client.send(GET).readResponse()).endsWith("GET /x ");
        }
        assertThat(target.heads())
                .hasSize(2)
                .allSatisfy(head -> assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("expect"));
    }

    @Test
    void anExpectationOfARequestThatNobodyGetsIsNotAnswered() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 404 ");
        }
        streamBodies();
        deploy(new EchoingTarget()).refuse();
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void aBodyThatComesWithAnExpectationIsForwardedAllTheSame() throws Exception {
        deploy(new EchoingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + GET);
            String head = client.readHead();
            if (head.startsWith("HTTP/1.1 100 ")) {
                head = client.readHead();
            }
            assertThat(head + Bytes.body(client.in(), head)).endsWith("POST /x abc");
            assertThat(client.readResponse()).endsWith("GET /x ");
        }
    }
}
