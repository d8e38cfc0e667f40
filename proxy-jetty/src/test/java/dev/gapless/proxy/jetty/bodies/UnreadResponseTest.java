package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.EchoingTarget;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that are slow to take what a target has long written. */
class UnreadResponseTest extends ResponseScaffold {
    @Test
    void aTargetCanBeReplacedAndGoWhileAClientHasReadNothing() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            target.awaitRequest();
            canBeReplacedAndGo(target);
            assertThat(ended).isEmpty();
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.failure()).isNull();
        assertThat(summary.responseBytes()).isEqualTo(LARGE);
    }

    @Test
    void aTargetCanBeReplacedAndGoWhileAClientOfHttp2HasReadNothing() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            sent.holdOff();
            target.goOn();
            target.awaitRequest();
            canBeReplacedAndGo(target);
            assertThat(sent.nextStatus()).isEqualTo(200);
            assertThat(sent.bodyBytes()).isZero();
            assertThat(ended).isEmpty();
            assertThat(client.get("/y").text()).isEqualTo("GET /y ");
            sent.readOn();
            assertIdentical(sent.response().body(), Pattern.bytes(0, LARGE));
        }
    }

    /** Nothing of its requests is waited for or cut. */
    private void canBeReplacedAndGo(RawTarget target) throws IOException {
        await("the end of the lease", () -> requestsInFlight() == 0);

        DeployResult result = proxy.services().deploy(deployment(LONG, options(full()), new EchoingTarget()));

        assertThat(result.requestsCut()).isZero();
        await("the end of the target's connections", () -> target.open() == 0);
        target.close();
    }

    @Test
    void twoSlowReadersDoNotHinderEachOtherNorOthers() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient one = slowClient();
                RawClient two = slowClient();
                RawClient quick = client()) {
            one.send(GET);
            two.send(GET);
            target.awaitRequest();
            target.awaitRequest();
            await("the end of both leases", () -> requestsInFlight() == 0);
            quick.send(GET).readHead();
            Pattern.assertReadFrom(quick.in(), 0, LARGE);
            one.readHead();
            two.readHead();
            for (int i = 0; i < LARGE; i += MIB) {
                Pattern.assertReadFrom(one.in(), i, i + MIB);
                Pattern.assertReadFrom(two.in(), i, i + MIB);
            }
        }
    }

    @Test
    void aTargetThatIsStoppedCanNotTakeItsResponseBack() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            target.awaitRequest();
            await("the end of the lease", () -> requestsInFlight() == 0);

            proxy.services().stop("app", LONG, "gone for good");

            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
            assertThat(client.send(GET).readResponse()).startsWith("HTTP/1.1 503 ");
        }
    }
}
