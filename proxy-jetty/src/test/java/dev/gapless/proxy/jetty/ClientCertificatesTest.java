package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Clients that show who they are, and targets that are told of it. */
class ClientCertificatesTest extends TlsScaffold {
    private static final String HOST = "a.example";
    private static final String SUBJECT = ClientCertificates.DEFAULT_SUBJECT_HEADER;

    private Issuer clients;
    private Issuer.Issued alice;

    @BeforeEach
    void makeClients() throws Exception {
        clients = Issuer.make(directory, "clients");
        alice = clients.issue("Alice \u00c4, \"x\"\n", "alice");
        proxy = start(secure());
    }

    private RawTarget deployAsking(ClientCertificates asked, String... hosts) throws Exception {
        Issuer.Issued issued = issuer.issue("server", hosts);
        TlsOptions tls = TlsOptions.builder()
                .certificate(issued.chain(), issued.key())
                .clientCertificates(asked)
                .build();
        ServiceOptions.Builder options = hosts(hosts).tlsOptions(tls);
        return deploy("shop", options.redirectToHttps(asked.areRequired()).build());
    }

    private SSLContext showing(Issuer.@Nullable Issued certificate) throws Exception {
        return issuer.trusting(certificate);
    }

    private static SSLParameters tls12(SSLParameters parameters) {
        parameters.setProtocols(new String[] {"TLSv1.2"});
        return parameters;
    }

    @Test
    void targetsAreToldTheSubjectOfAVerifiedCertificateInTheClientsPlace() throws Exception {
        RawTarget target = deployAsking(ClientCertificates.required(clients.pemFile()), HOST);
        SSLSocket socket = connect(showing(alice), HOST);

        assertThat(get(socket, HOST, "/", SUBJECT + ": CN=Mallory", "x_client_certificate_subject: CN=Mallory")
                        .status())
                .isEqualTo(200);

        RawMessage taken = target.taken();
        assertThat(taken.field(SUBJECT)).isEqualTo("CN=Alice \\C3\\84\\, \\\"x\\\"\\0A");
        assertThat(taken.field("x_client_certificate_subject")).isNull();
    }

    @Test
    void withoutACertificateThatIsTrustedThereIsNoHandshakeWhereOneIsRequired() throws Exception {
        deployAsking(ClientCertificates.required(clients.pemFile()), HOST);
        Issuer.Issued stranger = Issuer.make(directory, "strangers").issue("mallory", "mallory");

        for (SSLContext client : List.of(showing(null), showing(stranger))) {
            assertThatThrownBy(() -> connect(client, HOST, ClientCertificatesTest::tls12))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(connect(client, HOST), HOST, "/")).isInstanceOf(IOException.class);
        }
        assertThat(get(connect(showing(alice), HOST, ClientCertificatesTest::tls12), HOST, "/")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void withoutTlsNobodyIsServedWhereOneIsRequired() throws Exception {
        deployAsking(ClientCertificates.required(clients.pemFile()), HOST);
        deploy("api", ServiceOptions.builder().host(HOST).pathPrefix("/api").build());

        for (String path : List.of("/", "/api")) {
            RawMessage answer = client().send(request(HOST, path, "X-Forwarded-Proto: https"))
                    .read();
            assertThat(answer.status()).isEqualTo(301);
            assertThat(answer.field("Location")).isEqualTo("https://" + HOST + path);
        }
    }

    @Test
    void whereOneIsOptionalTheHeaderIsTheProxysAllTheSame() throws Exception {
        RawTarget target =
                deployAsking(ClientCertificates.optional(clients.pemFile()).withSubjectHeader("X-Who"), HOST);

        get(connect(showing(null), HOST), HOST, "/", "X-Who: CN=Mallory", SUBJECT + ": theirs");
        RawMessage without = target.taken();
        assertThat(without.field("X-Who")).isNull();
        assertThat(without.field(SUBJECT)).isEqualTo("theirs");

        get(connect(showing(alice), HOST), HOST, "/", "X-Who: CN=Mallory");
        assertThat(target.taken().field("X-Who")).startsWith("CN=Alice");

        client().send(request(HOST, "/", "x-who: CN=Mallory")).read();
        assertThat(target.taken().field("X-Who")).isNull();

        client().send(request(HOST, "/", "Transfer-Encoding: chunked") + "0\r\nX_Who: CN=Mallory\r\nX-Sum: 42\r\n\r\n")
                .read();
        assertThat(target.taken().trailers()).containsExactly("X-Sum: 42");
    }

    @Test
    void aConnectionThatWasMadeForAnotherHostIsMisdirected() throws Exception {
        deployAsking(ClientCertificates.required(clients.pemFile()), HOST);
        deploySecure("open", "b.example");

        SSLSocket open = connect(showing(alice), "b.example");

        assertThat(get(open, "b.example", "/").status()).isEqualTo(200);
        assertThat(get(open, HOST, "/").status()).isEqualTo(421);
        assertThat(get(open, "b.example", "/").status()).isEqualTo(200);
        assertThat(get(connect(showing(alice), null), HOST, "/").status()).isEqualTo(421);
        SSLSocket certified = connect(showing(alice), HOST);
        assertThat(get(certified, HOST, "/").status()).isEqualTo(200);
        assertThat(get(certified, "b.example", "/").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aSessionIsResumedButNotOnceMoreIsAskedOfItsClient(String version) throws Exception {
        deploySecure("shop", HOST);
        SSLContext client = showing(alice);
        assertThat(isResumed(client, HOST, version)).isFalse();
        assertThat(isResumed(client, HOST, version)).isTrue();

        deployAsking(ClientCertificates.required(clients.pemFile()), HOST);

        assertThat(isResumed(client, HOST, version)).isFalse();
        assertThat(isResumed(client, HOST, version)).isTrue();
    }

    /** Whether the handshake goes on with the session of an earlier one. */
    private boolean isResumed(SSLContext client, String host, String version) throws Exception {
        long before = System.currentTimeMillis();
        SSLSocket socket = connect(client, host, parameters -> {
            parameters.setProtocols(new String[] {version});
            return parameters;
        });
        assertThat(get(socket, host, "/").status()).isEqualTo(200);
        boolean resumed = socket.getSession().getCreationTime() < before;
        socket.close();
        return resumed;
    }

    @Test
    void aServiceOnAPathAsksWhatItsHostsRootAsks() throws Exception {
        deployAsking(ClientCertificates.required(clients.pemFile()), HOST);
        RawTarget api = deploy(
                "api", ServiceOptions.builder().host(HOST).pathPrefix("/api").build());

        get(connect(showing(alice), HOST), HOST, "/api/x", SUBJECT + ": CN=Mallory");

        assertThat(api.taken().field(SUBJECT)).startsWith("CN=Alice");
    }

    @Test
    void anAuthorityThatCannotBeReadFailsTheDeployment() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty-ca.pem"), "");

        assertThatThrownBy(() -> deployAsking(ClientCertificates.required(empty), HOST))
                .hasMessageContaining("certificate file \"" + empty + "\" is empty");
    }
}
