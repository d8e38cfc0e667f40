package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Item 3 of the notes on Jetty: the bytes of path and query that the client sent are what the target gets. */
class RequestTargetTest extends AnyClientScaffold {
    private static final String RAW_UTF_8 = new String(
            "/caf\u00e9/\u4f60\u597d?q=\u00fc".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    /** Whatever could be meant by it: each visible byte of ASCII but the fragment's, and each byte in its encoded form. */
    private static final List<String> EVERY_BYTE = everyByte();

    private static List<String> everyByte() {
        List<String> targets = new ArrayList<>();
        for (char c = '!'; c <= '~'; c++) {
            if (c != '#') {
                targets.add(c == '%' ? "/a?%b" : "/a" + c + "b/" + c + "?" + c + "b");
            }
        }
        for (int c = 0; c <= 0xff; c++) {
            String path = c == 0 ? "/a" : "/a%%%02Xb/%%%02x/b".formatted(c, c);
            targets.add(path + "?b%%%02Xc%%%02x".formatted(c, c));
        }
        return targets;
    }

    static Stream<String> requestTargets() {
        return Stream.of(
                "/",
                "/a%2Fb",
                "/a%2fb/%61",
                "//",
                "//evil/x",
                "//evil/x?y",
                "/a//b///c",
                "/100%25",
                "/%2e/x",
                "/a/%2e%2e/b",
                "/a/./b/../c",
                "/a|b",
                RAW_UTF_8,
                "/{id}/\"q\"/<x>/^",
                "/a\\b",
                "/a[1]`b",
                "/bad%u0041",
                "/latin-1%E9",
                "/?q=%",
                "/?q=%zz&r={|}<>^\"`\\",
                "/path?",
                "/path??a=b?c",
                "/path?a=b&a=b&&",
                "/path?a+b%20c",
                "/path;v=1/x;;y=2?z;w",
                "/;jsessionid=1",
                "/a:b@c!$&'()*,=~",
                "/" + "long/".repeat(8000) + "?" + "q=1&".repeat(4000));
    }

    @ParameterizedTest
    @MethodSource("requestTargets")
    void pathAndQueryReachTheTargetByteForByte(String requestTarget) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().get(requestTarget).status()).isEqualTo(200);

        assertThat(target.taken().requestTarget()).isEqualTo(requestTarget);
    }

    @ParameterizedTest
    @MethodSource("requestTargets")
    void pathAndQueryReachTheTargetByteForByteOverHttp2(String requestTarget) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(http2().get(requestTarget).status()).isEqualTo(200);

        assertThat(target.taken().requestTarget()).isEqualTo(requestTarget);
    }

    @ParameterizedTest
    @MethodSource("requestTargets")
    void whatFollowsAStrippedPrefixReachesTheTargetByteForByte(String requestTarget) throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().pathPrefix("/api").build());

        assertThat(client().get("/api" + requestTarget).status()).isEqualTo(200);

        assertThat(target.taken().requestTarget()).isEqualTo(requestTarget);
    }

    @ParameterizedTest
    @EnumSource
    void everyByteReachesTheTargetAsItIs(Protocol protocol) throws Exception {
        RawTarget target = serveAll(RawTarget.answering(RawTarget.OK));
        AnyClient client = client(protocol);

        for (String requestTarget : EVERY_BYTE) {
            Sent sent = client.get(requestTarget);
            assertThat(sent.nextHead().status()).as(requestTarget).isEqualTo(200);
            assertThat(sent.rest()).isEqualTo("ok");
            assertThat(target.taken().requestTarget()).isEqualTo(requestTarget);
        }
    }

    @ParameterizedTest
    @EnumSource
    void longRequestTargetsPass(Protocol protocol) throws Exception {
        RawTarget target = serveAll(RawTarget.answering(RawTarget.OK));
        AnyClient client = client(protocol);

        for (int length : new int[] {8 << 10, (8 << 10) + 1, 16 << 10, 32 << 10, 48 << 10, 65_000}) {
            String half = "x".repeat(length / 2 - 1);
            for (String requestTarget : List.of("/" + half + half, "/" + half + "?" + half)) {
                Sent sent = client.get(requestTarget);
                assertThat(sent.nextHead().status()).as("" + length).isEqualTo(200);
                assertThat(sent.rest()).isEqualTo("ok");
                assertThat(target.taken().requestTarget()).isEqualTo(requestTarget);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {65_536, 66_000, 100_000, 1_000_000})
    void aRequestTargetBeyondTheLimitIsRefused(int length) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();
        Thread sender = client.sending(RawClient.head("GET", "/" + "x".repeat(length)), new byte[0]);

        RawMessage refusal = client.read();

        assertThat(refusal.status()).isEqualTo(431);
        assertThat(refusal.field("Connection")).isEqualTo("close");
        client.close();
        sender.join();
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(client().get("/").status()).isEqualTo(200);
    }

    /** Over HTTP/2 there is no line that these would break, but there is one on the way to the target. */
    @Test
    void whatWouldBreakTheRequestLineIsMalformedOverHttp2() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        List<String> malformed = new ArrayList<>();
        for (int c = 0; c <= ' '; c++) {
            malformed.add("/a" + (char) c + "b");
            malformed.add("/a?" + (char) c + "b");
        }
        malformed.addAll(List.of(
                "/a\u007fb",
                "/a?\u007fb",
                "/a#b",
                "/a?b#c",
                "/a\u0080b",
                "/a HTTP/1.1",
                "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n",
                " /a",
                "/a ",
                "/a%",
                "/a%0",
                "/a%zz",
                "/a%00"));

        for (String path : malformed) {
            String answer = closing(RawHttp2.to(proxy.port())).get(path);
            assertThat(answer).as("\"" + path + "\"").isIn("400", "reset 1", "goaway 1");
        }
        for (String path : List.of("", "a", "?a", "http://example.com/a")) {
            String answer = closing(RawHttp2.to(proxy.port())).get(path);
            assertThat(answer).as("\"" + path + "\"").isIn("400", "reset 1", "goaway 1");
        }

        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "G ET",
                "GET /admin HTTP/1.1",
                "GET\t",
                " GET",
                "GET\r\nX-Evil: 1",
                "G\0",
                "G\u007f",
                "\u00c9T",
                "G(T)",
                "G/",
                ""
            })
    void aMethodThatIsNoneIsMalformedOverHttp2(String method) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        String answer = closing(RawHttp2.to(proxy.port()))
                .send(":method", method, ":scheme", "http", ":authority", "example.com", ":path", "/");

        assertThat(answer).isIn("400", "reset 1", "goaway 1");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void anyTokenIsAMethodOverBothProtocols() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        for (String method : List.of("PROPFIND", "M-SEARCH", "x-Mixed", "get", "head", "!#$%&'*+-.^_`|~09azAZ")) {
            assertThat(client().send(RawClient.head(method, "/")).read().status())
                    .isEqualTo(200);
            assertThat(target.taken().method()).isEqualTo(method);
            assertThat(closing(RawHttp2.to(proxy.port()))
                            .send(":method", method, ":scheme", "http", ":authority", "example.com", ":path", "/"))
                    .isEqualTo("200");
            assertThat(target.taken().method()).isEqualTo(method);
        }
    }

    @Test
    void aPrefixThatIsNotStrippedStays() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder()
                        .pathPrefix("/api")
                        .stripPathPrefix(false)
                        .build());

        client().get("/%61pi//x%2F?y=%");

        assertThat(target.taken().requestTarget()).isEqualTo("/%61pi//x%2F?y=%");
    }

    @Test
    void anEmptyRestAfterAStrippedPrefixIsASlash() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().pathPrefix("/api").build());

        client().get("/api?x=1");

        assertThat(target.taken().requestTarget()).isEqualTo("/?x=1");
    }

    @Test
    void anEncodedPrefixBelongsToTheServiceOfThePrefix() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().pathPrefix("/api").build());

        client().get("/%61p%69/x%2Fy");

        assertThat(target.taken().requestTarget()).isEqualTo("/x%2Fy");
    }

    @Test
    void aPathThatLeadsOutOfItsPrefixIsRefused() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().pathPrefix("/api").build());

        assertThat(client().get("/api/%2e%2e/admin").status()).isEqualTo(400);

        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bad%zz", "/bad%", "/nul%00", "/latin-1\u00e9", "/?latin-1\u00e9", "/#fragment"})
    void aPathThatCannotBeReadOrPassedUnchangedIsMalformed(String requestTarget) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().get(requestTarget).status()).isEqualTo(400);

        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/latin-1\u00e9", "/?latin-1\u00e9"})
    void aPathThatCannotBePassedUnchangedIsMalformedOverHttp2(String requestTarget) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(http2().get(requestTarget).status()).isEqualTo(400);

        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aPrefixBeyondAsciiTakesItsRawAndItsEncodedBytesOverBothProtocols() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().pathPrefix("/caf\u00e9").build());

        client().get("/caf\u00c3\u00a9/1");
        client().get("/caf%C3%A9/2");
        http2().get("/caf\u00c3\u00a9/3");
        http2().get("/caf%C3%A9/4");

        assertThat(List.of(target.taken(), target.taken(), target.taken(), target.taken()))
                .extracting(RawMessage::requestTarget)
                .containsExactly("/1", "/2", "/3", "/4");
    }

    @ParameterizedTest
    @EnumSource
    void anAsteriskStaysAnAsterisk(Protocol protocol) throws Exception {
        RawTarget target = serveAll(RawTarget.answering(RawTarget.OK));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.begin("OPTIONS", "*", true, "X-I", "" + i);
            assertThat(sent.nextHead().status()).isEqualTo(200);
            assertThat(sent.rest()).isEqualTo("ok");
            RawMessage request = target.taken();
            assertThat(request.startLine()).isEqualTo("OPTIONS * HTTP/1.1");
            assertThat(request.field("Host")).isEqualTo("example.com");
            assertThat(request.field("X-I")).isEqualTo("" + i);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAsteriskIsForTheServiceAtTheRootOfItsHost(Protocol protocol) throws Exception {
        RawTarget other = serveAll(RawTarget.answering(RawTarget.OK));
        RawTarget root = closing(RawTarget.answering(RawTarget.OK));
        deploy("root", withAndWithoutTls().host("example.com").build(), root);
        RawTarget prefixed = closing(RawTarget.answering(RawTarget.OK));
        deploy(
                "api",
                ServiceOptions.builder().host("example.com").pathPrefix("/api").build(),
                prefixed);

        assertThat(client(protocol).begin("OPTIONS", "*", true).nextHead().status())
                .isEqualTo(200);

        assertThat(root.taken().startLine()).isEqualTo("OPTIONS * HTTP/1.1");
        assertThat(prefixed.hasTakenNone()).isTrue();
        assertThat(other.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
    void anAsteriskIsForNobodyWhereThereIsNoRoot(Protocol protocol) throws Exception {
        RawTarget target = serveAll(
                RawTarget.answering(RawTarget.OK), ServiceOptions.builder().pathPrefix("/api"));

        assertThat(client(protocol).begin("OPTIONS", "*", true).nextHead().status())
                .isEqualTo(404);

        assertThat(target.hasTakenNone()).isTrue();
    }

    /** RFC 9112, section 3.2.4. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "HEAD", "options", "PROPFIND"})
    void anAsteriskIsForOptionsAlone(String method) throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().send(RawClient.head(method, "*")).readHead().status())
                .isEqualTo(400);
        assertThat(closing(RawHttp2.to(proxy.port()))
                        .send(":method", method, ":scheme", "http", ":authority", "example.com", ":path", "*"))
                .isEqualTo("400");

        assertThat(target.hasTakenNone()).isTrue();
    }

    /** There is no path to keep: a server as a whole has none. */
    @Test
    void anAsteriskIsRedirectedToTheRoot() throws Exception {
        proxy = start(withTls(loopback()));
        serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().tls(true).build());

        RawMessage redirect = client().send(RawClient.head("OPTIONS", "*")).read();

        assertThat(redirect.status()).isEqualTo(301);
        assertThat(redirect.field("Location")).isEqualTo("https://example.com/");
    }

    @Test
    void anAbsoluteFormIsForwardedInOriginForm() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        client().get("http://example.com/a%2Fb//c?q=%");

        assertThat(target.taken().requestTarget()).isEqualTo("/a%2Fb//c?q=%");
    }

    @Test
    void anAbsoluteFormWithoutAPathAsksForTheRoot() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        client().get("http://example.com?q");

        assertThat(target.taken().requestTarget()).isEqualTo("/?q");
    }

    @Test
    void anyMethodPasses() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().send(RawClient.head("PROPFIND", "/x")).read().status())
                .isEqualTo(200);

        assertThat(target.taken().method()).isEqualTo("PROPFIND");
    }
}
