package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** WebSockets that share a connection of HTTP/2 with others, and with requests. */
class ManyStreamsTest extends TunnelScaffold {
    private static final int MANY = 60;

    private Http2Client http2;

    @BeforeEach
    void serveBoth() throws Exception {
        serveWebSockets();
        deploy(
                "http",
                ServiceOptions.builder().pathPrefix("/http").build(),
                closing(RawTarget.answering((request, connection) -> connection.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: " + request.body().length + "\r\n\r\n" + request.text()))));
        http2 = http2();
    }

    private record Opened(Http2Client.Sent stream, TunnelClient client, TunnelTarget.End end) {
        void assertOpen(String said) throws Exception {
            client.send(said);
            assertThat(end.read(said.length())).isEqualTo(said);
            end.send(said + said);
            assertThat(client.read(2 * said.length())).isEqualTo(said + said);
        }

        /** Ends it in one of three ways. */
        void endIn(int way) throws Exception {
            switch (way) {
                case 0 -> stream.reset();
                case 1 -> end.reset();
                default -> {
                    client.finish();
                    end.close();
                }
            }
        }
    }

    private Opened openStream() throws Exception {
        Http2Client.Sent stream = http2.connect("websocket", "/ws");
        assertThat(stream.nextStatus()).isEqualTo(200);
        return new Opened(stream, new TunnelClient.OfStream(http2, stream), target.next());
    }

    private List<Opened> openMany() throws Exception {
        List<Opened> opened = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            opened.add(openStream());
        }
        return opened;
    }

    private void awaitTunnels(int count) {
        eventually(count + " tunnels are open", () -> requestsInFlight() == count);
    }

    @Test
    void requestsPassBesideAWebSocket() throws Exception {
        Opened socket = openStream();

        List<Http2Client.Sent> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            requests.add(http2.begin("POST", "/http/" + i, false));
            socket.assertOpen("beside " + i);
        }
        for (int i = 0; i < 50; i++) {
            requests.get(i).data(("body " + i).getBytes(ISO_8859_1), true);
        }

        for (int i = 0; i < 50; i++) {
            assertThat(requests.get(i).response().text()).isEqualTo("body " + i);
        }
        socket.assertOpen("still");
        awaitTunnels(1);
    }

    @Test
    void manyShareAConnectionAndCostNoThreads() throws Exception {
        openStream();
        int threads = threads();

        List<Opened> opened = openMany();
        for (int i = 0; i < MANY; i++) {
            opened.get(i).assertOpen("socket " + i);
        }

        assertThat(threads() - threads).as("more threads").isLessThan(MANY / 4);
        assertThat(requestsInFlight()).isEqualTo(MANY + 1);
    }

    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("gapless"))
                .count();
    }

    @Test
    void thoseThatAreResetOrEndLeaveTheOthersOpen() throws Exception {
        List<Opened> opened = openMany();

        for (int i = 0; i < MANY; i++) {
            Opened each = opened.get(i);
            if (i % 4 < 3) {
                each.endIn(i % 4);
            } else {
                each.assertOpen("before");
            }
        }

        awaitTunnels(MANY / 4);
        for (int i = 0; i < MANY; i++) {
            Opened each = opened.get(i);
            switch (i % 4) {
                case 0 -> each.end().awaitLeft();
                case 1 -> each.client().awaitBreak();
                case 2 -> assertThat(each.client().readToEnd()).isEmpty();
                default -> each.assertOpen("after");
            }
        }
        assertThat(http2.get("/http/x").status()).isEqualTo(200);
    }

    @Test
    void thoseThatAreOverAreForgotten() throws Exception {
        List<Opened> opened = openMany();

        for (int i = 0; i < MANY; i++) {
            Opened each = opened.get(i);
            if (i % 4 < 3) {
                each.endIn(i % 4);
            } else {
                each.end().finish();
                assertThat(each.client().readToEnd()).isEmpty();
                each.client().finish();
            }
        }

        eventually("no stream is left", () -> session().getStreams().isEmpty());
        assertThat(http2.get("/http/x").status()).isEqualTo(200);
    }

    private Stream<EndPoint> connections() {
        return proxy.assembly.listeners().stream().flatMap(listener -> listener.getConnectedEndPoints().stream());
    }

    private HTTP2Session session() {
        return connections()
                .map(client -> ((HTTP2Connection) client.getConnection()).getSession())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theLossOfTheConnectionIsThatOfEachWebSocket() throws Exception {
        List<Opened> opened = openMany();

        http2.disconnect();

        for (Opened each : opened) {
            each.end().awaitLeft();
        }
        awaitTunnels(0);
        for (int i = 0; i < MANY; i++) {
            assertThat(log.next().failure()).isNotNull();
        }
    }

    /** Its end waits behind what the client does not read, and is lost with it. */
    @Test
    void soIsItForAWebSocketWhoseTargetIsDone() throws Exception {
        RawHttp2 client = leaving(RawHttp2.withRoom(proxy.port(), Integer.MAX_VALUE));
        client.openWebSocket("/ws");
        TunnelTarget.End done = target.next();
        int open = client.openWebSocket("/ws");
        TunnelTarget.End speaking = target.next();
        Thread flood = new Thread(() -> sendOnAndOn(speaking));
        flood.start();
        eventually("the client takes no more", this::isHeldUp);

        done.close();
        for (int i = 0; i < 2; i++) { // What comes after the end has come, too, when it has passed the second time.
            client.say(open, "and on");
            assertThat(speaking.read(6)).isEqualTo("and on");
        }
        client.goAway();
        client.close();

        awaitTunnels(0);
        flood.join();
    }

    private static void sendOnAndOn(TunnelTarget.End speaking) {
        byte[] part = WebSockets.text("x".repeat(60_000)).getBytes(ISO_8859_1);
        try {
            while (true) {
                speaking.send(part);
            }
        } catch (IOException e) {
            // The tunnel is over.
        }
    }

    private boolean isHeldUp() {
        return connections()
                .anyMatch(
                        client -> ((AbstractEndPoint) client).getWriteFlusher().isPending());
    }

    @Test
    void aClientThatOpensNoMoreStreamsKeepsThoseThatItHas() throws Exception {
        List<Opened> opened = openMany();

        http2.goAway();

        for (Opened each : opened) {
            each.assertOpen("after");
        }
        for (Opened each : opened) {
            each.client().finish();
            each.end().close();
        }
        awaitTunnels(0);
    }

    /** The window of the connection is that of all: one that does not read must not take it from the others. */
    @Test
    void aTargetThatTakesNothingHoldsUpItsOwnWebSocketOnly() throws Exception {
        Opened deaf = openStream();
        Opened other = openStream();
        String part = "0123456789abcdef".repeat(1024);
        Thread speaking = new Thread(() -> {
            try {
                while (true) {
                    deaf.client().send(part);
                }
            } catch (Exception e) {
                // It was held up for long enough.
            }
        });
        speaking.setDaemon(true);
        speaking.start();

        for (int i = 0; i < 200; i++) {
            other.assertOpen(part);
        }

        deaf.stream().reset();
        deaf.end().awaitLeft();
        other.assertOpen("after");
        awaitTunnels(1);
    }
}
