package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.jetty.Http2Client;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that are streams pass part by part, whatever is buffered. */
class StreamedResponseTest extends ResponseScaffold {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: text/event-stream",
                "Content-Type: text/event-stream; charset=utf-8",
                "Content-Type: text/event-stream;charset=UTF-8;x=\"y;z\"",
                "Content-Type: text/event-stream ;charset=utf-8",
                "content-type:Text/Event-Stream",
                "CONTENT-TYPE: TEXT/EVENT-STREAM; CHARSET=UTF-8",
                "Content-Type: application/grpc",
                "Content-Type: application/grpc+proto",
                "Content-Type: application/grpc; x=y",
                "Content-Type: Application/GRPC+Json",
                "X-Accel-Buffering: no",
                "x-accel-buffering:no",
                "X-Accel-Buffering: No",
                "X-ACCEL-BUFFERING: NO"
            })
    void streamsPassPartByPart(String field) throws Exception {
        String head = "HTTP/1.1 200 OK\r\nX-First: 1\r\n" + field + "\r\nX-Last: 1\r\n";
        assertStreamed(
                full(), head + "Transfer-Encoding: chunked\r\n\r\n", "5\r\none-\n", "\r\n1\r\n2", "\r\n0\r\n\r\n");
        assertStreamed(full(), head + "Content-Length: 6\r\n\r\n", "one", "two");
        assertStreamed(responses(Buffering.AUTOMATIC), head + "Content-Length: 6\r\n\r\n", "one", "two");
    }

    @Test
    void anEventStreamStaysOneWhateverElseIsSaidOfBuffering() throws Exception {
        assertStreamed(
                full(),
                "HTTP/1.1 200 OK\r\nX-Accel-Buffering: yes\r\nContent-Type: text/event-stream\r\nContent-Length: 6\r\n\r\n",
                "one",
                "two");
    }

    @Test
    void eventsReachAClientOfHttp2OneByOne() throws Exception {
        PausingTarget target = deploy(
                full(),
                PausingTarget.of(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 6\r\n\r\n",
                        "one",
                        "two"));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            assertThat(sent.nextStatus()).isEqualTo(200);
            target.goOn();
            await("the first event", () -> sent.bodyBytes() == 3);
            target.goOn();
            assertThat(sent.response().text()).isEqualTo("onetwo");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: text/event-streams",
                "Content-Type: text/plain; x=text/event-stream",
                "Content-Type: text/plain; x=\"application/grpc\"",
                "Content-Type: application/json",
                "Content-Type: grpc",
                "X-Type: text/event-stream",
                "X-Accel-Buffering: yes",
                "X-Accel-Buffering: not",
                "X-Accel-Buffering:",
                "X-Accel-Buffered: no"
            })
    void whatOnlyLooksLikeAStreamIsBuffered(String field) throws Exception {
        String begin = "HTTP/1.1 200 OK\r\n" + field + "\r\nContent-Length: 6\r\n\r\nthree";
        assertBuffered(full(), BreakingTarget.after(begin));
        assertBuffered(responses(Buffering.AUTOMATIC), BreakingTarget.after(begin));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSaidOfBufferingIsForTheProxyAlone(Buffering buffering) throws Exception {
        for (String value : new String[] {"no", "yes", "NO", "", "off, or so"}) {
            for (Fetched.Protocol protocol : Fetched.Protocol.values()) {
                assertThat(fields(buffering, protocol, "GET", value, "Content-Length: 2\r\n\r\nok"))
                        .contains("x-mine", "x-yours")
                        .doesNotContain("x-accel-buffering");
            }
        }
        assertThat(fields(buffering, Fetched.Protocol.HTTP_1_1, "HEAD", "no", "Content-Length: 2\r\n\r\n"))
                .contains("x-mine")
                .doesNotContain("x-accel-buffering");
        assertThat(fields(buffering, Fetched.Protocol.HTTP_1_1, "GET", "no\r\nX-ACCEL-BUFFERING: yes", "\r\n"))
                .contains("x-mine")
                .doesNotContain("x-accel-buffering");
    }

    private Iterable<String> fields(
            Buffering buffering, Fetched.Protocol protocol, String method, String value, String rest) throws Exception {
        deploy(
                responses(buffering),
                new BreakingTarget(
                        PausingTarget.Part.of("HTTP/1.1 200 OK\r\nX-Mine: 1\r\nX-accel-Buffering: " + value
                                + "\r\nX-Yours: 1\r\n" + rest),
                        false));
        Fetched fetched = Fetched.over(protocol, proxy.port(), method, "/x");
        assertThat(fetched.hasStatus(200)).isTrue();
        return fetched.names();
    }
}
