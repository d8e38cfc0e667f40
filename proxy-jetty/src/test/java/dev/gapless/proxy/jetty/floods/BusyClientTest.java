package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.FrameClient;
import dev.gapless.proxy.jetty.faults.EchoingTarget;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.get;
import static dev.gapless.proxy.jetty.FrameClient.joined;
import static dev.gapless.proxy.jetty.FrameClient.literal;
import static dev.gapless.proxy.jetty.FrameClient.post;
import static dev.gapless.proxy.jetty.FrameClient.reset;
import static dev.gapless.proxy.jetty.FrameClient.windowUpdate;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients that only do much: none of the limits against floods may concern them. */
@Tag("proof")
class BusyClientTest extends FaultTest {
    private static final int STREAMS = 100;
    private static final byte[] PING = frame(FrameClient.PING, 0, 0, new byte[8]);

    private FrameClient http2() throws Exception {
        return FrameClient.to(proxy.port());
    }

    @Test
    void thousandsOfRequestsMayFollowEachOtherAHundredAtATime() throws Exception {
        deploy(new EchoingTarget());
        try (FrameClient client = http2()) {
            for (int first = 1; first < 2 * 5_000; first += 2 * STREAMS) {
                for (int i = 0; i < STREAMS; i++) {
                    client.send(get(first + 2 * i, "/"));
                }
                awaitResponses(client, STREAMS);
            }
        }
    }

    private static void awaitResponses(FrameClient client, int count) throws Exception {
        int ended = 0;
        while (ended < count) {
            FrameClient.Frame frame = client.read();
            assertThat(frame).as("the next frame").isNotNull();
            assertThat(frame.type()).isNotIn(FrameClient.RST_STREAM, FrameClient.GOAWAY);
            ended += frame.endsStream() ? 1 : 0;
        }
    }

    /** As a browser does whose user goes from page to page before the images are there. */
    @Test
    void aHundredRequestsMayBeCancelledAtOnceSeveralTimesInARow() throws Exception {
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            if (call.path().equals("/slow")) {
                call.readToEnd();
                return false;
            }
            call.send(RawTarget.OK);
            return true;
        }));
        try (FrameClient client = http2()) {
            int stream = 1;
            for (int page = 0; page < 4; page++) {
                for (int i = 0; i < STREAMS; i++) {
                    client.send(get(stream + 2 * i, "/slow"));
                }
                for (int i = 0; i < STREAMS; i++) {
                    target.awaitRequest();
                }
                for (int i = 0; i < STREAMS; i++) {
                    client.send(reset(stream + 2 * i));
                }
                stream += 2 * STREAMS;
            }
            client.send(get(stream, "/"));
            assertThat(client.readStatusOf(stream)).isEqualTo(200);
        }
    }

    /** There are clients that say so for each frame that they have read, for the stream and for the connection, and ping, too. */
    @Test
    void eachFrameOfAResponseMayBeAcknowledgedThreeTimes() throws Exception {
        String body = "x".repeat(10_000_000);
        deploy(new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        }));
        try (FrameClient client = http2()) {
            client.send(get(1, "/"));
            assertThat(client.readStatusOf(1)).isEqualTo(200);
            FrameClient.Frame frame;
            int bytes = 0;
            do {
                frame = client.readTo(FrameClient.DATA);
                int length = frame.payload().remaining();
                bytes += length;
                client.send(length == 0 ? new byte[0] : joined(windowUpdate(0, length), windowUpdate(1, length)), PING);
            } while (!frame.endsStream());
            assertThat(bytes).isEqualTo(body.length());
        }
    }

    /** What crosses the end of a response on its way is late, not hostile. */
    @Test
    void streamsThatAreOverMayStillBeSpokenOf() throws Exception {
        deploy(new EchoingTarget());
        try (FrameClient client = http2()) {
            for (int stream = 1; stream < 2 * 2_000; stream += 2) {
                client.send(get(stream, "/"));
                assertThat(client.readStatusOf(stream)).isEqualTo(200);
                client.readToEndOf(stream);
                client.send(windowUpdate(stream, 10), reset(stream));
            }
        }
    }

    @Test
    void uploadsThatAreRefusedMayBeOnTheirWay() throws Exception {
        ServiceOptions options = ServiceOptions.builder()
                .bodies(BodyOptions.builder().maxRequestBytes(100).build())
                .build();
        proxy.services().deploy(deployment(Duration.ofMinutes(2), options, new EchoingTarget()));
        byte[] part = new byte[1_000];
        try (FrameClient client = http2()) {
            client.send(windowUpdate(0, 10_000_000));
            for (int stream = 1; stream < 2 * 100; stream += 2) {
                client.send(post(stream, "/", literal("content-length", "200000")));
                assertThat(client.readStatusOf(stream)).isEqualTo(413);
                for (int i = 0; i < 200; i++) {
                    client.send(frame(FrameClient.DATA, 0, stream, part));
                }
            }
            client.send(get(201, "/"));
            assertThat(client.readStatusOf(201)).isEqualTo(200);
        }
    }

    /** A conversation of small messages, as gRPC has, with a ping now and then. */
    @Test
    void aBodyMayComeInThousandsOfSmallFrames() throws Exception {
        streamBodies();
        deploy(new EchoingTarget());
        try (FrameClient client = http2()) {
            client.send(post(1, "/"));
            for (int i = 0; i < 20_000; i++) {
                client.send(frame(FrameClient.DATA, 0, 1, (byte) 'x', (byte) 'y'));
                if (i % 100 == 0) {
                    client.send(PING);
                }
            }
            client.send(frame(FrameClient.DATA, FrameClient.END_STREAM, 1));
            assertThat(client.readStatusOf(1)).isEqualTo(200);
            int bytes = 0;
            FrameClient.Frame frame;
            do {
                frame = client.readTo(FrameClient.DATA);
                bytes += frame.payload().remaining();
            } while (!frame.endsStream());
            assertThat(bytes).isEqualTo("POST / ".length() + 40_000);
        }
    }
}
