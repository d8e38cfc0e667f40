package dev.gapless.proxy.jetty.faults;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What is no request is answered and closed, and nothing of it reaches a target. */
class MalformedRequestTest extends FaultTest {
    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / \r\nHost: a\r\n\r\n",
                " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
                "GET / XTTP/1.1\r\nHost: a\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
                "GET / HTTP/1.1\r\n folded\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: \u0000\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX\u0000: y\r\n\r\n",
                "GET /\u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: y\rEvil: z\r\n\r\n"
            })
    void aMalformedHeadIsRefused(String request) throws Exception {
        isRefusedWith(400, request);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Content-Length: 0\r\nTransfer-Encoding: chunked",
                "Content-Length: 3\r\nContent-Length: 4",
                "Content-Length: 3, 4",
                "Content-Length: -3",
                "Content-Length: +3",
                "Content-Length: 0x3",
                "Content-Length: 3 3",
                "Content-Length:",
                "Content-Length: 99999999999999999999",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: \u000bchunked",
                "Transfer-Encoding: chunked;x=y",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding:",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding\u0000: chunked"
            })
    void aBodyWhoseLengthIsInDoubtIsRefused(String fields) throws Exception {
        isRefusedWith(400, "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n0\r\n\r\n" + SMUGGLED);
    }

    @Test
    void anHttp10RequestWithACodingIsRefused() throws Exception {
        isRefusedWith(400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\nabc\r\n",
                "-3\r\nabc\r\n",
                "0x3\r\nabc\r\n",
                "fffffffffffffffff\r\nabc\r\n",
                "3\r\nabcdef\r\n"
            })
    void aBadChunkIsRefusedAndTheTargetsRequestIsAborted(String chunk) throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            target.awaitRequest();
            client.sendWhatIsTaken(chunk + SMUGGLED);
            assertThat(client.readToEndOrReset()).startsWith("HTTP/1.1 400 ").doesNotContain("HTTP/1.1 200");
        }
        await("the abort of the target's request", () -> target.open() == 0);
        assertThat(awaitEnded().status()).isEqualTo(400);
        assertThat(target.heads()).hasSize(1);
    }

    @Test
    void aHeadBeyondTheLimitIsRefused() throws Exception {
        isRefusedWith(431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(66_000) + "\r\n\r\n");
        isRefusedWith(431, "GET /" + "x".repeat(66_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        isRefusedWith(431, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(12_000) + "\r\n");
    }

    @Test
    void aHeadOf64KibibytesPasses() throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        String rest = "GET /x HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
        String value = "x".repeat(64 * 1024 - rest.length());
        try (RawClient client = client()) {
            assertThat(client.send(rest.replace("X: ", "X: " + value)).readResponse())
                    .startsWith("HTTP/1.1 200 ");
        }
        assertThat(target.heads()).singleElement().asString().contains(value);
    }

    @Test
    void connectIsRefused() throws Exception {
        isRefusedWith(405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
    }

    private void isRefusedWith(int status, String request) throws IOException {
        EchoingTarget target = deploy(new EchoingTarget());
        int acceptedBefore = target.accepted();
        try (RawClient client = client()) {
            assertThat(client.sendWhatIsTaken(request).readToEndOrReset())
                    .startsWith("HTTP/1.1 " + status + " ")
                    .containsOnlyOnce("HTTP/1.1 ")
                    .containsIgnoringCase("\r\nConnection: close\r\n");
        }
        assertThat(target.heads()).isEmpty();
        assertThat(target.accepted()).isEqualTo(acceptedBefore);
    }
}
