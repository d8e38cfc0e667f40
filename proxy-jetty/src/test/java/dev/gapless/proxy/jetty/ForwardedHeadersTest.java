package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.ServiceOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Who is believed to say who the client is; the peer is always 127.0.0.1. */
class ForwardedHeadersTest extends ProxyScaffold {
    private static final String[] SAYS = {
        "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: outside.example"
    };

    private RawTarget serve(HeaderOptions.Builder headers) throws Exception {
        return serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().headers(headers.build()).build());
    }

    private static void assertBelieved(RawMessage request) {
        assertThat(request.field("X-Forwarded-For")).isEqualTo("6.6.6.6, 127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("outside.example");
    }

    private static void assertNotBelieved(RawMessage request) {
        assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.0/104", "0.0.0.0/0"})
    void aPeerWithinTheTrustedRangesIsBelieved(String range) throws Exception {
        RawTarget target = serve(HeaderOptions.builder().trustFrom("10.0.0.0/8", range));

        client().get("/", SAYS);

        assertBelieved(target.taken());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.2", "10.0.0.0/8", "::/0"})
    void aPeerOutsideTheTrustedRangesIsNot(String range) throws Exception {
        RawTarget target = serve(HeaderOptions.builder().trustFrom(range));

        client().get("/", SAYS);

        assertNotBelieved(target.taken());
    }

    @Test
    void rangesLimitATrustThatIsGiven() throws Exception {
        RawTarget target = serve(HeaderOptions.builder().trustForwarded(true).trustFrom("10.0.0.0/8"));

        client().get("/", SAYS);

        assertNotBelieved(target.taken());
    }

    @Test
    void rangesDoNotGiveATrustThatIsDenied() throws Exception {
        RawTarget target = serve(HeaderOptions.builder().trustForwarded(false).trustFrom("127.0.0.1"));

        client().get("/", SAYS);

        assertNotBelieved(target.taken());
    }

    @Test
    void aPeerOverHttp2IsBelievedOrNotLikeAnyOther() throws Exception {
        RawTarget within = serve(HeaderOptions.builder().trustFrom("127.0.0.1"));
        http2().get("/", "x-forwarded-for", "6.6.6.6");
        assertThat(within.taken().field("X-Forwarded-For")).isEqualTo("6.6.6.6, 127.0.0.1");

        RawTarget outside = serve(HeaderOptions.builder().trustFrom("10.0.0.0/8"));
        http2().get("/", "x-forwarded-for", "6.6.6.6");
        assertThat(outside.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }

    @Test
    void emptyFieldsSayNothing() throws Exception {
        RawTarget target = serve(HeaderOptions.builder().trustForwarded(true));

        client().get("/", "X-Forwarded-For:", "X-Forwarded-Proto:", "X-Forwarded-Host:");

        assertNotBelieved(target.taken());
    }

    /** The list of the client counts neither where its field is there nor where it is not. */
    @ParameterizedTest
    @CsvSource({
        ",      ,            6.6.6.6, 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        ",      ,            6.6.6.6,            , 127.0.0.1",
        ",      ,                   , 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        ",      ,                   ,            , 127.0.0.1",
        "true,  ,            6.6.6.6, 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        "true,  ,            6.6.6.6,            , 127.0.0.1",
        "false, ,            6.6.6.6, 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        "false, ,            6.6.6.6,            , 127.0.0.1",
        ",      127.0.0.0/8, 6.6.6.6, 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        ",      127.0.0.0/8, 6.6.6.6,            , 127.0.0.1",
        "false, 127.0.0.0/8, 6.6.6.6, 203.0.113.9, '203.0.113.9, 127.0.0.1'",
        ",      10.0.0.0/8,  6.6.6.6, 203.0.113.9, 127.0.0.1",
        ",      10.0.0.0/8,  6.6.6.6,            , 127.0.0.1",
        "true,  10.0.0.0/8,  6.6.6.6, 203.0.113.9, 127.0.0.1"
    })
    void theClientIpHeaderReplacesTheListOfTheClient(
            Boolean trust, String range, String list, String clientIp, String expected) throws Exception {
        HeaderOptions.Builder headers = HeaderOptions.builder().clientIpHeader("True-Client-IP");
        if (trust != null) {
            headers.trustForwarded(trust);
        }
        RawTarget target = serve(range == null ? headers : headers.trustFrom(range));

        client().get(
                        "/",
                        list == null ? "X-Other: 1" : "X-Forwarded-For: " + list,
                        clientIp == null ? "X-Another: 1" : "true-client-ip: " + clientIp);

        RawMessage request = target.taken();
        assertThat(request.field("X-Forwarded-For")).isEqualTo(expected);
        assertThat(request.field("True-Client-IP")).isEqualTo(clientIp);
    }

    @Test
    void theClientIpHeaderDoesNotMakeTheOthersBelieved() throws Exception {
        RawTarget target =
                serve(HeaderOptions.builder().clientIpHeader("X-Real-IP").trustForwarded(false));

        client().get("/", "X-Real-IP: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: outside.example");

        RawMessage request = target.taken();
        assertThat(request.field("X-Forwarded-For")).isEqualTo("203.0.113.9, 127.0.0.1");
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.field("X-Forwarded-Host")).isEqualTo("example.com");
    }

    @Test
    void theClientIpHeaderMayHaveSeveralValuesAndCountsOverHttp2() throws Exception {
        RawTarget target = serve(HeaderOptions.builder().clientIpHeader("X-Real-IP"));

        http2().get("/", "x-real-ip", "203.0.113.9, 203.0.113.10", "x-real-ip", "", "x-real-ip", "203.0.113.11");

        assertThat(target.taken().field("X-Forwarded-For"))
                .isEqualTo("203.0.113.9, 203.0.113.10, 203.0.113.11, 127.0.0.1");
    }

    @Test
    void anEmptyClientIpHeaderIsLikeNone() throws Exception {
        RawTarget target = serve(HeaderOptions.builder().clientIpHeader("X-Real-IP"));

        client().get("/", "X-Real-IP:   ", "X-Forwarded-For: 6.6.6.6");

        assertThat(target.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "[0:0:0:0:0:0:0:1], 0:0:0:0:0:0:0:1",
        "[fe80:0:0:0:0:0:0:1%eth0], fe80:0:0:0:0:0:0:1",
        "/tmp/a socket, /tmp/a socket"
    })
    void anIpv6PeerIsToldWithoutBracketsAndScope(String address, String told) {
        assertThat(ForwardedHeaders.bare(address)).isEqualTo(told);
    }

    /** A proxy in front is likely without TLS only, and a service on a path is reached over that of the root. */
    @Test
    void withoutAWordNobodyIsBelievedOverTls() throws Exception {
        Certificates certificate = Certificates.shared();
        proxy = start(loopback().httpsPort(0).certificate(certificate.chain(), certificate.key()));
        RawTarget root = closing(RawTarget.answering(RawTarget.OK));
        RawTarget api = closing(RawTarget.answering(RawTarget.OK));
        deploy("root", ServiceOptions.builder().tls(true).build(), root);
        deploy("api", ServiceOptions.builder().pathPrefix("/api").build(), api);
        RawClient client = closing(
                new RawClient(certificate.trusting().getSocketFactory().createSocket("127.0.0.1", proxy.httpsPort())));

        client.get("/", "X-Forwarded-For: 6.6.6.6");
        client.get("/api", "X-Forwarded-For: 6.6.6.6");

        assertThat(root.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(api.taken().field("X-Forwarded-For")).isEqualTo("127.0.0.1");

        HeaderOptions ranges = HeaderOptions.builder().trustFrom("127.0.0.1").build();
        deploy("root", ServiceOptions.builder().tls(true).headers(ranges).build(), root);
        client.get("/", "X-Forwarded-For: 6.6.6.6");
        assertThat(root.taken().field("X-Forwarded-For")).isEqualTo("6.6.6.6, 127.0.0.1");
    }

    @Test
    void aRequestThatIsRepeatedSaysTheSameAgain() throws Exception {
        RawTarget target = serve(
                RawTarget.answering((request, connection) -> {
                    if (request.requestTarget().equals("/break")) {
                        connection.close();
                    } else {
                        connection.send(RawTarget.OK);
                    }
                }),
                ServiceOptions.defaults());
        RawClient client = client();
        client.get("/first");
        target.taken();

        client.get("/break", SAYS);

        assertBelieved(target.taken());
        assertBelieved(target.taken());
    }
}
