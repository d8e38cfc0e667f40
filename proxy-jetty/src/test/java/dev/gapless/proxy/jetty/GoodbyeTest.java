package dev.gapless.proxy.jetty;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.StaticFiles;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.jetty.FrameClient.DATA;
import static dev.gapless.proxy.jetty.FrameClient.GOAWAY;
import static dev.gapless.proxy.jetty.FrameClient.INITIAL_WINDOW_SIZE;
import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.get;
import static dev.gapless.proxy.jetty.FrameClient.joined;
import static dev.gapless.proxy.jetty.FrameClient.post;
import static dev.gapless.proxy.jetty.FrameClient.reset;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients over HTTP/2 that say that they begin no more requests, and leave before they have got what they had asked for. */
class GoodbyeTest extends FileScaffold {
    private static final byte[] GOODBYE = frame(GOAWAY, 0, 0, new byte[8]);
    private static final int WINDOW = 1000;
    private static final int CLIENTS = 10;

    private int port;

    /** By what clients connect. */
    enum Over {
        TCP,
        TLS
    }

    @BeforeEach
    void serveFilesAndMore() throws Exception {
        proxy = start(AnyClientScaffold.withTls(loopback().listener(log)));
        port = proxy.port();
        deployFilesAndMore();
    }

    private void deployFilesAndMore() throws Exception {
        byte[] large = writeLarge("large");
        RawTarget target = RawTarget.answering((request, connection) -> {
            if (request.requestTarget().equals("/named")) {
                connection.send(naming(200, "X-Sendfile", root + "/large"));
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + large.length + "\r\n\r\n");
            connection.send(large);
        });
        deploy(
                "files",
                AnyClientScaffold.withAndWithoutTls()
                        .sendfile(SendfileOptions.below(root))
                        .staticFiles(
                                StaticFiles.builder(root).pathPrefix("/static").build())
                        .build(),
                closing(target));
    }

    private Socket connect(Over over) throws Exception {
        if (over == Over.TCP) {
            return closing(new Socket(InetAddress.getLoopbackAddress(), port));
        }
        SSLSocket socket = (SSLSocket) Certificates.shared()
                .trusting()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), proxy.httpsPort());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        return closing(socket);
    }

    private FrameClient withoutRoomForAllOf(String path, Over over) throws Exception {
        FrameClient client = new FrameClient(connect(over)).greet(INITIAL_WINDOW_SIZE, WINDOW);
        client.send(get(1, path));
        assertThat(client.readStatusOf(1)).isEqualTo(200);
        assertThat(client.readTo(DATA).payload().remaining()).isEqualTo(WINDOW);
        return client;
    }

    private void expectEnds(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            assertThat(log.next().failure()).isNotNull();
        }
        expectAllFilesClosed();
        eventually("no target is claimed", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @CsvSource({
        "/static/large, TCP",
        "/static/large, TLS",
        "/named, TCP",
        "/named, TLS",
        "/forwarded, TCP",
        "/forwarded, TLS"
    })
    void aResponseThatItsClientHasNoRoomForEndsWithTheConnection(String path, Over over) throws Exception {
        withoutRoomForAllOf(path, over).send(GOODBYE).close();

        expectEnds(1);
    }

    @ParameterizedTest
    @CsvSource({
        "/static/large, TCP",
        "/static/large, TLS",
        "/named, TCP",
        "/named, TLS",
        "/forwarded, TCP",
        "/forwarded, TLS"
    })
    void soDoesOneThatWasGivenUpRightBefore(String path, Over over) throws Exception {
        for (int i = 0; i < CLIENTS; i++) {
            withoutRoomForAllOf(path, over).send(joined(reset(1), GOODBYE)).close();
        }

        expectEnds(CLIENTS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void soDoesAnUploadThatHasNotEnded(boolean givenUp) throws Exception {
        byte[] begun = joined(post(1, "/upload"), frame(DATA, 0, 1, new byte[1000]));
        for (int i = 0; i < CLIENTS; i++) {
            FrameClient client = new FrameClient(connect(Over.TCP)).greet();
            assertThat(client.sendAndAwait(begun)).isZero();
            client.send(givenUp ? joined(reset(1), GOODBYE) : GOODBYE).close();
        }

        expectEnds(CLIENTS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/static/large", "/named", "/forwarded"})
    void andOverAServerOfTheApplications(String path) throws Exception {
        proxy = loopback().listener(log).withoutPorts().build();
        Server server = new Server();
        server.setHandler(proxy.handler());
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        port = reached.port();
        deployFilesAndMore();

        soDoesOneThatWasGivenUpRightBefore(path, Over.TCP);
        aResponseThatItsClientHasNoRoomForEndsWithTheConnection(path, Over.TCP);
    }
}
