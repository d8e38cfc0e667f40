package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.AnyClient.Head;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Heads of responses as few targets write them: passed on as what they mean, or not at all. */
class OddResponseTest extends AnyClientScaffold {
    private static final String OK_LENGTH = "Content-Length: 2\r\n\r\nok";

    /** A target that answers by number, and properly what is not numbered. */
    private RawTarget serveNumbered(List<String> responses) throws Exception {
        return serveAll(RawTarget.answering((request, connection) -> {
            String path = request.requestTarget();
            boolean numbered = path.matches("/\\d+");
            connection.send(numbered ? responses.get(Integer.parseInt(path.substring(1))) : RawTarget.OK);
        }));
    }

    private static void assertNextIsServed(AnyClient client, String after) throws Exception {
        Sent next = client.get("/next");
        assertThat(next.nextHead().status()).as("after " + after).isEqualTo(200);
        assertThat(next.rest()).as("after " + after).isEqualTo("ok");
    }

    @ParameterizedTest
    @EnumSource
    void whatItMeansPasses(Protocol protocol) throws Exception {
        List<String> fields = List.of(
                "X-A: folded\r\n over\r\n\tlines",
                "x-a:no space",
                "X-A: \t spaces around \t",
                "X-A:",
                "X-A: a\tb",
                "X-A: Latin-1 caf\u00e9 \u00ff\u0080",
                "X-A: UTF-8 caf\u00c3\u00a9 \u00e4\u00bd\u00a0",
                "X-a: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~");
        List<String> values = List.of(
                "folded over lines",
                "no space",
                "spaces around",
                "",
                "a\tb",
                "Latin-1 caf\u00e9 \u00ff\u0080",
                "UTF-8 caf\u00c3\u00a9 \u00e4\u00bd\u00a0",
                "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~");
        serveNumbered(fields.stream()
                .map(field -> "HTTP/1.1 200 OK\r\n" + field + "\r\n" + OK_LENGTH)
                .toList());
        AnyClient client = client(protocol);

        for (int i = 0; i < fields.size(); i++) {
            Sent sent = client.get("/" + i);
            Head head = sent.nextHead();
            assertThat(head.status()).as(fields.get(i)).isEqualTo(200);
            assertThat(head.all("x-a")).as(fields.get(i)).containsExactly(values.get(i));
            assertThat(sent.rest()).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @EnumSource
    void soDoesWhatOnlyLooksOdd(Protocol protocol) throws Exception {
        List<String> responses = List.of(
                "HTTP/1.1 200\r\n" + OK_LENGTH,
                "HTTP/1.1 200 \r\n" + OK_LENGTH,
                "HTTP/1.1 200 Fine \u00e9\r\n" + OK_LENGTH,
                "HTTP/1.0 200 OK\r\n" + OK_LENGTH,
                "\r\nHTTP/1.1 200 OK\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nok",
                "HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 2\r\n\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=\"b\"\r\nok\r\n0;c\r\n\r\n",
                "HTTP/1.1 200 OK\r\n" + OK_LENGTH + "and more",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nand more",
                "HTTP/1.1 200 OK\r\n" + OK_LENGTH + "HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil");
        serveNumbered(responses);
        AnyClient client = client(protocol);

        for (int i = 0; i < responses.size(); i++) {
            Sent sent = client.get("/" + i);
            assertThat(sent.nextHead().status()).as(responses.get(i)).isEqualTo(200);
            assertThat(sent.rest()).as(responses.get(i)).isEqualTo("ok");
            assertNextIsServed(client, responses.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCouldBeTakenForAnotherIsABadGateway(Protocol protocol) throws Exception {
        List<String> responses = List.of(
                "HTTP/1.1 200 OK\r\nX-A : b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX A: b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX(A): b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX\u00e9A: b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\n: b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nXA\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX-A: b\r" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX-A: a\0b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nX-A: a\u007fb\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n" + OK_LENGTH,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok",
                "HTTP/1.1 1000 Odd\r\n" + OK_LENGTH,
                "HTTP/1.1 042 Odd\r\n" + OK_LENGTH,
                "HTTP/1.1 042\r\n" + OK_LENGTH,
                "HTTP/1.1 42\r\n" + OK_LENGTH,
                "HTTP/1.1 0\r\n" + OK_LENGTH,
                "HTTP/1.1 -200 Odd\r\n" + OK_LENGTH,
                "HTTP/1.1 2xx Odd\r\n" + OK_LENGTH,
                "HTTP/1.1\r\n" + OK_LENGTH,
                "HTTP/1.2 200 OK\r\n" + OK_LENGTH,
                "HTTP/3 200 OK\r\n" + OK_LENGTH,
                "ICY 200 OK\r\n" + OK_LENGTH,
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n",
                "hello\r\n\r\n");
        serveNumbered(responses);
        AnyClient client = client(protocol);

        for (int i = 0; i < responses.size(); i++) {
            Sent sent = client.get("/" + i);
            assertThat(sent.nextHead().status()).as(responses.get(i)).isEqualTo(502);
            assertThat(sent.rest()).as(responses.get(i)).contains("502");
            assertNextIsServed(client, responses.get(i));
        }
    }

    /** The target has answered, and so may have done what it was asked for. */
    @Test
    void noRequestIsRepeatedForOneThatCannotBePassedOn() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        serveAll(RawTarget.answering((request, connection) -> {
            asked.incrementAndGet();
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
        }));

        assertThat(client().send(RawClient.head("DELETE", "/")).read().status()).isEqualTo(502);
        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void anyStatusPasses(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering((request, connection) -> {
            String status = request.requestTarget().substring(1);
            connection.send("HTTP/1.1 " + status + " Odd\r\n" + (status.matches("204|304") ? "\r\n" : OK_LENGTH));
        }));
        AnyClient client = client(protocol);

        // A quarter over each protocol: all of them over one or another.
        List<Protocol> all = List.of(Protocol.values());
        for (int status = 200 + all.indexOf(protocol); status < 1000; status += all.size()) {
            Sent sent = client.get("/" + status);
            assertThat(sent.nextHead().status()).isEqualTo(status);
            assertThat(sent.rest()).as("" + status).isEqualTo(status == 204 || status == 304 ? "" : "ok");
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyCookiesPassInTheirOrder(Protocol protocol) throws Exception {
        List<String> cookies = IntStream.range(0, 1000)
                .mapToObj(i -> "c" + i + "=\"v, " + i + "\"; Path=/; HttpOnly; Odd=; =x")
                .toList();
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < cookies.size(); i++) {
            head.append(i % 2 == 0 ? "Set-Cookie: " : "set-cookie:")
                    .append(cookies.get(i))
                    .append("\r\n");
        }
        serveNumbered(List.of(head + OK_LENGTH));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.get("/0");
            assertThat(sent.nextHead().all("set-cookie")).isEqualTo(cookies);
            assertThat(sent.rest()).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @EnumSource
    void fieldsOfTheSameNameStayApartAndInOrder(Protocol protocol) throws Exception {
        serveNumbered(
                List.of("HTTP/1.1 200 OK\r\nVary: a\r\nX-A: 1\r\nvary: b, c\r\nX-B: 1\r\nVARY: d\r\nx-a: 2\r\nX-A:\r\n"
                        + OK_LENGTH));

        Head head = client(protocol).get("/0").nextHead();

        assertThat(head.all("vary")).containsExactly("a", "b, c", "d");
        assertThat(head.all("x-a")).containsExactly("1", "2", "");
        List<String> others = new ArrayList<>(head.fields());
        others.remove("content-length: 2");
        assertThat(others).containsExactly("vary: a", "x-a: 1", "vary: b, c", "x-b: 1", "vary: d", "x-a: 2", "x-a: ");
    }

    /** Names that the proxy knows it writes as the standards do, others as the target has. */
    @Test
    void theCaseOfAnUnknownNameIsKept() throws Exception {
        serveNumbered(List.of(
                "HTTP/1.1 200 OK\r\nx-lower: 1\r\nX-UPPER: 2\r\nX-Mixed-cAsE: 3\r\netag: \"4\"\r\n" + OK_LENGTH));

        assertThat(client().get("/0").fields())
                .containsExactly("x-lower: 1", "X-UPPER: 2", "X-Mixed-cAsE: 3", "ETag: \"4\"", "Content-Length: 2");
    }
}
