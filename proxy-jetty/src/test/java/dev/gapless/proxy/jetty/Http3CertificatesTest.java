package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.jetty.quic.FirstPackets;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.eclipse.jetty.client.ContentResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which certificate clients of HTTP/3 get to see, and who gets none. */
@Tag("proof")
class Http3CertificatesTest extends Http3Scaffold {
    private static final int CONNECTION_REFUSED = 0x02;
    private static final int UNRECOGNIZED_NAME = 0x100 + 112;
    private static final int NO_APPLICATION_PROTOCOL = 0x100 + 120;

    /** Services have their own. */
    private static ProxyServer.Builder withoutCertificate() {
        return loopback().httpsPort(0).http3(true);
    }

    private ContentResponse get(Certificates trusted, String host) throws Exception {
        return get(trusted, host, Duration.ofSeconds(15));
    }

    private ContentResponse get(Certificates trusted, String host, Duration patience) throws Exception {
        try (Http3Client client = Http3Client.trusting(trusted, directory, proxy.httpsPort())) {
            return client.within(patience).get(host, "/");
        }
    }

    private Certificates deploySecure(String service, String host, TlsOptions.Builder tls) throws Exception {
        Certificates own = Certificates.make(directory, service, "EC", "dns:" + host);
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        deploy(
                service,
                ServiceOptions.builder()
                        .host(host)
                        .tls(true)
                        .tlsOptions(tls.certificate(own.chain(), own.key()).build())
                        .build(),
                target);
        return own;
    }

    private RawQuic raw() throws Exception {
        return closing(new RawQuic(proxy.httpsPort()));
    }

    @Test
    void eachHostHasItsServicesCertificate() throws Exception {
        proxy = start(withoutCertificate());
        Certificates one = deploySecure("one", "one.example.com", TlsOptions.builder());
        Certificates two = deploySecure("two", "two.example.com", TlsOptions.builder());

        assertThat(get(one, "one.example.com").getStatus()).isEqualTo(200);
        assertThat(get(two, "two.example.com").getStatus()).isEqualTo(200);
        // Jetty's client does not say that it distrusts a certificate, but falls silent.
        assertThatThrownBy(() -> get(one, "two.example.com", Duration.ofSeconds(1)))
                .isInstanceOf(Exception.class);
    }

    @Test
    void aCertificateIsUsedOverHttp1Http2AndHttp3() throws Exception {
        proxy = start(http3());
        serve(RawTarget.answering(RawTarget.OK), TLS);
        URI uri = URI.create("https://localhost:" + proxy.httpsPort() + "/");

        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient client = HttpClient.newBuilder()
                    .sslContext(certificate.trusting())
                    .version(version)
                    .build();
            assertThat(client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                            .version())
                    .isEqualTo(version);
        }
        assertThat(get(certificate, "localhost").getVersion().asString()).isEqualTo("HTTP/3.0");
    }

    @Test
    void aHostThatNobodyServesIsRefused() throws Exception {
        proxy = start(withoutCertificate());
        deploySecure("one", "one.example.com", TlsOptions.builder());
        RawQuic client = raw();

        client.sayWithProof(FirstPackets.hello("two.example.com", "h3"));

        assertThat(client.error()).isEqualTo(UNRECOGNIZED_NAME);
    }

    @Test
    void aHostThatAsksForCertificatesIsRefused() throws Exception {
        proxy = start(withoutCertificate());
        Path authority = certificate.chain();
        deploySecure(
                "one",
                "one.example.com",
                TlsOptions.builder().clientCertificates(ClientCertificates.required(authority)));
        RawQuic client = raw();

        client.sayWithProof(FirstPackets.hello("one.example.com", "h3"));

        assertThat(client.error()).isEqualTo(UNRECOGNIZED_NAME);
    }

    @Test
    void otherProtocolsAreRefused() throws Exception {
        proxy = start(withoutCertificate());
        deploySecure("one", "one.example.com", TlsOptions.builder());
        RawQuic client = raw();

        client.sayWithProof(FirstPackets.hello("one.example.com", "http/0.9"));

        assertThat(client.error()).isEqualTo(NO_APPLICATION_PROTOCOL);
    }

    @Test
    void furtherConnectionsThanAllowedAreRefused() throws Exception {
        proxy = start(http3().maxHttp3Connections(1));
        serve(RawTarget.answering(RawTarget.OK), TLS);
        try (Http3Client first = Http3Client.trusting(certificate, directory, proxy.httpsPort())) {
            assertThat(first.get("/").getStatus()).isEqualTo(200);
            RawQuic second = raw();

            second.say(FirstPackets.hello("localhost", "h3"));

            assertThat(second.error()).isEqualTo(CONNECTION_REFUSED);
            assertThat(first.get("/").getStatus()).isEqualTo(200);
        }
    }

    @Test
    void aVersionThatIsNotSpokenIsAnsweredWithTheOneThatIs() throws Exception {
        proxy = start(withoutCertificate());
        RawQuic client = raw();
        byte[] packet = new byte[1200];
        System.arraycopy(new byte[] {(byte) 0xC0, 10, 10, 10, 10, 2, 1, 2, 2, 3, 4}, 0, packet, 0, 11);

        client.send(packet);

        byte[] answer = client.next();
        answer[0] = (byte) 0x80;
        assertThat(answer).containsExactly(0x80, 0, 0, 0, 0, 2, 3, 4, 2, 1, 2, 0, 0, 0, 1);
    }

    /** Long before its time is over; what Jetty begins by a packet that is refused it would keep for ever. */
    @Test
    void whoseHelloTheNativeLibraryRefusesIsPutAway() throws Exception {
        proxy = start(http3());
        serve(RawTarget.answering(RawTarget.OK), TLS);
        RawQuic client = raw();

        client.sayWithProof(FirstPackets.hello("localhost", "h3")); // Without the parameters of QUIC.

        assertThat(client.next()).isNotEmpty();
        eventually("nothing is kept of it", () -> proxy.assembly.http3().clients() == 0);
    }

    /** To Jetty's way of listening one such packet is the end of all connections, and of listening. */
    @Test
    void whatOneClientSendsHarmsNoOther() throws Exception {
        proxy = start(http3().clientHeadTimeout(Duration.ofSeconds(1)));
        serve(RawTarget.answering(RawTarget.OK), TLS);
        byte[] hello = FirstPackets.hello("localhost", "h3");
        try (Http3Client first = Http3Client.trusting(certificate, directory, proxy.httpsPort());
                Http3Client next = Http3Client.trusting(certificate, directory, proxy.httpsPort())) {
            assertThat(first.get("/").getStatus()).isEqualTo(200);
            for (int length = 1; length < 1500; length = 2 * length + 1) {
                raw().send(new byte[length]);
                raw().send(FirstPackets.datagram(
                        FirstPackets.newId(), FirstPackets.newId(), new byte[0], new byte[length]));
            }
            raw().sayWithForgedProof(hello);
            raw().sayWithProof(new byte[1000]);
            raw().sayWithProof(hello); // Which lacks what the native library wants of it.

            eventually("the last has come", () -> proxy.assembly.http3().clients() > 1);
            assertThat(first.get("/").getStatus()).isEqualTo(200);
            assertThat(next.get("/").getStatus()).isEqualTo(200);
            eventually(
                    "who does not get on is given up",
                    () -> proxy.assembly.http3().clients() == 2);
        }
    }
}
