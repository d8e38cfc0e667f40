package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Item 3 of the notes on Jetty: the bytes of path and query that the client sent are what the target gets. */
class RequestTargetTest extends ProxyScaffold {
    private static final String RAW_UTF_8 = new String(
            "/caf\u00e9/\u4f60\u597d?q=\u00fc".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

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

    @Test
    void anAsteriskStaysAnAsterisk() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        assertThat(client().send(RawClient.head("OPTIONS", "*")).read().status())
                .isEqualTo(200);

        assertThat(target.taken().startLine()).isEqualTo("OPTIONS * HTTP/1.1");
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
