package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.ServiceOptions;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TlsTest extends ProxyScaffold {
    private static final ServiceOptions TLS = ServiceOptions.builder().tls(true).build();

    @TempDir
    static Path directory;

    private static Certificates rsa;
    private static Certificates ec;

    @BeforeAll
    static void makeCertificates() throws Exception {
        rsa = Certificates.make(directory, "rsa", "RSA");
        ec = Certificates.make(directory, "ec", "EC");
    }

    private RawTarget serveTls(ServiceOptions options) throws Exception {
        proxy = start(loopback().httpsPort(0).certificate(ec.chain(), ec.key()));
        return serve(RawTarget.answering(RawTarget.OK), options);
    }

    private URI https(String path) {
        return URI.create("https://localhost:" + proxy.httpsPort() + path);
    }

    private static HttpResponse<byte[]> send(HttpClient.Version version, HttpRequest request) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(ec.trusting())
                .version(version)
                .build()
                .send(request, BodyHandlers.ofByteArray());
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void alpnChoosesTheProtocol(HttpClient.Version version) throws Exception {
        RawTarget target = serveTls(TLS);

        HttpResponse<byte[]> response =
                send(version, HttpRequest.newBuilder(https("/a%2Fb?c")).build());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.version()).isEqualTo(version);
        RawMessage request = target.taken();
        assertThat(request.requestTarget()).isEqualTo("/a%2Fb?c");
        assertThat(request.field("Host")).isEqualTo("localhost:" + proxy.httpsPort());
        assertThat(request.field("X-Forwarded-Proto")).isEqualTo("https");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void largeBodiesPassOverTls(HttpClient.Version version) throws Exception {
        proxy = start(loopback().httpsPort(0).certificate(ec.chain(), ec.key()));
        serve(
                RawTarget.answering((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + request.body().length + "\r\n\r\n");
                    connection.send(request.body());
                }),
                TLS);
        byte[] body = new byte[2_000_000];
        new Random(1).nextBytes(body);

        HttpResponse<byte[]> response = send(
                version,
                HttpRequest.newBuilder(https("/"))
                        .POST(BodyPublishers.ofByteArray(body))
                        .build());

        assertThat(response.body()).isEqualTo(body);
    }

    @Test
    void aClientWithoutAlpnIsServedHttp11() throws Exception {
        serveTls(TLS);

        RawClient client = closing(new RawClient(connect(ec, proxy.httpsPort())));

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    private static Socket connect(Certificates trusted, int port, String... protocols) throws Exception {
        SSLSocket socket = (SSLSocket) trusted.trusting().getSocketFactory().createSocket("127.0.0.1", port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        return socket;
    }

    @Test
    void anRsaKeyServesToo() throws Exception {
        proxy = start(loopback().httpsPort(0).certificate(rsa.chain(), rsa.key()));
        serve(RawTarget.answering(RawTarget.OK), TLS);

        RawClient client = closing(new RawClient(connect(rsa, proxy.httpsPort(), "http/1.1")));

        assertThat(client.get("/").status()).isEqualTo(200);
    }

    /** Item 9b of the notes on Jetty: nothing but routing looks at the host, whatever the client named in its handshake. */
    @Test
    void theHostNeedNotBeThatOfTheHandshake() throws Exception {
        serveTls(TLS);

        RawClient client = closing(new RawClient(connect(ec, proxy.httpsPort())));

        assertThat(client.send("GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n")
                        .read()
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aTlsRequestForAServiceWithoutTlsIs503() throws Exception {
        RawTarget target = serveTls(ServiceOptions.defaults());

        HttpResponse<byte[]> response = send(
                HttpClient.Version.HTTP_2, HttpRequest.newBuilder(https("/")).build());

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aRequestWithoutTlsIsRedirectedToHttpsWithoutThePort() throws Exception {
        RawTarget target = serveTls(TLS);

        RawMessage response = client().send("GET /a%2Fb//c?q=%&x HTTP/1.1\r\nHost: Example.com:8080\r\n\r\n")
                .read();

        assertThat(response.status()).isEqualTo(301);
        assertThat(response.field("Location")).isEqualTo("https://example.com/a%2Fb//c?q=%&x");
        assertThat(response.field("Content-Length")).isEqualTo("0");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aRequestWithoutTlsIsServedWhereThatIsWanted() throws Exception {
        RawTarget target = serveTls(
                ServiceOptions.builder().tls(true).redirectToHttps(false).build());

        assertThat(client().get("/", "X-Forwarded-Proto: https").status()).isEqualTo(200);

        assertThat(target.taken().field("X-Forwarded-Proto")).isEqualTo("http");
    }

    @Test
    void oneRedirectSettlesSchemeAndHost() throws Exception {
        serveTls(ServiceOptions.builder()
                .tls(true)
                .host("example.com")
                .host("www.example.com")
                .canonicalHost("www.example.com")
                .build());

        assertThat(client().get("/x").field("Location")).isEqualTo("https://www.example.com/x");
    }

    @Test
    void aServiceNeedsSomeCertificateWhereSomebodyListensForTls() throws Exception {
        proxy = start(loopback().httpsPort(0));
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));

        assertThatThrownBy(() -> deploy("app", TLS, target)).hasMessageContaining("\"app\" has TLS but no certificate");
        deploy("app", ServiceOptions.defaults(), target);
    }

    @Test
    void aMissingCertificateIsNamed() {
        Path missing = directory.resolve("missing.pem");

        assertStartFails(missing, ec.key(), missing);
        assertStartFails(ec.chain(), missing, missing);
    }

    @Test
    void aFileThatIsNoCertificateIsNamed() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        Path garbage = Files.writeString(
                directory.resolve("garbage.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        assertStartFails(empty, ec.key(), empty);
        assertStartFails(garbage, ec.key(), garbage);
        assertStartFails(ec.chain(), empty, empty);
        assertStartFails(ec.chain(), ec.chain(), ec.chain());
    }

    @Test
    void aKeyInAnotherFormIsNamed() throws Exception {
        String pem = Files.readString(rsa.key());
        Path pkcs1 = Files.writeString(directory.resolve("pkcs1.key"), pem.replace("PRIVATE KEY", "RSA PRIVATE KEY"));
        Path encrypted = Files.writeString(
                directory.resolve("encrypted.key"), pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        Path broken = Files.writeString(
                directory.resolve("broken.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");

        assertStartFails(rsa.chain(), pkcs1, pkcs1);
        assertStartFails(rsa.chain(), encrypted, encrypted);
        assertStartFails(rsa.chain(), broken, broken);
    }

    @Test
    void aKeyOfAnotherCertificateIsNamed() throws Exception {
        Certificates other = Certificates.make(directory, "other", "EC");

        assertStartFails(ec.chain(), other.key(), other.key());
        assertStartFails(ec.chain(), rsa.key(), rsa.key());
    }

    private static void assertStartFails(Path chain, Path key, Path named) {
        ProxyServer failing = loopback().httpsPort(0).certificate(chain, key).build();
        assertThatThrownBy(failing::start)
                .isInstanceOf(ProxyStartException.class)
                .hasMessageContaining("\"" + named + "\"");
    }

    @Test
    void aProxyWhoseCertificateCannotBeUsedLeavesItsHttpPortFree() {
        int port = closing(new ReservedPort()).number();
        ProxyServer failing = loopback()
                .httpPort(port)
                .httpsPort(0)
                .certificate(directory.resolve("missing.pem"), ec.key())
                .build();
        assertThatThrownBy(failing::start).isInstanceOf(ProxyStartException.class);

        assertThat(start(loopback().httpPort(port)).port()).isEqualTo(port);
    }

    @Test
    void eachProtocolIsReportedByItsName() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(loopback().httpsPort(0).certificate(ec.chain(), ec.key()).listener(log));
        serve(RawTarget.answering(RawTarget.OK), TLS);

        for (HttpClient.Version version : HttpClient.Version.values()) {
            send(version, HttpRequest.newBuilder(https("/")).build());
        }

        assertThat(List.of(log.next(), log.next()))
                .allSatisfy(summary -> assertThat(summary.scheme()).isEqualTo("https"))
                .extracting(summary -> summary.protocol())
                .containsExactly("HTTP/1.1", "HTTP/2.0");
    }
}
