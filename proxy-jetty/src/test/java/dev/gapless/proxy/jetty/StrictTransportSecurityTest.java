package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TlsOptions;
import java.time.Duration;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What browsers are told of coming over TLS only (RFC 6797). */
class StrictTransportSecurityTest extends TlsScaffold {
    private static final String FIELD = "Strict-Transport-Security";
    private static final String POLICY = "max-age=31536000; includeSubDomains";

    private Issuer.Issued issued;

    @BeforeEach
    void serve() throws Exception {
        proxy = start(secure());
        issued = issuer.issue("shop", "a.example", "www.a.example");
        RawTarget target = RawTarget.answering((request, connection) -> connection.send(
                "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n"));
        deploy("shop", options().build(), closing(target));
    }

    private ServiceOptions.Builder options() {
        TlsOptions tls = TlsOptions.builder()
                .certificate(issued.chain(), issued.key())
                .strictTransportSecurity(
                        StrictTransportSecurity.of(Duration.ofDays(365)).includingSubDomains())
                .build();
        return hosts("a.example", "www.a.example").canonicalHost("a.example").tlsOptions(tls);
    }

    @Test
    void everyResponseOverTlsSaysItOnce() throws Exception {
        SSLSocket socket = connect(issuer.trusting(), "a.example");

        assertThat(get(socket, "a.example", "/").field(FIELD)).isEqualTo(POLICY);
        RawMessage redirect = get(socket, "www.a.example", "/x");
        assertThat(redirect.status()).isEqualTo(301);
        assertThat(redirect.field("Location")).isEqualTo("https://a.example/x");
        assertThat(redirect.field(FIELD)).isEqualTo(POLICY);
        proxy.services().stop("shop", Duration.ZERO, "");
        RawMessage stopped = get(socket, "a.example", "/");
        assertThat(stopped.status()).isEqualTo(503);
        assertThat(stopped.field(FIELD)).isEqualTo(POLICY);
    }

    @Test
    void anAnswerFromTheCacheSaysIt() throws Exception {
        RawTarget target = closing(RawTarget.answering("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                + "Strict-Transport-Security: max-age=1\r\nContent-Length: 3\r\n\r\none"));
        deploy("shop", options().cache(CacheOptions.defaults()).build(), target);
        SSLSocket socket = connect(issuer.trusting(), "a.example");

        RawMessage forwarded = get(socket, "a.example", "/");
        RawMessage hit = get(socket, "a.example", "/");
        RawMessage notModified = get(socket, "a.example", "/", "If-None-Match: *");

        assertThat(forwarded.field("X-Cache")).isEqualTo("miss");
        assertThat(forwarded.all(FIELD)).containsExactly(POLICY);
        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo("one");
        assertThat(hit.all(FIELD)).containsExactly(POLICY);
        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.all(FIELD)).containsExactly(POLICY);
    }

    @Test
    void aServiceOnAPathHasThePolicyOfItsHost() throws Exception {
        deploy(
                "api",
                ServiceOptions.builder().host("a.example").pathPrefix("/api").build());

        assertThat(get(connect(issuer.trusting(), "a.example"), "a.example", "/api/")
                        .field(FIELD))
                .isEqualTo(POLICY);
    }

    @Test
    void withoutTlsNothingIsSaidAndOtherHostsSayNothing() throws Exception {
        deploySecure("other", "b.example");

        RawMessage redirect = client().send(request("a.example", "/")).read();
        assertThat(redirect.status()).isEqualTo(301);
        assertThat(redirect.field(FIELD)).isNull();
        assertThat(get(connect(issuer.trusting(), "b.example"), "b.example", "/")
                        .field(FIELD))
                .isNull();
    }
}
