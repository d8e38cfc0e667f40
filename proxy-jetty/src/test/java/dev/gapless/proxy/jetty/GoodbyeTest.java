package dev.gapless.proxy.jetty;

import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.jetty.FrameClient.GOAWAY;
import static dev.gapless.proxy.jetty.FrameClient.INITIAL_WINDOW_SIZE;
import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.get;
import static dev.gapless.proxy.jetty.FrameClient.joined;
import static dev.gapless.proxy.jetty.FrameClient.reset;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients over HTTP/2 that say that they begin no more requests, and leave before they have got what they had asked for. */
class GoodbyeTest extends FileScaffold {
    private static final byte[] GOODBYE = frame(GOAWAY, 0, 0, new byte[8]);
    private static final int WINDOW = 1000;
    private static final int CLIENTS = 10;

    private int port;

    @BeforeEach
    void serveFilesAndMore() throws Exception {
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
                ServiceOptions.builder()
                        .sendfile(SendfileOptions.below(root))
                        .staticFiles(
                                StaticFiles.builder(root).pathPrefix("/static").build())
                        .build(),
                closing(target));
    }

    private FrameClient withoutRoomForAllOf(String path) throws Exception {
        FrameClient client = closing(FrameClient.to(port, INITIAL_WINDOW_SIZE, WINDOW));
        client.send(get(1, path));
        assertThat(client.readStatusOf(1)).isEqualTo(200);
        assertThat(client.readTo(FrameClient.DATA).payload().remaining()).isEqualTo(WINDOW);
        return client;
    }

    private void expectEnd() throws Exception {
        RequestSummary told = log.next();
        assertThat(told.failure()).isNotNull();
    }

    private void expectNothingLeft() {
        expectAllFilesClosed();
        eventually("no target is claimed", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/static/large", "/named", "/forwarded"})
    void aResponseThatItsClientHasNoRoomForEndsWithTheConnection(String path) throws Exception {
        FrameClient client = withoutRoomForAllOf(path);

        client.send(GOODBYE).close();

        expectEnd();
        expectNothingLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/static/large", "/named", "/forwarded"})
    void soDoesOneThatWasGivenUpRightBefore(String path) throws Exception {
        for (int i = 0; i < CLIENTS; i++) {
            withoutRoomForAllOf(path).send(joined(reset(1), GOODBYE)).close();
        }

        for (int i = 0; i < CLIENTS; i++) {
            expectEnd();
        }
        expectNothingLeft();
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

        soDoesOneThatWasGivenUpRightBefore(path);
    }
}
