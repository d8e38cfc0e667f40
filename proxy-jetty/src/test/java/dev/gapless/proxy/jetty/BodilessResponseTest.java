package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.jetty.AnyClient.Head;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that have no body, whatever their head says and whatever the target sends after it. */
class BodilessResponseTest extends AnyClientScaffold {
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

    /** A request's method, a response to it, and the length that its client gets told. */
    record Case(String method, String response, String length) {
        static Stream<Case> all() {
            return Stream.of(
                    new Case("HEAD", "200 OK\r\nContent-Length: 1234\r\n\r\n", "1234"),
                    new Case("HEAD", "200 OK\r\nContent-Length: 0\r\n\r\n", "0"),
                    new Case("HEAD", "200 OK\r\nContent-Length: 99999999999\r\n\r\n", "99999999999"),
                    new Case("HEAD", "200 OK\r\n" + CHUNKED, null),
                    new Case("HEAD", "200 OK\r\n\r\n", null),
                    new Case("HEAD", "404 Not Found\r\nContent-Length: 9\r\n\r\n", "9"),
                    new Case("HEAD", "204 No Content\r\n\r\n", null),
                    new Case("HEAD", "304 Not Modified\r\nContent-Length: 9\r\n\r\n", "9"),
                    new Case("HEAD", "200 OK\r\nContent-Length: 5\r\n\r\nhello", "5"),
                    new Case("HEAD", "200 OK\r\n" + CHUNKED + "5\r\nhello\r\n0\r\n\r\n", null),
                    new Case("HEAD", "200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n", "5"),
                    new Case("GET", "204 No Content\r\n\r\n", null),
                    new Case("GET", "204 No Content\r\nContent-Length: 0\r\n\r\n", null),
                    new Case("GET", "204 No Content\r\nContent-Length: 5\r\n\r\n", null),
                    new Case("GET", "204 No Content\r\nContent-Length: 5\r\n\r\nhello", null),
                    new Case("GET", "204 No Content\r\nContent-Type: text/plain\r\n\r\nhello", null),
                    new Case("GET", "204 No Content\r\n" + CHUNKED + "0\r\n\r\n", null),
                    new Case("GET", "204 No Content\r\n" + CHUNKED + "5\r\nhello\r\n0\r\n\r\n", null),
                    new Case("DELETE", "204 No Content\r\nContent-Length: 2\r\n\r\nok", null),
                    new Case("GET", "304 Not Modified\r\n\r\n", null),
                    new Case("GET", "304 Not Modified\r\nContent-Length: 0\r\n\r\n", "0"),
                    new Case("GET", "304 Not Modified\r\nContent-Length: 99\r\n\r\n", "99"),
                    new Case("GET", "304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "5"),
                    new Case("GET", "304 Not Modified\r\n" + CHUNKED, null),
                    new Case("GET", "304 Not Modified\r\n" + CHUNKED + "0\r\n\r\n", null));
        }

        int status() {
            return Integer.parseInt(response.substring(0, 3));
        }
    }

    static Stream<Arguments> cases() {
        return Pairs.of(Protocol.values(), Buffering.values());
    }

    private static RawTarget odd(List<Case> cases) throws Exception {
        return RawTarget.answering((request, connection) -> {
            String path = request.requestTarget();
            connection.send(
                    path.equals("/ok")
                            ? RawTarget.OK
                            : "HTTP/1.1 "
                                    + cases.get(Integer.parseInt(path.substring(1)))
                                            .response());
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theHeadPassesAloneAndTheNextResponseIsTheNext(Protocol protocol, Buffering buffering) throws Exception {
        List<Case> cases = Case.all().toList();
        serveAll(
                odd(cases),
                withAndWithoutTls()
                        .bodies(BodyOptions.builder()
                                .responseBuffering(buffering)
                                .build()));
        AnyClient client = client(protocol);

        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            Sent sent = client.begin(each.method(), "/" + i, true);
            Head head = sent.nextHead();
            String what = each + " over " + protocol;
            assertThat(head.status()).as(what).isEqualTo(each.status());
            assertThat(head.all("content-length"))
                    .as(what)
                    .isEqualTo(each.length() == null ? List.of() : List.of(each.length()));
            assertThat(head.all("connection")).as(what).isEmpty();
            assertThat(sent.rest()).as(what).isEmpty();
            Sent next = client.get("/ok");
            assertThat(next.nextHead().status()).as("after " + what).isEqualTo(200);
            assertThat(next.rest()).as("after " + what).isEqualTo("ok");
        }
    }

    /** RFC 9112, section 6.1: a chunked body of a response to HEAD may be announced, of a 204 or 304 it may not. */
    @Test
    void noFramingIsSaidOfAResponseThatCannotHaveABody() throws Exception {
        serveAll(RawTarget.answering((request, connection) ->
                connection.send("HTTP/1.1 " + request.requestTarget().substring(1) + " Odd\r\n" + CHUNKED)));
        RawClient client = client();

        for (int status : new int[] {204, 304}) {
            RawMessage head = client.send(RawClient.head("GET", "/" + status)).readHead();
            assertThat(head.startLine()).startsWith("HTTP/1.1 " + status);
            assertThat(head.fields()).isEmpty();
        }
    }

    @Test
    void aClientOfHttp10GetsTheHeadAlone() throws Exception {
        List<Case> cases = Case.all().toList();
        serveAll(odd(cases));

        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            String response = client().send(each.method() + " /" + i + " HTTP/1.0\r\nHost: example.com\r\n\r\n")
                    .readToEnd();
            assertThat(response)
                    .as(each.toString())
                    .startsWith("HTTP/1.1 " + each.status())
                    .endsWith("\r\n\r\n");
            assertThat(response.indexOf("\r\n\r\n")).as(each.toString()).isEqualTo(response.length() - 4);
        }
    }

    /** RFC 9110, section 15.3.6: there should be none, but a 205 is framed like any other response. */
    @ParameterizedTest
    @EnumSource
    void whatComesWithAResetContentIsFramed(Protocol protocol) throws Exception {
        List<String> responses = List.of(
                "Content-Length: 0\r\n\r\n",
                CHUNKED + "0\r\n\r\n",
                "Content-Length: 5\r\n\r\nhello",
                CHUNKED + "5\r\nhello\r\n0\r\n\r\n");
        serveAll(RawTarget.answering((request, connection) -> {
            int i = Integer.parseInt(request.requestTarget().substring(1));
            connection.send("HTTP/1.1 205 Reset Content\r\n" + responses.get(i));
        }));
        AnyClient client = client(protocol);

        for (int i = 0; i < responses.size(); i++) {
            Sent sent = client.get("/" + i);
            assertThat(sent.nextHead().status()).isEqualTo(205);
            assertThat(sent.rest()).isEqualTo(i < 2 ? "" : "hello");
        }
    }

    /** As long as nothing says how long it is, the end of the connection is its end. */
    @ParameterizedTest
    @EnumSource
    void aResetContentMayEndWithItsConnection(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 205 Reset Content\r\n\r\n");
            connection.close();
        }));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.get("/" + i);
            assertThat(sent.nextHead().status()).isEqualTo(205);
            assertThat(sent.rest()).isEmpty();
        }
    }

    /** It would be taken for the next response, or that for its end, by a client who has nothing to do with it. */
    @ParameterizedTest
    @ValueSource(strings = {"hello", "HTTP/1.1 200 Evil\r\n\r\n", "HTTP/1.1 200 Evil\r\nContent-Length: 9\r\n\r\n"})
    void aBodyThatShouldNotBeAndComesLateReachesNobody(String late) throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            if (request.method().equals("HEAD")) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n");
                RawTarget.awaitUninterrupted(answered);
                connection.send(late);
                sent.countDown();
            } else {
                connection.send(RawTarget.OK);
            }
        }));
        RawClient client = client();

        assertThat(client.send(RawClient.head("HEAD", "/")).readHead().field("Content-Length"))
                .isEqualTo("40");
        answered.countDown();
        sent.await();
        // One that comes to be read before the next request, that is: its lane has seen it when it has served others.
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            client().get("/");
        }
        RawMessage next =
                client.send(RawClient.head("POST", "/", "Content-Length: 0")).read();

        assertThat(next.startLine()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(next.text()).isEqualTo("ok");
        assertThat(target.usedConnections()).isGreaterThan(1);
    }
}
