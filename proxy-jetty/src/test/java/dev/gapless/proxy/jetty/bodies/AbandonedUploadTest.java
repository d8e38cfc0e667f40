package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.Leaving;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that leave, stall or send nonsense within an upload that is buffered: no target knows, and no file is left. */
class AbandonedUploadTest extends BodyTest {
    @ParameterizedTest
    @EnumSource
    void ofAClientThatLeavesWithinItsUploadNoTargetKnows(Leaving way) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        for (String head : new String[] {
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
        }) {
            try (RawClient client = client()) {
                client.send(head).send(random(200_000));
                await("the upload in a file", () -> spills().count() == 1);
                way.leave(client);
                RequestSummary summary = awaitEnded();
                assertThat(summary.status()).isEqualTo(499);
                assertThat(summary.target()).isNull();
                assertThat(summary.failure()).isNotNull();
                await("the end of the file", () -> spills().count() == 0);
            }
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @Test
    void ofAnHttp2ClientThatResetsItsUploadNoTargetKnows() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        for (Framing framing : new Framing[] {Framing.HTTP2_LENGTH, Framing.HTTP2}) {
            try (Uploader upload = upload(framing, "POST", 1_000_000)) {
                upload.send(random(200_000));
                await("the upload in a file", () -> spills().count() == 1);
                upload.leave();
                assertThat(awaitEnded().status()).isEqualTo(499);
                await("the end of the file", () -> spills().count() == 0);
            }
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @Test
    void ofAnHttp2ConnectionThatIsCutNoUploadIsLeft() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        try (Http2Client client = Http2Client.to(proxy.port())) {
            for (int i = 0; i < 5; i++) {
                client.begin("POST", "/" + i, false).data(random(100_000), false);
            }
            await("the uploads in files", () -> spills().count() == 5);
            client.disconnect();
            for (int i = 0; i < 5; i++) {
                assertThat(awaitEnded().status()).isEqualTo(499);
            }
            await("the end of the files", () -> spills().count() == 0);
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @Test
    void clientsThatResetTheirUploadsAtAnyMomentLeaveNoFile() throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(16 * KIB), new KeepingTarget());
        byte[] body = random(300_000);
        for (int length = 1; length < body.length; length += 20_000) {
            for (Framing framing : Framing.values()) {
                try (Uploader upload = upload(framing, "POST", 10_000_000)) {
                    upload.send(body, 0, length);
                    upload.leave();
                }
            }
        }
        await("the end of the files", () -> spills().count() == 0);
        assertThat(target.heads()).isEmpty();
        try (Uploader upload = upload(Framing.LENGTH, "POST", body.length)) {
            assertThat(upload.sendAll(body).answer().status()).isEqualTo(200);
        }
    }

    @Test
    void aLengthBeyondAllMeasureCostsNothingAsLongAsItDoesNotCome() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        for (Framing framing : new Framing[] {Framing.LENGTH, Framing.HTTP2_LENGTH}) {
            try (Uploader upload = upload(framing, "POST", Long.MAX_VALUE)) {
                upload.send(random(1000));
                await("the beginning in a file", () -> spills().count() == 1);
                upload.leave();
                assertThat(awaitEnded().status()).isEqualTo(499);
                await("the end of the file", () -> spills().count() == 0);
            }
        }
        assertThat(target.heads()).isEmpty();
    }

    /** RFC 9113, section 8.1.1: such a stream is malformed. */
    @ParameterizedTest
    @ValueSource(ints = {199_999, 200_001})
    void anHttp2UploadOfAnotherLengthThanDeclaredIsNotSent(int declared) throws Exception {
        // The server resets such a stream and tells nobody: the proxy only sees that nothing more comes.
        KeepingTarget target = deploy(spilling().requestPace(new Pace(1, Duration.ofMillis(300))), new KeepingTarget());
        int probes = target.accepted();
        try (Uploader upload = upload(Framing.HTTP2_LENGTH, "POST", declared)) {
            upload.sendWhatIsTaken(random(200_000));
            awaitEnded();
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\nabc",
                "-1\r\nabc",
                "fffffffffffffffff\r\nabc",
                "5\r\nhelloworld\r\n",
                "5 5\r\nhello\r\n",
                "\r\nhello\r\n"
            })
    void ofAnUploadThatIsMalformedInTheMiddleNoTargetKnows(String malformed) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        for (int length : new int[] {1, 100_000}) {
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + Integer.toHexString(length) + "\r\n")
                        .send(random(length));
                await("the beginning in a file", () -> spills().count() == 1);
                client.send("\r\n" + malformed);
                assertThat(client.readToEnd()).startsWith("HTTP/1.1 400 ");
                assertThat(awaitEnded().status()).isEqualTo(400);
            }
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @Test
    void aClientThatStallsWithinItsUploadIsTimedOutAndNoTargetKnows() throws Exception {
        KeepingTarget target = deploy(spilling().requestPace(new Pace(1, Duration.ofMillis(100))), new KeepingTarget());
        int probes = target.accepted();
        for (Framing framing : Framing.values()) {
            try (Uploader upload = upload(framing, "POST", 1000)) {
                upload.sendWhatIsTaken(random(500), 0, 500); // It may be answered before that.
                assertThat(upload.answer().status()).isEqualTo(408);
                assertThat(awaitEnded().status()).isEqualTo(408);
            }
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesAfterItsUploadCancelsIt(Framing framing) throws Exception {
        ScriptedTarget target = deploy(spilling(), new ScriptedTarget(call -> {
            call.readToEnd();
            return false;
        }));
        try (Uploader upload = upload(framing, "PUT", 100_000)) {
            upload.sendAll(random(100_000));
            target.awaitRequest();
            upload.leave();
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the target's request", () -> target.open() == 0);
        }
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWhileItsUploadIsOnItsWayToASlowTargetCancelsIt(Framing framing) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        ScriptedTarget target = deploy(requests(Buffering.FULL), new ScriptedTarget(call -> {
            never.await();
            return false;
        }));
        try (Uploader upload = upload(framing, "PUT", LARGE)) {
            upload.sendAll(random(LARGE));
            target.awaitRequest();
            upload.leave();
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the lease", () -> requestsInFlight() == 0);
            await("the end of the file", () -> spills().count() == 0);
        }
        never.countDown();
    }
}
