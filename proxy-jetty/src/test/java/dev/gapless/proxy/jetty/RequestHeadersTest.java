package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.ServiceOptions;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What the target gets to see of the client's header, and what the proxy adds. */
class RequestHeadersTest extends ProxyScaffold {
    private static final List<String> ADDED = List.of(
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "gapless-hops",
            "x-request-id",
            "x-request-start",
            "x-kamal-target");

    private static final ServiceOptions DISTRUSTFUL = ServiceOptions.builder()
            .headers(HeaderOptions.builder().trustForwarded(false).build())
            .build();

    private RawTarget target() throws Exception {
        return serve(RawTarget.answering(RawTarget.OK));
    }

    @Test
    void nothingIsInvented() throws Exception {
        RawTarget target = target();

        client().get("/");

        RawMessage request = target.taken();
        assertThat(request.names()).containsExactlyInAnyOrderElementsOf(plus(ADDED, "host"));
    }

    @Test
    void nothingIsInventedForAPostWithABody() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Content-Length: 2") + "hi").read();

        assertThat(target.taken().names()).containsExactlyInAnyOrderElementsOf(plus(ADDED, "host", "content-length"));
    }

    @Test
    void nothingIsInventedOverHttp2() throws Exception {
        RawTarget target = target();

        http2().get("/");

        assertThat(target.taken().names()).containsExactlyInAnyOrderElementsOf(plus(ADDED, "host"));
    }

    private static List<String> plus(List<String> names, String... more) {
        return Stream.concat(names.stream(), Stream.of(more)).toList();
    }

    @Test
    void endToEndFieldsPassAsTheyAre() throws Exception {
        RawTarget target = target();

        client().get(
                        "/",
                        "Accept-Encoding: gzip, br",
                        "Content-Type: text/odd; x=1",
                        "cookie: a=1; b=\"2\"",
                        "Cookie: c=3",
                        "X-Repeated: 1",
                        "x-repeated: 2",
                        "X-Empty:",
                        "X-Latin: caf\u00e9",
                        "Via: 1.0 fred",
                        "Forwarded: for=1.2.3.4",
                        "Authorization: Basic eDp5");

        RawMessage request = target.taken();
        assertThat(request.field("Accept-Encoding")).isEqualTo("gzip, br");
        assertThat(request.field("Content-Type")).isEqualTo("text/odd; x=1");
        assertThat(request.all("Cookie")).containsExactly("a=1; b=\"2\"", "c=3");
        assertThat(request.all("X-Repeated")).containsExactly("1", "2");
        assertThat(request.field("X-Empty")).isEmpty();
        assertThat(request.field("X-Latin")).isEqualTo("caf\u00e9");
        assertThat(request.field("Via")).isEqualTo("1.0 fred");
        assertThat(request.field("Forwarded")).isEqualTo("for=1.2.3.4");
        assertThat(request.field("Authorization")).isEqualTo("Basic eDp5");
    }

    /** Item 5 of the notes on Jetty. */
    @Test
    void theUserAgentIsTheClientsAlone() throws Exception {
        RawTarget target = target();

        client().get("/", "User-Agent: curl/8");

        assertThat(target.taken().all("User-Agent")).containsExactly("curl/8");
    }

    /** Item 2 of the notes on Jetty. */
    @Test
    void theAuthorityOfAnHttp2RequestIsTheHostThatTheTargetSees() throws Exception {
        RawTarget target = target();

        http2().get("/");

        assertThat(target.taken().all("Host")).containsExactly("example.com");
    }

    @Test
    void theHostIsWhatTheClientSent() throws Exception {
        RawTarget target = target();

        client().send("GET / HTTP/1.1\r\nHost: Example.COM.:8080\r\n\r\n").read();

        RawMessage request = target.taken();
        assertThat(request.field("Host")).isEqualTo("Example.COM.:8080");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("Example.COM.:8080");
    }

    @Test
    void theHostKeepsADefaultPortThatTheClientSent() throws Exception {
        RawTarget target = target();

        client().send("GET / HTTP/1.1\r\nHost: example.com:80\r\n\r\n").read();

        assertThat(target.taken().field("Host")).isEqualTo("example.com:80");
    }

    /** Item 9b of the notes on Jetty. */
    @Test
    void anAbsoluteFormIsRoutedByItsOwnAuthorityAndForwardedWithThat() throws Exception {
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().host("inner.example").build());

        RawMessage response = client().send("GET http://inner.example:81/x HTTP/1.1\r\nHost: outer.example\r\n\r\n")
                .read();

        assertThat(response.status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.field("Host")).isEqualTo("inner.example:81");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("inner.example:81");
        assertThat(request.requestTarget()).isEqualTo("/x");
    }

    /** As above: a host that only begins like the authority is another host. */
    @Test
    void anAbsoluteFormIsForwardedWithItsOwnAuthorityHoweverSimilarTheHostField() throws Exception {
        RawTarget target = target();

        client().send("GET http://inner.example/x HTTP/1.1\r\nHost: inner.example.evil\r\n\r\n")
                .read();

        assertThat(target.taken().field("Host")).isEqualTo("inner.example");
    }

    /** Item 4 of the notes on Jetty. */
    @Test
    void hopByHopFieldsGoNoFurther() throws Exception {
        RawTarget target = target();

        client().get(
                        "/",
                        "Connection: keep-alive, X-Mine , x-OTHER",
                        "Connection: x-third, upgrade",
                        "X-Mine: 1",
                        "X-Other: 2",
                        "X-Third: 3",
                        "X-Fourth: 4",
                        "Keep-Alive: timeout=5",
                        "Proxy-Connection: keep-alive",
                        "Proxy-Authorization: Basic eDp5",
                        "TE: gzip",
                        "Upgrade: h2c");

        assertThat(target.taken().names()).containsExactlyInAnyOrderElementsOf(plus(ADDED, "host", "x-fourth"));
    }

    /** What {@code Connection} names cannot be what the proxy itself says, nor the host. */
    @Test
    void aConnectionFieldCannotTakeAwayWhatTheProxyAdds() throws Exception {
        RawTarget target = target();

        client().get("/", "Connection: close, Host, X-Forwarded-For, X-Request-ID, X-Kamal-Target, X-Request-Start");

        assertThat(target.taken().names()).containsAll(plus(ADDED, "host"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"trailers", "gzip;q=0.5, trailers", "Trailers"})
    void trailersInTePass(String te) throws Exception {
        RawTarget target = target();

        client().get("/", "TE: " + te, "Connection: TE");

        assertThat(target.taken().field("TE")).isEqualTo("trailers");
    }

    /** RFC 9110, section 10.1.4: so that nobody passes it on who does not know it. */
    @Test
    void trailersInTeBelongToTheConnectionWithTheTarget() throws Exception {
        RawTarget target = target();
        RawClient client = client();

        client.get("/", "TE: trailers", "Connection: TE");
        client.get("/", "TE: trailers", "Connection: keep-alive, TE");

        for (int i = 0; i < 2; i++) {
            RawMessage request = target.taken();
            assertThat(request.field("TE")).isEqualTo("trailers");
            assertThat(request.all("Connection")).containsExactly("TE");
        }
        assertThat(target.usedConnections()).as("kept open by it").isEqualTo(1);
    }

    @Test
    void noOtherTransferCodingOrConnectionOptionPasses() throws Exception {
        RawTarget target = target();

        client().get("/", "TE: gzip", "Connection: TE");

        assertThat(target.taken().names()).doesNotContain("te", "connection");
    }

    @Test
    void trailersInTePassOverHttp2() throws Exception {
        RawTarget target = target();

        http2().get("/", "te", "trailers");

        RawMessage request = target.taken();
        assertThat(request.field("TE")).isEqualTo("trailers");
        assertThat(request.all("Connection")).containsExactly("TE");
    }

    /** Item 6 of the notes on Jetty. */
    @Test
    void forwardedFieldsAreAdded() throws Exception {
        RawTarget target = target();

        client().get("/");

        RawMessage request = target.taken();
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
    }

    @Test
    void forwardedFieldsOfATrustedClientAreKeptAndTheListGrows() throws Exception {
        RawTarget target = target();

        client().get(
                        "/",
                        "X-Forwarded-For: 10.0.0.1, unknown",
                        "X-Forwarded-For: 10.0.0.2",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: outside.example");

        RawMessage request = target.taken();
        assertThat(request.field("X-Forwarded-For")).isEqualTo("10.0.0.1, unknown, 10.0.0.2, 127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("outside.example");
    }

    @Test
    void forwardedFieldsOfAClientThatIsNotTrustedAreReplaced() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), DISTRUSTFUL);

        client().get(
                        "/",
                        "X-Forwarded-For: unknown",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: outside.example",
                        "x-forwarded-for: 10.0.0.2");

        RawMessage request = target.taken();
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
    }

    @Test
    void aRequestGetsAnIdAndAStartAndTheNameOfItsTarget() throws Exception {
        RawTarget target = target();
        long before = System.currentTimeMillis();

        client().get("/", "X-Kamal-Target: forged");

        RawMessage request = target.taken();
        assertThat(UUID.fromString(request.field("X-Request-ID")).version()).isEqualTo(4);
        assertThat(request.field("X-Request-Start")).startsWith("t=");
        assertThat(Long.parseLong(request.field("X-Request-Start").substring(2)))
                .isBetween(before, System.currentTimeMillis());
        assertThat(request.field("X-Kamal-Target")).isEqualTo(target.address());
    }

    @Test
    void anIdAndAStartThatTheClientSentAreKept() throws Exception {
        RawTarget target = target();

        client().get("/", "X-Request-ID: mine", "X-Request-Start: t=1");

        RawMessage request = target.taken();
        assertThat(request.field("X-Request-ID")).isEqualTo("mine");
        assertThat(request.field("X-Request-Start")).isEqualTo("t=1");
    }

    @Test
    void theIdsOfRequestsDiffer() throws Exception {
        RawTarget target = target();
        RawClient client = client();

        client.get("/");
        client.get("/");

        assertThat(target.taken().field("X-Request-ID"))
                .isNotEqualTo(target.taken().field("X-Request-ID"));
    }

    @Test
    void aHeadOfSixtyThousandBytesPasses() throws Exception {
        RawTarget target = target();
        String large = "x".repeat(60_000);

        assertThat(client().get("/", "X-Large: " + large).status()).isEqualTo(200);

        assertThat(target.taken().field("X-Large")).isEqualTo(large);
    }

    @Test
    void aHeadOfSixtyThousandBytesPassesOverHttp2() throws Exception {
        RawTarget target = target();
        String large = "x".repeat(60_000);

        assertThat(http2().get("/", "x-large", large).status()).isEqualTo(200);

        assertThat(target.taken().field("X-Large")).isEqualTo(large);
    }

    /** RFC 9113, section 8.2.3: what HTTP/2 splits goes on as one field. */
    @Test
    void cookieCrumbsOfHttp2AreOneFieldAgain() throws Exception {
        RawTarget target = target();

        http2().get("/", "cookie", "a=1", "cookie", "b=2");

        assertThat(target.taken().all("Cookie")).containsExactly("a=1; b=2");
    }

    /** HTTP/1.0 knows no Host field of its own; the target gets what there is. */
    @Test
    void aRequestOfHttp10WithoutAHostIsServedByTheServiceWithoutHosts() throws Exception {
        RawTarget target = target();

        assertThat(client().send("GET /old HTTP/1.0\r\n\r\n").read().status()).isEqualTo(200);

        RawMessage request = target.taken();
        assertThat(request.startLine()).isEqualTo("GET /old HTTP/1.1");
        assertThat(request.all("Host")).hasSize(1);
    }
}
