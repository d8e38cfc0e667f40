package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients that leave, or speak on, before their target has granted what they asked for. */
class UpgradeDepartureTest extends TunnelScaffold {
    private static final String ASKED = RawClient.head("GET", "/ws", WebSockets.asked());

    /** Asks a target that does not answer before the test says so. */
    private TunnelClient ask(Wire wire) throws Exception {
        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            return new TunnelClient.OfStream(http2, http2.connect("websocket", "/ws"));
        }
        return connection(wire).send(ASKED);
    }

    @ParameterizedTest
    @EnumSource
    void theTargetOfAClientThatLeavesBeforeTheAnswerSeesIt(Wire wire) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        TunnelClient client = ask(wire);
        TunnelTarget.End end = target.next();

        client.close();

        end.awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @EnumSource
    void theTargetOfAClientThatResetsBeforeTheAnswerSeesIt(Wire wire) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        TunnelClient client = ask(wire);
        TunnelTarget.End end = target.next();

        client.reset();

        end.awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesInTheMomentOfTheAnswerLeavesNothingOpen(Wire wire) throws Exception {
        leaveInTheMomentOfTheAnswer(wire, 10);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("proof")
    void norDoFiveHundredThatLeaveThen(Wire wire) throws Exception {
        leaveInTheMomentOfTheAnswer(wire, 500);
    }

    private void leaveInTheMomentOfTheAnswer(Wire wire, int clients) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        for (int i = 0; i < clients; i++) {
            TunnelClient client = ask(wire);
            TunnelTarget.End end = target.next();
            CountDownLatch both = new CountDownLatch(1);
            Thread leaving = new Thread(() -> {
                RawTarget.awaitUninterrupted(both);
                try {
                    client.reset();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            leaving.start();

            both.countDown();
            try {
                end.send(WebSockets.granted(end.request()) + "more".repeat(9000));
            } catch (IOException e) {
                // The proxy has closed the connection already.
            }

            leaving.join();
            end.awaitLeft();
        }
        eventually("the leases are released", () -> requestsInFlight() == 0);
        for (int i = 0; i < clients; i++) {
            assertThat(log.next().status()).isIn(101, 200, 499);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTargetOfAClientThatLeavesRightAfterTheAnswerSeesIt(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);

        client.reset();

        target.next().awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesInTheMiddleOfAFrameHasSaidSoMuch(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        client.send("\u0082\u00FE").send("part").finish();

        assertThat(end.readToEnd()).isEqualTo("\u0082\u00FEpart");
        end.close();
        client.readToEnd();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    /** More than the connection's buffer holds waits in the socket. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4 * 1024, 16 * 1024, 64 * 1024, 100 * 1024, 300 * 1024})
    void whatComesInOnePieceWithTheRequestIsNotLost(int length) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        String early = "0123456789abcdef".repeat(length / 16 + 1).substring(0, length);
        for (Wire wire : new Wire[] {Wire.HTTP1, Wire.TLS}) {
            TunnelClient client = connection(wire);
            Thread sending = sending(client, ASKED + early);
            TunnelTarget.End end = target.next();

            end.send(WebSockets.granted(end.request()));

            assertThat(end.read(length)).isEqualTo(early);
            sending.join();
            client.send("more").finish();
            assertThat(end.readToEnd()).isEqualTo("more");
            end.close();
            client.readToEnd();
        }
    }

    private static Thread sending(TunnelClient client, String bytes) {
        Thread sending = new Thread(() -> {
            try {
                client.send(bytes);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        sending.start();
        return sending;
    }

    /** Nobody sees the end behind what is not read before the answer. */
    @Test
    void aClientThatHasSaidAllBehindMoreThanTheConnectionHoldsIsServed() throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        String early = "0123456789abcdef".repeat(8 * 1024);
        RawClient client = client();
        Thread sending = client.sending(ASKED, early.getBytes(ISO_8859_1));
        TunnelTarget.End end = target.next();
        sending.join();
        client.finishSending();

        end.send(WebSockets.granted(end.request()));

        assertThat(end.readToEnd()).isEqualTo(early);
        end.send("all").close();
        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readToEnd()).isEqualTo("all");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void whatComesEarlyForAnUpgradeThatIsNotGrantedIsReadAsRequests() throws Exception {
        serve(
                TunnelTarget.answeringHeads(request -> request.names().contains("upgrade")
                        ? "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                overEachWire());
        RawClient client = client();

        client.send(ASKED + "\u0081\u0005no request\r\n\r\n");

        assertThat(client.read().status()).isEqualTo(403);
        assertThat(client.readHead().status()).isEqualTo(400);
    }
}
