package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.Pairs;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.Leaving;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Uploads to a paused service, however large: read while they are held, within limits, and sent on when it is resumed. */
class HeldUploadTest extends BodyTest {
    private static final Duration LONG_PAUSE = Duration.ofMinutes(5);
    private static final int DISK = 6 * MIB;

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return super.configure(builder).bufferDisk(DISK);
    }

    static Stream<Arguments> everyWayToLeave() {
        return Pairs.of(Buffering.values(), Leaving.values());
    }

    private KeepingTarget servePaused(ServiceOptions options) {
        KeepingTarget target = deploy(options, new KeepingTarget());
        pause();
        return target;
    }

    private KeepingTarget servePaused(Buffering buffering) {
        return servePaused(options(requests(buffering).bufferMemory(64 * KIB)));
    }

    private void pause() {
        proxy.services().pause("app", LONG, LONG_PAUSE);
    }

    private void awaitHeld(int count) {
        await(count + " held requests", () -> held() == count);
    }

    static Stream<Arguments> everyWay() {
        return Pairs.of(Buffering.values(), Framing.values());
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aLargeUploadIsTakenWhileItIsHeldAndArrivesWhenTheServiceIsResumed(Buffering buffering, Framing framing)
            throws Exception {
        KeepingTarget target = servePaused(buffering);
        int probes = target.accepted();
        byte[] body = random(5 * MIB);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.sendAll(body);
            awaitHeld(1);
            assertThat(target.accepted()).isEqualTo(probes);
            proxy.services().resume("app");
            assertThat(upload.answer().status()).isEqualTo(200);
            assertIdentical(target.taken().body(), body);
            assertThat(upload.next()).isEqualTo(200);
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.requestBytes()).isEqualTo(body.length);
        assertThat(summary.held()).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void anUploadThatIsHalfThereWhenTheServiceIsResumedArrivesWhole(Buffering buffering, Framing framing)
            throws Exception {
        KeepingTarget target = servePaused(buffering);
        byte[] body = random(2 * MIB);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, MIB);
            await("the half in a file", () -> held() == 1 && spills().count() == 1);
            proxy.services().resume("app");
            assertThat(upload.send(body, MIB, 2 * MIB).end().answer().status()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), body);
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"OFF, CHUNKED", "OFF, HTTP2", "FULL, CHUNKED", "FULL, HTTP2"})
    void aServiceThatIsPausedAndResumedAgainAndAgainGetsAnUploadOnce(Buffering buffering, Framing framing)
            throws Exception {
        KeepingTarget target = servePaused(buffering);
        byte[] body = random(MIB);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, MIB / 2);
            awaitHeld(1);
            for (int i = 0; i < 5; i++) {
                proxy.services().resume("app");
                proxy.services().pauseAsync("app", LONG, LONG_PAUSE);
            }
            upload.send(body, MIB / 2, MIB).end();
            proxy.services().resume("app");
            assertThat(upload.answer().status()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), body);
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("everyWayToLeave")
    void aClientThatLeavesAfterItsUploadLeavesTheQueueAtOnce(Buffering buffering, Leaving way) throws Exception {
        KeepingTarget target = servePaused(buffering);
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
                    .send(random(MIB));
            awaitHeld(1);
            way.leave(client);
            assertLeft(target);
        }
    }

    @ParameterizedTest
    @MethodSource("everyWayToLeave")
    void aClientThatLeavesWithinItsUploadLeavesTheQueueAtOnce(Buffering buffering, Leaving way) throws Exception {
        KeepingTarget target = servePaused(buffering);
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n")
                    .send(random(MIB));
            await("the upload in a file", () -> held() == 1 && spills().count() == 1);
            way.leave(client);
            assertLeft(target);
        }
    }

    @ParameterizedTest
    @CsvSource({"OFF, true", "OFF, false", "AUTOMATIC, true", "AUTOMATIC, false", "FULL, true", "FULL, false"})
    void aClientThatResetsItsStreamLeavesTheQueueAtOnce(Buffering buffering, boolean whole) throws Exception {
        KeepingTarget target = servePaused(buffering);
        for (Framing framing : new Framing[] {Framing.HTTP2_LENGTH, Framing.HTTP2}) {
            try (Uploader upload = upload(framing, "POST", MIB)) {
                upload.send(random(MIB), 0, whole ? MIB : MIB - 1);
                if (whole) {
                    upload.end();
                }
                awaitHeld(1);
                upload.leave();
                assertLeft(target);
            }
        }
    }

    private void assertLeft(KeepingTarget target) throws Exception {
        awaitHeld(0);
        assertThat(awaitEnded().status()).isEqualTo(499);
        await("the end of the file", () -> spills().count() == 0);
        assertThat(target.heads()).isEmpty();
    }

    private static ServiceOptions holding(long bytes) {
        return ServiceOptions.builder()
                .bodies(requests(Buffering.OFF).bufferMemory(64 * KIB).build())
                .holdLimits(new HoldLimits(10, bytes, 1))
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void anUploadBeyondWhatMayBeHeldIsRefusedAndGivesBackWhatItTook(Framing framing) throws Exception {
        KeepingTarget target = servePaused(holding(1_500_000));
        byte[] body = random(900_000);
        try (Uploader first = upload(framing, "POST", body.length)) {
            first.sendAll(body);
            await("the first upload in a file", () -> held() == 1 && spills().bytes() == body.length);
            try (Uploader second = upload(framing, "POST", body.length)) {
                Thread sender = new Thread(() -> second.sendWhatIsTaken(body));
                sender.start();
                Uploader.Answer answer = second.answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.retryAfter()).isNotNull();
                sender.join();
            }
            assertThat(awaitEnded().status()).isEqualTo(503);
            awaitHeld(1);
            try (Uploader small = upload(framing, "POST", 100_000)) {
                small.sendAll(random(100_000));
                awaitHeld(2);
                proxy.services().resume("app");
                assertThat(small.answer().status()).isEqualTo(200);
            }
            assertThat(first.answer().status()).isEqualTo(200);
        }
        assertThat(target.heads()).hasSize(2);
    }

    @Test
    void aClientThatLeavesGivesBackWhatItsUploadTook() throws Exception {
        KeepingTarget target = servePaused(holding(1_500_000));
        byte[] body = random(900_000);
        for (Framing framing : Framing.values()) {
            try (Uploader upload = upload(framing, "POST", body.length)) {
                upload.sendAll(body);
                awaitHeld(1);
                upload.leave();
                assertLeft(target);
            }
        }
    }

    @Test
    void whatWasReleasedDoesNotCountAsHeldAnyMore() throws Exception {
        KeepingTarget target = servePaused(holding(1_500_000));
        for (Framing framing : Framing.values()) {
            byte[] body = random(900_000);
            try (Uploader upload = upload(framing, "POST", body.length)) {
                upload.sendAll(body);
                awaitHeld(1);
                proxy.services().resume("app");
                assertThat(upload.answer().status()).isEqualTo(200);
            }
            assertIdentical(target.taken().body(), body);
            pause();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anUploadLongerThanTheServiceTakesIsRefusedWhileItIsHeld(Framing framing) throws Exception {
        KeepingTarget target = servePaused(
                options(requests(Buffering.OFF).bufferMemory(64 * KIB).maxRequestBytes(300_000)));
        try (Uploader right = upload(framing, "POST", 300_000)) {
            right.sendAll(random(300_000));
            awaitHeld(1);
            try (Uploader wrong = upload(framing, "POST", 300_001)) {
                wrong.sendWhatIsTaken(random(300_001));
                assertThat(wrong.answer().status()).isEqualTo(413);
            }
            assertThat(awaitEnded().status()).isEqualTo(413);
            awaitHeld(1);
            proxy.services().resume("app");
            assertThat(right.answer().status()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), random(300_000));
    }

    @ParameterizedTest
    @EnumSource
    void anUploadThatTheDiskHasNoRoomForLeavesTheQueue(Framing framing) throws Exception {
        KeepingTarget target = servePaused(holding(1L << 40));
        try (Uploader upload = upload(framing, "POST", 2L * DISK)) {
            Thread sender = new Thread(() -> upload.sendWhatIsTaken(new byte[2 * DISK]));
            sender.start();
            assertThat(upload.answer().status()).isEqualTo(507);
            sender.join();
        }
        awaitHeld(0);
        assertThat(awaitEnded().status()).isEqualTo(507);
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aMalformedChunkLeavesTheQueue(Buffering buffering) throws Exception {
        KeepingTarget target = servePaused(buffering);
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n")
                    .send(random(100_000));
            await("the upload in a file", () -> held() == 1 && spills().count() == 1);
            client.send("\r\nzz\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 400 ");
        }
        awaitHeld(0);
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aServiceThatIsStoppedRefusesTheUploadsItHolds(Buffering buffering, Framing framing) throws Exception {
        assertAnswered(buffering, framing, () -> proxy.services().stop("app", LONG, "closed"), answer -> {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body()).contains("closed");
        });
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aServiceThatIsRemovedForgetsTheUploadsItHolds(Buffering buffering, Framing framing) throws Exception {
        assertAnswered(
                buffering,
                framing,
                () -> proxy.services().remove("app", LONG),
                answer -> assertThat(answer.status()).isEqualTo(404));
    }

    /** What is held is answered as the service ends, however much of it has come, and no target gets it. */
    private void assertAnswered(Buffering buffering, Framing framing, Runnable end, Consumer<Uploader.Answer> check)
            throws Exception {
        KeepingTarget target = servePaused(buffering);
        try (Uploader whole = upload(framing, "POST", MIB);
                Uploader half = upload(framing, "POST", MIB)) {
            whole.sendAll(random(MIB));
            half.send(random(MIB), 0, MIB / 2);
            await("the uploads in files", () -> held() == 2 && spills().count() == 2);
            end.run();
            check.accept(whole.answer());
            check.accept(half.answer());
            await("the end of the files", () -> spills().count() == 0);
        }
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void anUploadThatIsHeldForTooLongIsAGatewayTimeout(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(requests(buffering).bufferMemory(64 * KIB), new KeepingTarget());
        proxy.services().pause("app", LONG, Duration.ofMillis(200));
        List<Uploader> uploads = new ArrayList<>();
        for (Framing framing : Framing.values()) {
            Uploader upload = upload(framing, "POST", MIB / 2);
            upload.sendWhatIsTaken(random(MIB / 2), 0, MIB / 2 - 1);
            uploads.add(upload);
        }
        for (Uploader upload : uploads) {
            assertThat(upload.answer().status()).isEqualTo(504);
            upload.close();
        }
        await("the end of the files", () -> spills().count() == 0);
        assertThat(target.heads()).isEmpty();
        assertThat(held()).isZero();
    }

    /** What has been sent once cannot be kept from targets any more. */
    @ParameterizedTest
    @EnumSource
    void anUploadWhoseTargetDiesAsItsServiceIsPausedGoesOnWhenItIsResumed(Buffering next) throws Exception {
        CountDownLatch dies = new CountDownLatch(1);
        ScriptedTarget dying = deploy(options(requests(Buffering.OFF)), new ScriptedTarget(call -> {
            call.in().readNBytes(6);
            dies.await();
            return false;
        }));
        byte[] body = random(KIB);
        try (Uploader upload = upload(Framing.LENGTH, "PUT", body.length)) {
            upload.send(body, 0, KIB / 2);
            await("the upload on its way", () -> dying.heads().size() == 1);
            proxy.services().pauseAsync("app", LONG, LONG_PAUSE);
            dies.countDown();
            awaitHeld(1);
            KeepingTarget target = deploy(requests(next), new KeepingTarget());
            proxy.services().resume("app");
            upload.send(body, KIB / 2, KIB);
            assertThat(upload.answer().status()).isEqualTo(200);
            assertIdentical(target.taken().body(), body);
        }
    }

    @Test
    void manyUploadsAreHeldAtOnceAndArriveWhole() throws Exception {
        ServiceOptions options = ServiceOptions.builder()
                .bodies(requests(Buffering.AUTOMATIC).bufferMemory(64 * KIB).build())
                .holdLimits(new HoldLimits(1000, 64L << 20, 4))
                .build();
        KeepingTarget target = servePaused(options);
        List<Uploader> uploads = new ArrayList<>();
        int lengths = 0;
        for (int i = 0; i < 8; i++) {
            for (Framing framing : Framing.values()) {
                int length = 100_000 + uploads.size();
                lengths += length;
                uploads.add(upload(framing, "POST", length).sendAll(random(length)));
            }
        }
        awaitHeld(uploads.size());
        proxy.services().resume("app");
        int arrived = 0;
        for (Uploader upload : uploads) {
            assertThat(upload.answer().status()).isEqualTo(200);
            upload.close();
            byte[] body = target.taken().body();
            assertIdentical(body, random(body.length));
            arrived += body.length;
        }
        assertThat(arrived).isEqualTo(lengths);
    }

    @ParameterizedTest
    @EnumSource
    void aHeldUploadGoesToWhatIsDeployedMeanwhile(Framing framing) throws Exception {
        KeepingTarget replaced = servePaused(Buffering.OFF);
        byte[] body = random(MIB);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.sendAll(body);
            awaitHeld(1);
            KeepingTarget next = deploy(requests(Buffering.FULL), new KeepingTarget());
            proxy.services().resume("app");
            assertThat(upload.answer().status()).isEqualTo(200);
            assertIdentical(next.taken().body(), body);
        }
        assertThat(replaced.heads()).isEmpty();
    }
}
