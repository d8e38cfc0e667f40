package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Requests with a body that leave HTTP afterwards, as those of {@code docker exec} do. */
class UpgradeWithBodyTest extends TunnelScaffold {
    private static final String[] TCP = {"Connection: Upgrade", "Upgrade: tcp"};
    private static final String SWITCHED =
            "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
                    + "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    private static final String BODY = "{\"Detach\":false,\"Tty\":true}";

    private static ServiceOptions.Builder with(Buffering buffering) {
        return overEachWire()
                .bodies(BodyOptions.builder().requestBuffering(buffering).build());
    }

    private static String length(String... more) {
        return head("Content-Length: " + BODY.length(), more);
    }

    private static String head(String framing, String... more) {
        return RawClient.head("POST", "/exec", TCP[0], TCP[1], framing, String.join("\r\n", more))
                .replace("\r\n\r\n\r\n", "\r\n\r\n");
    }

    private static String chunk(String bytes) {
        return Integer.toHexString(bytes.length()) + "\r\n" + bytes + "\r\n";
    }

    private void assertTunnel(RawClient client, String... early) throws Exception {
        assertThat(client.readHead().status()).isEqualTo(101);
        TunnelTarget.End end = target.next();
        assertThat(end.request().method()).isEqualTo("POST");
        assertThat(end.request().text()).isEqualTo(BODY);
        assertThat(end.request().field("Upgrade")).isEqualTo("tcp");
        for (String bytes : early) {
            assertThat(end.read(bytes.length())).isEqualTo(bytes);
        }
        client.send("in");
        assertThat(end.read(2)).isEqualTo("in");
        end.send("out");
        assertThat(client.readBytes(3)).isEqualTo("out");
        client.finishSending();
        assertThat(end.readToEnd()).isEmpty();
        end.send("done").close();
        assertThat(client.readToEnd()).isEqualTo("done");
    }

    @ParameterizedTest
    @EnumSource
    void aBodyOfALengthComesBeforeTheTunnel(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));

        assertTunnel(client().send(length() + BODY));
    }

    @ParameterizedTest
    @EnumSource
    void aBodyInChunksComesBeforeTheTunnel(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));

        assertTunnel(client().send(head("Transfer-Encoding: chunked"))
                .send(chunk(BODY.substring(0, 3)) + chunk(BODY.substring(3)))
                .send("0\r\n\r\n"));
    }

    @ParameterizedTest
    @EnumSource
    void whatComesInOnePieceWithTheBodyIsTheTunnels(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));

        assertTunnel(client().send(length() + BODY + "early"), "early");
        assertTunnel(client().send(head("Transfer-Encoding: chunked") + chunk(BODY) + "0\r\n\r\nearly"), "early");
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatWaitsToBeAskedForTheBodyIsAskedBeforeTheTunnel(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));
        RawClient client = client().send(length("Expect: 100-continue"));

        assertThat(client.readHead().status()).isEqualTo(100);

        assertTunnel(client.send(BODY));
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatDoesNotWaitToBeAskedGetsItsTunnel(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));
        RawClient client = client().send(length("Expect: 100-continue") + BODY + "early");

        RawMessage first = client.readHead();
        if (first.status() == 100) {
            assertTunnel(client, "early");
        } else {
            assertThat(first.status()).isEqualTo(101);
            assertThat(target.next().read(5)).isEqualTo("early");
        }
    }

    @Test
    void aBodyAsLongAsItMayBeComesBeforeTheTunnel() throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(Buffering.AUTOMATIC));
        String body = "0123456789abcdef".repeat(1 << 17);
        RawClient client = client();

        client.sending(
                RawClient.head("POST", "/x", TCP[0], TCP[1], "Content-Length: " + body.length()),
                (body + "early").getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));

        assertThat(client.readHead().status()).isEqualTo(101);
        TunnelTarget.End end = target.next();
        assertThat(end.request().text()).isEqualTo(body);
        assertThat(end.read(5)).isEqualTo("early");
    }

    @ParameterizedTest
    @CsvSource({"Content-Length: 100", "Transfer-Encoding: chunked"})
    void aTargetThatSwitchesBeforeTheEndOfTheBodyIsRefused(String framing) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> SWITCHED), with(Buffering.OFF));
        RawClient client = client().send(head(framing) + (framing.contains("chunked") ? chunk("part") : "part"));

        assertThat(client.readHead().status()).isEqualTo(502);

        target.next().awaitLeft();
        assertThat(client.readToEnd()).doesNotContain("HTTP/1.1");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aBodyThatIsTooLongIsRefusedBeforeAnyTunnel() throws Exception {
        serve(
                TunnelTarget.answering(request -> SWITCHED),
                overEachWire().bodies(BodyOptions.builder().maxRequestBytes(5).build()));

        assertThat(client().send(length() + BODY).readHead().status()).isEqualTo(413);
        assertThat(client().send(head("Transfer-Encoding: chunked") + chunk(BODY))
                        .readHead()
                        .status())
                .isEqualTo(413);
    }

    /** What the body may not be, the tunnel may. */
    @Test
    void theLimitOfBodiesIsNotThatOfTheTunnel() throws Exception {
        serve(
                TunnelTarget.answering(request -> SWITCHED),
                overEachWire()
                        .bodies(BodyOptions.builder()
                                .maxRequestBytes(BODY.length())
                                .maxResponseBytes(1)
                                .build()));
        RawClient client = client().send(length() + BODY + "early and more than the limit of all bodies");

        assertTunnel(client, "early and more than the limit of all bodies");
    }

    @ParameterizedTest
    @EnumSource
    void aMalformedBodyEndsTheRequestWithoutATunnel(Buffering buffering) throws Exception {
        serve(TunnelTarget.answering(request -> SWITCHED), with(buffering));
        RawClient client = client().send(head("Transfer-Encoding: chunked") + chunk("ab") + "no chunk\r\n");

        assertThat(client.readHead().status()).isEqualTo(400);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatDoesNotSwitchIsPassedOnAndTheConnectionGoesOn(Buffering buffering) throws Exception {
        proxy = start(listening());
        RawTarget http =
                serve(RawTarget.answering(RawTarget.OK), with(buffering).build());
        RawClient client = client();

        assertThat(client.send(length() + BODY).read().status()).isEqualTo(200);
        assertThat(client.get("/next").status()).isEqualTo(200);

        assertThat(http.taken().text()).isEqualTo(BODY);
    }

    @Test
    void aClientThatLeavesInTheMiddleOfTheBodyGetsNoTunnel() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        serve(
                TunnelTarget.answeringHeads(request -> {
                    asked.countDown();
                    return "";
                }),
                with(Buffering.OFF));
        RawClient client = client().send(length() + BODY.substring(0, 5));
        asked.await();

        client.close();

        target.next().awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().status()).isEqualTo(499);
    }
}
