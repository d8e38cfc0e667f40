package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What is spoken with clients, and what is not, unless anyone says otherwise. */
class TlsDefaultsTest extends TlsScaffold {
    @BeforeEach
    void serve() throws Exception {
        proxy = start(secure());
        deploySecure("shop", "a.example");
    }

    private SSLSocket connect(String version, String... suites) throws Exception {
        return connect(issuer.trusting(), "a.example", parameters -> {
            parameters.setProtocols(new String[] {version});
            parameters.setCipherSuites(suites);
            return parameters;
        });
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256",
        "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    })
    void theProxyChoosesTheCipherSuite(String version, String first, String preferred) throws Exception {
        SSLSocket socket = connect(version, first, preferred);

        assertThat(socket.getSession().getProtocol()).isEqualTo(version);
        assertThat(socket.getSession().getCipherSuite()).isEqualTo(preferred);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"})
    void whatHasNoAuthenticatedEncryptionIsNotSpoken(String suite) {
        assertThatThrownBy(() -> connect("TLSv1.2", suite)).hasMessageContaining("handshake_failure");
    }

    @Test
    void earlierVersionsAreNotSpoken() throws Exception {
        // A hello of TLS 1.1 with one cipher suite, for this host: the JDK's own client would not send it.
        String name = "a.example";
        String extension = "\u0000\u0000\u0000\u000e\u0000\u000c\u0000\u0000\u0009" + name;
        String body =
                "\u0003\u0002" + "r".repeat(32) + "\u0000\u0000\u0002\u00c0\u0009\u0001\u0000\u0000\u0012" + extension;
        String message = "\u0001\u0000\u0000" + (char) body.length() + body;
        RawClient client = closing(new RawClient(new Socket(InetAddress.getLoopbackAddress(), proxy.httpsPort())));

        client.send("\u0016\u0003\u0001\u0000" + (char) message.length() + message);

        // An alert, fatal: protocol_version.
        assertThat(client.readBytes(7)).startsWith("\u0015\u0003").endsWith("\u0000\u0002\u0002F");
    }

    @Test
    void nothingIsRenegotiated() throws Exception {
        SSLSocket socket = connect("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
        assertThat(get(socket, "a.example", "/").status()).isEqualTo(200);

        assertThatThrownBy(() -> {
                    socket.startHandshake();
                    get(socket, "a.example", "/").status();
                })
                .isInstanceOfAny(IOException.class, NullPointerException.class);
    }

    @Test
    void nothingIsKeptOfHandshakesThatAreOver() throws Exception {
        connect("TLSv1.3", "TLS_AES_128_GCM_SHA256").close();
        assertThatThrownBy(() -> connect("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        SSLSocket open = connect("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");

        eventually("the end of all", () -> proxy.assembly.tls().handshakesUnderWay() == 0);
        assertThat(get(open, "a.example", "/").status()).isEqualTo(200);
    }

    @Test
    void bothProtocolsAreNegotiated() throws Exception {
        for (String protocol : List.of("h2", "http/1.1")) {
            SSLSocket socket = connect(issuer.trusting(), "a.example", parameters -> {
                parameters.setApplicationProtocols(new String[] {protocol});
                return parameters;
            });
            assertThat(socket.getApplicationProtocol()).isEqualTo(protocol);
        }
    }
}
