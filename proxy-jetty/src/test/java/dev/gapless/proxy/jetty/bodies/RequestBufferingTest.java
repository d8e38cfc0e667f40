package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Requests that are buffered: what their targets see of them and when, and what they do not see. */
class RequestBufferingTest extends BodyTest {
    @ParameterizedTest
    @EnumSource
    void aTargetSeesNothingOfAnUploadBeforeItsLastByte(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        byte[] body = random(200_001);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 200_000);
            await("the upload in a file", () -> spills().count() == 1);
            assertThat(requestsInFlight()).isZero();
            assertThat(target.accepted()).isEqualTo(probes);
            upload.send(body, 200_000, 200_001).end();
            assertThat(upload.answer().status()).isEqualTo(200);
        }
        assertSent(target.taken(), body);
        assertThat(target.heads()).hasSize(1);
        RequestSummary summary = awaitEnded();
        assertThat(summary.requestBytes()).isEqualTo(body.length);
        assertThat(summary.retries()).isZero();
        assertThat(summary.failure()).isNull();
    }

    /** Checks that it came with its exact length. */
    private static void assertSent(Upload upload, byte[] body) {
        assertThat(upload.field("Content-Length")).isEqualTo(String.valueOf(body.length));
        assertThat(upload.field("Transfer-Encoding")).isNull();
        assertThat(upload.trailers()).isEmpty();
        assertIdentical(upload.body(), body);
    }

    /** They go to the file many at a time, but not later than the client pauses. */
    @Test
    void anUploadThatComesInTinyChunksIsInTheFileWhenItsClientPauses() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(50_000);
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.send(chunksOfAByte(body, 0, 49_990));
            await("the chunks in a file", () -> spills().bytes() == 49_990);
            client.send(chunksOfAByte(body, 49_990, 50_000)).send("0\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }
        assertIdentical(target.taken().body(), body);
    }

    private static byte[] chunksOfAByte(byte[] body, int from, int to) {
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        for (int i = from; i < to; i++) {
            chunks.writeBytes(new byte[] {'1', '\r', '\n', body[i], '\r', '\n'});
        }
        return chunks.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "FULL, LENGTH",
        "FULL, CHUNKED",
        "FULL, HTTP2_LENGTH",
        "FULL, HTTP2",
        "AUTOMATIC, LENGTH",
        "AUTOMATIC, HTTP2_LENGTH"
    })
    void aDeploymentDoesNotWaitForAnUploadUnderWayWhichGoesToTheNewTarget(Buffering buffering, Framing framing)
            throws Exception {
        BodyOptions.Builder bodies = requests(buffering).bufferMemory(200_000);
        KeepingTarget replaced = deploy(bodies, new KeepingTarget());
        byte[] body = random(200_000);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 199_999);
            KeepingTarget next = new KeepingTarget();
            DeployResult result = proxy.services().deploy(deployment(LONG, options(bodies), next));
            assertThat(result.requestsCut()).isZero();
            upload.send(body, 199_999, 200_000).end();
            assertThat(upload.answer().status()).isEqualTo(200);
            assertSent(next.taken(), body);
        }
        assertThat(replaced.heads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatIsPausedDuringAnUploadHoldsItWhenItIsWhole(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(300_000);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 299_999);
            await("the upload in a file", () -> spills().count() == 1);
            assertThat(proxy.services().pause("app", LONG, LONG).requestsCut()).isZero();
            upload.send(body, 299_999, 300_000).end();
            await("the request to be held", () -> held() == 1);
            proxy.services().resume("app");
            assertThat(upload.answer().status()).isEqualTo(200);
        }
        assertSent(target.taken(), body);
        assertThat(awaitEnded().held()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatIsStoppedDuringAnUploadRefusesIt(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(300_000);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 299_999);
            await("the upload in a file", () -> spills().count() == 1);
            assertThat(proxy.services().stop("app", LONG, "closed").requestsCut())
                    .isZero();
            upload.send(body, 299_999, 300_000).end();
            Uploader.Answer answer = upload.answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.retryAfter()).isNotNull();
            assertThat(answer.body()).contains("closed");
        }
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatIsRemovedDuringAnUploadIsNotFoundAtItsEnd(Framing framing) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(300_000);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.send(body, 0, 299_999);
            await("the upload in a file", () -> spills().count() == 1);
            proxy.services().remove("app", LONG);
            upload.send(body, 299_999, 300_000).end();
            assertThat(upload.answer().status()).isEqualTo(404);
        }
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "AUTOMATIC, 1, 65536, 0",
        "AUTOMATIC, 65536, 65536, 0",
        "AUTOMATIC, 65537, 65536, 1",
        "AUTOMATIC, -1, 65536, 1",
        "AUTOMATIC, 1, 0, 1",
        "FULL, 1, 65536, 0",
        "FULL, 65536, 65536, 0",
        "FULL, 65537, 65536, 0",
        "FULL, -1, 65536, 0",
        "FULL, 1, 0, 0",
        "OFF, 1, 65536, 1",
        "OFF, 65537, 65536, 1",
        "OFF, -1, 65536, 1"
    })
    void theModeAndTheDeclaredLengthSayWhetherATargetIsChosenBeforeTheBodyComes(
            Buffering buffering, int length, int memory, int leases) throws Exception {
        KeepingTarget target = deploy(requests(buffering).bufferMemory(memory), new KeepingTarget());
        byte[] body = random(Math.abs(length));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    + (length < 0 ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: " + length + "\r\n\r\n"));
            // It is asked for its body only once all that comes before is decided.
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            assertThat(requestsInFlight()).isEqualTo(leases);
            client.send(length < 0 ? "1\r\n" : "").send(body).send(length < 0 ? "\r\n0\r\n\r\n" : "");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
        }
        Upload upload = target.taken();
        assertIdentical(upload.body(), body);
        boolean chunked = length < 0 && leases == 1;
        assertThat(upload.field("Content-Length")).isEqualTo(chunked ? null : String.valueOf(body.length));
        assertThat(upload.field("Transfer-Encoding")).isEqualTo(chunked ? "chunked" : null);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTOMATIC", "OFF"})
    void whatIsNotBufferedReachesItsTargetAsItComesOverHttp2Too(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(requests(buffering).bufferMemory(200_000), new KeepingTarget());
        byte[] body = random(200_001);
        for (Framing framing : new Framing[] {Framing.HTTP2_LENGTH, Framing.HTTP2}) {
            try (Uploader upload = upload(framing, "POST", body.length)) {
                upload.send(body, 0, 200_000);
                target.awaitRequest();
                upload.send(body, 200_000, 200_001).end();
                assertThat(upload.answer().status()).isEqualTo(200);
                assertIdentical(target.taken().body(), body);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyInAFileArrivesByteForByte(Framing framing) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(3 * MIB);
        try (Uploader upload = upload(framing, "PUT", body.length)) {
            assertThat(upload.sendAll(body).answer().status()).isEqualTo(200);
            assertSent(target.taken(), body);
            assertThat(upload.next()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 513, 65_535, 65_536, 65_537, 131_073})
    void aBodyAtTheBoundsOfTheMemoryArrivesByteForByte(int length) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(length);
        for (Framing framing : Framing.values()) {
            try (Uploader upload = upload(framing, "POST", length)) {
                assertThat(upload.sendAll(body).answer().status()).isEqualTo(200);
                assertSent(target.taken(), body);
            }
        }
    }

    @Test
    void aBodyThatBeginsByteByByteArrives() throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(2 * MIB);
        for (Framing framing : new Framing[] {Framing.LENGTH, Framing.CHUNKED}) {
            try (Uploader upload = upload(framing, "PUT", body.length)) {
                for (int i = 0; i < 2000; i++) {
                    upload.send(body, i, i + 1);
                }
                assertThat(upload.send(body, 2000, body.length).end().answer().status())
                        .isEqualTo(200);
                assertSent(target.taken(), body);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 64 * KIB})
    void manyUploadsFollowEachOtherOverOneConnection(int memory) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(memory), new KeepingTarget());
        try (RawClient client = client()) {
            for (int i = 0; i < 100; i++) {
                byte[] body = random(1400 * i);
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .send(body);
                assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
                assertSent(target.taken(), body);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64 * KIB, 4 * MIB})
    void uploadsThatShareAnHttp2ConnectionDoNotMix(int memory) throws Exception {
        int streams = 8;
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(memory), new KeepingTarget());
        try (Http2Client client = Http2Client.to(proxy.port())) {
            Http2Client.Sent[] sent = new Http2Client.Sent[streams];
            for (int i = 0; i < streams; i++) {
                sent[i] = client.begin("PUT", "/" + i, false);
            }
            for (int from = 0; from < 500_000; from += 50_000) {
                for (int i = 0; i < streams; i++) {
                    byte[] part = Arrays.copyOfRange(random(500_000 + i), from, from + 50_000);
                    sent[i].data(part, from == 450_000);
                }
            }
            for (int i = 0; i < streams; i++) {
                assertThat(sent[i].response().status()).isEqualTo(200);
                Upload upload = target.taken();
                int number = upload.head().charAt("PUT /".length()) - '0';
                assertSent(upload, Arrays.copyOf(random(500_000 + number), 500_000));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"POST, 0", "PUT, 0", "GET, ", "DELETE, "})
    void anEmptyBodyOfUnknownLengthHasTheLengthZeroWhereABodyIsUsual(String method, String length) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL), new KeepingTarget());
        for (Framing framing : new Framing[] {Framing.CHUNKED, Framing.HTTP2}) {
            try (Uploader upload = upload(framing, method, 0)) {
                assertThat(upload.end().answer().status()).isEqualTo(200);
            }
            Upload got = target.taken();
            assertThat(got.body()).isEmpty();
            assertThat(got.field("Transfer-Encoding")).isNull();
            assertThat(got.field("Content-Length")).isEqualTo(length);
        }
    }

    @ParameterizedTest
    @CsvSource({"CHUNKED, 5", "CHUNKED, 300000", "CHUNKED, 0", "HTTP2, 5", "HTTP2, 300000", "HTTP2, 0"})
    void aBodyThatEndsWithTrailersGoesOnInChunksWithThem(Framing framing, int length) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(64 * KIB), new KeepingTarget());
        byte[] body = random(length);
        try (Uploader upload = upload(framing, "POST", length)) {
            if (length > 0) {
                upload.send(body);
            }
            assertThat(upload.end("x-sum", "42").answer().status()).isEqualTo(200);
        }
        Upload got = target.taken();
        assertIdentical(got.body(), body);
        assertThat(got.trailers()).containsExactly("x-sum: 42");
        assertThat(got.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(got.field("Content-Length")).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void trailersAreABodyOfTheirOwn(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(requests(buffering), new KeepingTarget());
        try (Http2Client client = Http2Client.to(proxy.port())) {
            for (int i = 0; i < 50; i++) { // Often enough for them to be there before the head is looked at.
                Http2Client.Sent sent = client.begin("POST", "/x", false)
                        .trailers(HttpFields.build().add("x-sum", "42"));
                assertThat(sent.response().status()).isEqualTo(200);
                assertThat(target.taken().trailers()).containsExactly("x-sum: 42");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/grpc", "application/grpc+proto", "Application/GRPC; x=y"})
    void grpcIsNotBuffered(String type) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        byte[] body = random(1000);
        try (Uploader upload = upload(Framing.HTTP2, "POST", -1, "content-type", type, "te", "trailers")) {
            upload.send(body, 0, 999);
            target.awaitRequest();
            upload.send(body, 999, 1000).end();
            assertThat(upload.answer().status()).isEqualTo(200);
        }
        Upload got = target.taken();
        assertIdentical(got.body(), body);
        assertThat(got.field("Transfer-Encoding")).isEqualTo("chunked");
    }

    @ParameterizedTest
    @CsvSource({
        "'Connection: Upgrade\r\nUpgrade: made-up/1\r\n', 1",
        "'Connection: keep-alive, upgrade\r\nupgrade: made-up/1\r\n', 1",
        "'Connection: Upgrade\r\n', 0"
    })
    void anUpgradeIsNotBufferedIfConnectionNamesIt(String fields, int leases) throws Exception {
        deploy(spilling(), new KeepingTarget());
        try (RawClient client = client()) {
            client.send(
                    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n" + fields + "\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            assertThat(requestsInFlight()).isEqualTo(leases);
            assertThat(client.send("abc").readResponse()).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 65536", "600, 65536", "100000, 65536", "100000, 1000000", "1, 0"})
    void whatFollowsABufferedUploadIsNotHarmed(int length, int memory) throws Exception {
        KeepingTarget target = deploy(requests(Buffering.FULL).bufferMemory(memory), new KeepingTarget());
        String body = new String(random(length), StandardCharsets.ISO_8859_1);
        String byLength = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + body;
        String inChunks = "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(length) + "\r\n" + body + "\r\n0\r\n\r\n";
        try (RawClient client = client()) {
            Thread sender = new Thread(() -> client.sendWhatIsTaken((byLength + inChunks + GET).repeat(3)));
            sender.start();
            for (int i = 0; i < 9; i++) {
                assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
                Upload upload = target.taken();
                assertIdentical(upload.body(), i % 3 == 2 ? new byte[0] : body.getBytes(StandardCharsets.ISO_8859_1));
                assertThat(upload.head()).startsWith(i % 3 == 2 ? "GET /x " : "POST /" + (i % 3 + 1));
            }
            sender.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "DELETE"})
    void aBodyOfAnyMethodIsBuffered(String method) throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        int probes = target.accepted();
        try (RawClient client = client()) {
            client.send(method + " /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
            await("the body in a file", () -> spills().count() == 1);
            assertThat(target.accepted()).isEqualTo(probes);
            client.send("o");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(target.taken().body()).isEqualTo("hello".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void anExpectedBodyThatComesUnaskedIsBufferedAllTheSame() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + GET);
            String head = client.readHead();
            if (head.startsWith("HTTP/1.1 100 ")) {
                head = client.readHead();
            }
            assertThat(head).startsWith("HTTP/1.1 200 ");
            assertThat(client.in().readNBytes(2)).asString().isEqualTo("ok");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
        }
        Upload upload = target.taken();
        assertThat(upload.field("Expect")).isNull();
        assertThat(upload.body()).asString().isEqualTo("abc");
    }

    @Test
    void whatComesBeyondTheDeclaredLengthIsTheNextRequest() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcdef\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 400 ");
        }
        assertThat(target.taken().body()).asString().isEqualTo("abc");
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aClientGetsRidOfItsUploadThoughItsTargetTakesNothing(Framing framing) throws Exception {
        CountDownLatch listen = new CountDownLatch(1);
        ScriptedTarget target = deploy(requests(Buffering.FULL), new ScriptedTarget(call -> {
            listen.await();
            Upload.read(call);
            call.send(RawTarget.OK);
            return true;
        }));
        // More than the systems of all three take in, two of which read at times; HTTP/2 has windows that are smaller.
        byte[] body = random(framing.isHttp2() ? LARGE : 20 * MIB);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.sendAll(body); // Returns only when all is taken, or is on its way in the system's buffers.
            target.awaitRequest();
            listen.countDown();
            assertThat(upload.answer().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatAnswersUnreadDoesNotCostTheClientItsConnection(Framing framing) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        deploy(requests(Buffering.FULL), new ScriptedTarget(call -> {
            if (call.path().equals("/next")) {
                call.send(RawTarget.OK);
                return true;
            }
            call.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            over.await();
            return false;
        }));
        try (Uploader upload = upload(framing, "POST", LARGE)) {
            Uploader.Answer answer = upload.sendAll(random(LARGE)).answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).isEqualTo("big");
            assertThat(upload.next()).isEqualTo(200);
        } finally {
            over.countDown();
        }
    }
}
