package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Uploads that are to be buffered when there is no room, or no directory, for them; and very many of them. */
class BufferFaultTest extends BodyTest {
    private static final int DISK = 256 * KIB;

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return super.configure(builder).bufferMemory(MIB).bufferDisk(DISK);
    }

    private void assertStored(Framing framing, int length, KeepingTarget target) throws Exception {
        byte[] body = random(length);
        try (Uploader upload = upload(framing, "POST", length)) {
            assertThat(upload.sendAll(body).answer().status()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), body);
        assertThat(awaitEnded().status()).isEqualTo(200);
    }

    /** As above, once the room that others had is free again, which is told to nobody. */
    private void assertStoredAgain(Framing framing, int length, KeepingTarget target) throws Exception {
        await("room for the upload", () -> status(framing, length) == 200);
        assertIdentical(target.taken().body(), random(length));
        while (awaitEnded().status() != 200) {
            Thread.onSpinWait(); // Those before found no room.
        }
    }

    private int status(Framing framing, int length) {
        try (Uploader upload = upload(framing, "POST", length)) {
            upload.sendWhatIsTaken(random(length));
            return upload.answer().status();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertNoRoom(Framing framing, int length) throws Exception {
        try (Uploader upload = upload(framing, "POST", length)) {
            Thread sender = new Thread(() -> upload.sendWhatIsTaken(random(length)));
            sender.start();
            assertThat(upload.answer().status()).isEqualTo(507);
            sender.join();
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(507);
        assertThat(summary.failure()).isNotNull();
        await("the end of the file", () -> spills().count() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void anUploadThatTheDiskHasNoRoomForIsRefusedAndItsRoomIsFreeAgain(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        for (int i = 0; i < 3; i++) {
            assertNoRoom(framing, DISK + 1);
            assertStoredAgain(framing, DISK, target);
        }
        assertThat(target.heads()).hasSize(3);
    }

    @Test
    void anUploadOfFarMoreThanTheDiskHasRoomForIsAnswered() throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL), new KeepingTarget());
        for (Framing framing : Framing.values()) {
            assertNoRoom(framing, 8 * MIB);
        }
        assertStored(Framing.LENGTH, 1000, target);
    }

    @Test
    void anUploadThatWasAskedForIsRefusedWhenTheRoomIsUsedUp() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            client.send("40001\r\n").send(random(DISK + 1));
            assertThat(client.readToEndOrReset()).startsWith("HTTP/1.1 507 ");
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void uploadsShareTheDisk() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(DISK - 1000);
        try (Uploader large = upload(Framing.LENGTH, "POST", body.length)) {
            large.send(body, 0, body.length - 1);
            await("the upload in a file", () -> spills().count() == 1);
            assertStored(Framing.CHUNKED, 900, target);
            large.send(body, body.length - 1, body.length);
            assertThat(large.answer().status()).isEqualTo(200);
            assertIdentical(target.taken().body(), body);
        }
        assertThat(awaitEnded().status()).isEqualTo(200);
        assertStoredAgain(Framing.HTTP2, DISK, target);
    }

    @Test
    void anUploadThatFindsNoRoomDoesNotHarmTheOneThatHasTaken() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(200_000);
        try (Uploader first = upload(Framing.CHUNKED, "POST", -1);
                Uploader second = upload(Framing.HTTP2, "POST", -1)) {
            first.send(body, 0, 150_000);
            await("the first upload in a file", () -> spills().bytes() == 150_000);
            second.send(body, 0, 150_000);
            assertThat(second.answer().status()).isEqualTo(507);
            assertStoredAgain(Framing.LENGTH, 60_000, target); // What the second had taken is there again.
            assertThat(first.send(body, 150_000, 200_000).end().answer().status())
                    .isEqualTo(200);
        }
        assertIdentical(target.taken().body(), body);
    }

    @Test
    void whatMemoryHoldsIsNotConcernedByAFullDisk() throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(DISK);
        try (Uploader large = upload(Framing.CHUNKED, "POST", -1)) {
            large.send(body);
            await("the upload in a file", () -> spills().bytes() == DISK);
            for (Framing framing : Framing.values()) {
                assertStored(framing, 64 * KIB, target);
            }
            assertThat(post(proxy, 64 * KIB + 1)).isEqualTo(507);
            assertThat(large.end().answer().status()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), body);
    }

    @ParameterizedTest
    @EnumSource
    void aDirectoryThatIsRemovedIsMadeAgain(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(200_000);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 100_000);
            await("the upload in a file", () -> spills().count() == 1);
            spills().removeDirectory();
            assertThat(upload.send(body, 100_000, body.length).end().answer().status())
                    .isEqualTo(200);
            assertIdentical(target.taken().body(), body);
        }
        awaitEnded();
        assertStoredAgain(framing, 100_000, target);
        assertThat(directory()).isDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void aFileInThePlaceOfTheDirectoryFailsWhatHasToSpillAndNothingElse(Framing framing) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(200_000);
        try (Uploader inFile = upload(framing, "POST", body.length);
                Uploader inMemory = upload(framing, "POST", body.length)) {
            inFile.send(body, 0, 100_000);
            await("the upload in a file", () -> spills().count() == 1);
            inMemory.send(body, 0, 1000);
            spills().removeDirectory();
            Files.write(directory(), new byte[0]);
            inMemory.sendWhatIsTaken(Arrays.copyOfRange(body, 1000, body.length));
            assertThat(inMemory.answer().status()).isEqualTo(507);
            assertThat(inFile.send(body, 100_000, body.length).end().answer().status())
                    .isEqualTo(200);
            assertIdentical(target.taken().body(), body);
        }
        awaitEnded();
        awaitEnded();
        assertStored(framing, 64 * KIB, target);
        Files.delete(directory());
        assertStoredAgain(framing, 200_000, target);
    }

    @Test
    void aDirectoryWhoseParentIsGoneFailsWhatHasToSpillUntilItIsBack() throws Exception {
        Path parent = Files.createDirectory(temporary.resolve("parent"));
        try (ProxyServer other = ProxyServer.builder()
                        .bindAddress("127.0.0.1")
                        .httpPort(0)
                        .accessLog(false)
                        .bufferDirectory(parent.resolve("buffers"))
                        .build()
                        .start();
                KeepingTarget target = new KeepingTarget()) {
            other.services().deploy(alone(target));
            new SpillFiles(parent.resolve("buffers")).removeDirectory();
            Files.delete(parent);
            assertThat(post(other, 100_000)).isEqualTo(507);
            Files.createDirectory(parent);
            assertThat(post(other, 100_000)).isEqualTo(200);
        }
        assertThat(parent.resolve("buffers")).isEmptyDirectory();
    }

    private static Deployment alone(RawTarget target) {
        return Deployment.builder("app")
                .target(target.address())
                .options(options(spilling()))
                .build();
    }

    private static int post(ProxyServer proxy, int length) throws Exception {
        try (Uploader upload = Uploader.begin(Framing.LENGTH, proxy.port(), "POST", "/", length)) {
            return upload.sendAll(random(length)).answer().status();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100_000})
    void aFileThatSomeoneHasTruncatedIsNeverCompletedAtATarget(int left) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(200_000);
        try (Uploader upload = upload(Framing.CHUNKED, "PUT", -1)) {
            upload.send(body);
            await("the upload in a file", () -> spills().bytes() == body.length);
            spills().truncate(left);
            assertThat(upload.end().answer().status()).isEqualTo(507);
        }
        assertThat(awaitEnded().status()).isEqualTo(507);
        assertThat(target.hasTakenNone()).isTrue();
        assertStored(Framing.LENGTH, 1, target);
    }

    @Test
    void aProxyThatStopsLeavesNoFileOfUploadsUnderWay() throws Exception {
        Path buffers = temporary.resolve("buffers-of-another");
        List<Uploader> uploads = new ArrayList<>();
        try (KeepingTarget target = new KeepingTarget()) {
            ProxyServer other = ProxyServer.builder()
                    .bindAddress("127.0.0.1")
                    .httpPort(0)
                    .accessLog(false)
                    .shutdownGrace(Duration.ZERO)
                    .bufferDirectory(buffers)
                    .build()
                    .start();
            other.services().deploy(alone(target));
            for (int i = 0; i < 10; i++) {
                for (Framing framing : Framing.values()) {
                    Uploader upload = Uploader.begin(framing, other.port(), "POST", "/", MIB);
                    uploads.add(upload.send(random(50_000 + i)));
                }
            }
            await("the uploads in files", () -> spills().count() == uploads.size());
            other.stop();
            assertThat(spills().count()).isZero();
            assertThat(buffers).isEmptyDirectory();
            assertThat(target.heads()).isEmpty();
        } finally {
            for (Uploader upload : uploads) {
                upload.close();
            }
        }
    }

    @Test
    void aProxyThatStopsGivesUploadsUnderWayItsGrace() throws Exception {
        Path buffers = temporary.resolve("buffers-of-another");
        byte[] body = random(200_000);
        try (KeepingTarget target = new KeepingTarget()) {
            ProxyServer other = ProxyServer.builder()
                    .bindAddress("127.0.0.1")
                    .httpPort(0)
                    .accessLog(false)
                    .shutdownGrace(LONG)
                    .bufferDirectory(buffers)
                    .build()
                    .start();
            other.services().deploy(alone(target));
            try (Uploader upload = Uploader.begin(Framing.CHUNKED, other.port(), "POST", "/", -1)) {
                int port = other.port();
                upload.send(body, 0, 100_000);
                await("the upload in a file", () -> spills().count() == 1);
                Thread stop = new Thread(other::stop);
                stop.start();
                await("the end of listening", () -> refuses(port));
                assertThat(upload.send(body, 100_000, body.length)
                                .end()
                                .answer()
                                .status())
                        .isEqualTo(200);
                stop.join();
            }
            assertIdentical(target.taken().body(), body);
        }
        assertThat(buffers).isEmptyDirectory();
    }

    private static boolean refuses(int port) {
        try {
            new RawClient(port).close();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aDirectoryThatCannotBeIsNamedWhenTheProxyStarts() throws Exception {
        Path file = Files.write(temporary.resolve("file"), new byte[0]);
        for (Path unusable : List.of(
                file, file.resolve("below"), temporary.resolve("missing").resolve("below"))) {
            ProxyServer other = ProxyServer.builder()
                    .bindAddress("127.0.0.1")
                    .httpPort(0)
                    .bufferDirectory(unusable)
                    .build();
            assertThatThrownBy(other::start)
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessageContaining(unusable.toString());
        }
    }

    @Test
    void hundredsOfUploadsAtOnceArriveInLittleMemory() throws Exception {
        assertArriveInLittleMemory(300);
    }

    @Tag("proof")
    @Test
    void thousandsOfUploadsAtOnceArriveInLittleMemory() throws Exception {
        assertArriveInLittleMemory(3000);
    }

    private void assertArriveInLittleMemory(int count) throws Exception {
        int length = 32 * KIB;
        AtomicInteger identical = new AtomicInteger();
        try (ProxyServer other = ProxyServer.builder()
                        .bindAddress("127.0.0.1")
                        .httpPort(0)
                        .accessLog(false)
                        .bufferMemory(MIB)
                        .bufferDirectory(directory())
                        .build()
                        .start();
                RawTarget target = new ScriptedTarget(call -> {
                    byte[] got = Upload.read(call).body();
                    if (Arrays.equals(got, numbered(call.path(), length))) {
                        identical.incrementAndGet();
                    }
                    call.send(RawTarget.OK);
                    return true;
                })) {
            other.services()
                    .deploy(Deployment.builder("app")
                            .target(target.address())
                            .options(options(requests(Buffering.FULL)))
                            .build());
            List<Uploader> uploads = new ArrayList<>();
            ExecutorService clients = Executors.newFixedThreadPool(8);
            try {
                for (int i = 0; i < count; i++) {
                    Framing framing = i % 2 == 0 ? Framing.LENGTH : Framing.CHUNKED;
                    Uploader upload = Uploader.begin(framing, other.port(), "POST", "/" + i, length);
                    uploads.add(upload.send(numbered("/" + i, length), 0, length / 2));
                }
                // Memory is for 64 of the halves.
                await("most of the uploads in files", () -> spills().count() > count / 2);
                assertThat(target.heads()).isEmpty();
                List<Future<Integer>> statuses = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    Uploader upload = uploads.get(i);
                    byte[] body = numbered("/" + i, length);
                    statuses.add(clients.submit(() ->
                            upload.send(body, length / 2, length).end().answer().status()));
                }
                for (Future<Integer> status : statuses) {
                    assertThat(status.get(30, TimeUnit.SECONDS)).isEqualTo(200);
                }
                await("the end of the files", () -> spills().count() == 0);
            } finally {
                clients.shutdownNow();
                for (Uploader upload : uploads) {
                    upload.close();
                }
            }
        }
        assertThat(identical).hasValue(count);
    }

    private static byte[] numbered(String path, int length) {
        long from = Long.parseLong(path.substring(1)) << Integer.SIZE;
        return Pattern.bytes(from, from + length);
    }
}
