package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Uploads whose target dies before it has answered: which are sent again, and whether they arrive whole. Targets count. */
class RepeatedUploadTest extends BodyTest {
    private static final int KEPT = 64 * KIB;
    /** A small body that has come along with its head is there without being kept. */
    private static final String[] APART = {"Expect", "100-continue"};

    /** Reads the whole request and dies. */
    private static final Script DIES_AFTER_THE_UPLOAD = call -> {
        Upload.read(call);
        call.reset();
        return false;
    };

    private final List<ScriptedTarget> targets = new ArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final BlockingQueue<Upload> uploads = new LinkedBlockingQueue<>();

    /** Reads the head and so much of the body, and dies. */
    private static Script diesAfter(int bytes) {
        return call -> {
            call.in().readNBytes(bytes);
            call.reset();
            return false;
        };
    }

    /**
     * Deploys targets of which the first to get a request treats it as the first script says, the second as the second, and
     * so on; what comes after that is answered.
     */
    private void deployTargets(int count, ServiceOptions options, Script... fates) {
        for (int i = 0; i < count; i++) {
            targets.add(new ScriptedTarget(call -> {
                int number = requests.getAndIncrement();
                return number < fates.length ? fates[number].answer(call) : keep(call);
            }));
        }
        deploy(options, targets.toArray(ScriptedTarget[]::new));
    }

    private boolean keep(RawTarget.Call call) throws Exception {
        uploads.add(Upload.read(call));
        call.send(RawTarget.OK);
        return true;
    }

    private static ServiceOptions options(Buffering buffering, RetryOptions.Builder retries) {
        return ServiceOptions.builder()
                .healthCheck(
                        HealthCheck.builder().interval(Duration.ofMinutes(1)).build())
                .bodies(requests(buffering).bufferMemory(KEPT).build())
                .retries(retries.build())
                .build();
    }

    private static ServiceOptions options(Buffering buffering) {
        return options(buffering, RetryOptions.builder());
    }

    private Upload taken() throws InterruptedException {
        Upload upload = uploads.poll(10, TimeUnit.SECONDS);
        assertThat(upload).as("whole request").isNotNull();
        return upload;
    }

    private void assertSent(Framing framing, String method, byte[] body, String... fields) throws Exception {
        try (Uploader upload = upload(framing, method, body.length, fields)) {
            assertThat(upload.sendAll(body).answer().status()).isEqualTo(200);
        }
        assertIdentical(taken().body(), body);
    }

    private void assertBadGateway(Framing framing, String method, byte[] body, String... fields) throws Exception {
        try (Uploader upload = upload(framing, method, body.length, fields)) {
            assertThat(upload.sendAll(body).answer().status()).isEqualTo(502);
        }
        assertThat(uploads).isEmpty();
    }

    static Stream<Arguments> repeatable() {
        return Stream.of(Framing.values())
                .flatMap(framing -> Stream.of(
                        Arguments.of(Buffering.FULL, framing, 1),
                        Arguments.of(Buffering.FULL, framing, KEPT),
                        Arguments.of(Buffering.FULL, framing, 3 * MIB),
                        Arguments.of(Buffering.AUTOMATIC, framing, KEPT),
                        Arguments.of(Buffering.OFF, framing, 1),
                        Arguments.of(Buffering.OFF, framing, KEPT)));
    }

    @ParameterizedTest
    @MethodSource("repeatable")
    void aBodyThatIsBufferedOrKeptIsSentAgain(Buffering buffering, Framing framing, int length) throws Exception {
        deployTargets(2, options(buffering), DIES_AFTER_THE_UPLOAD);
        assertSent(framing, "PUT", random(length));
        assertThat(requests).hasValue(2);
        assertThat(targets).allSatisfy(target -> assertThat(target.heads()).hasSize(1));
        RequestSummary summary = awaitEnded();
        assertThat(summary.retries()).isEqualTo(1);
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.requestBytes()).isEqualTo(length);
    }

    @ParameterizedTest
    @EnumSource
    void aStreamIsNotSentAgainWhenItWasLongerThanWhatIsKept(Framing framing) throws Exception {
        deployTargets(2, options(Buffering.OFF), DIES_AFTER_THE_UPLOAD);
        assertBadGateway(framing, "PUT", random(KEPT + 1));
        assertThat(requests).hasValue(1);
        assertThat(awaitEnded().retries()).isZero();
    }

    @Test
    void howMuchIsKeptIsTheServicesToSay() throws Exception {
        ServiceOptions options = options(Buffering.OFF, RetryOptions.builder().keptBodyBytes(1000));
        deployTargets(2, options, DIES_AFTER_THE_UPLOAD, call -> keep(call), DIES_AFTER_THE_UPLOAD);
        assertSent(Framing.LENGTH, "PUT", random(1000), APART);
        assertThat(requests).hasValue(2);
        assertBadGateway(Framing.LENGTH, "PUT", random(1001), APART);
        assertThat(requests).hasValue(3);
    }

    @Test
    void nothingIsKeptIfTheServiceSaysSo() throws Exception {
        ServiceOptions options = options(Buffering.OFF, RetryOptions.builder().keptBodyBytes(0));
        deployTargets(2, options, DIES_AFTER_THE_UPLOAD, DIES_AFTER_THE_UPLOAD);
        assertBadGateway(Framing.LENGTH, "PUT", random(1), APART);
        assertBadGateway(Framing.CHUNKED, "PUT", random(1), APART);
        assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void aStreamIsSentAgainAsLongAsAllOfItThatHasPassedIsKept(Framing framing) throws Exception {
        deployTargets(2, options(Buffering.OFF), diesAfter(10_000));
        byte[] body = random(300_000);
        try (Uploader upload = upload(framing, "PUT", body.length)) {
            upload.send(body, 0, 20_000);
            await("the repetition", () -> requests.get() == 2);
            assertThat(upload.send(body, 20_000, body.length).end().answer().status())
                    .isEqualTo(200);
        }
        assertIdentical(taken().body(), body);
        assertThat(awaitEnded().retries()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aStreamIsNotSentAThirdTimeIfTheSecondTargetGotMoreThanIsKept(Framing framing) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        deployTargets(3, options(Buffering.OFF), diesAfter(10_000), call -> {
            call.in().readNBytes(200_000);
            over.await();
            call.reset();
            return false;
        });
        byte[] body = random(200_000);
        try (Uploader upload = upload(framing, "PUT", body.length)) {
            upload.send(body, 0, 20_000);
            await("the repetition", () -> requests.get() == 2);
            upload.send(body, 20_000, body.length).end();
            over.countDown();
            assertThat(upload.answer().status()).isEqualTo(502);
        }
        assertThat(requests).hasValue(2);
        assertThat(awaitEnded().retries()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"PUT, 2", "DELETE, 2", "OPTIONS, 2", "GET, 2", "POST, 1", "PATCH, 1", "PURGE, 1"})
    void whatIsNotIdempotentIsNotSentAgainOnceAByteOfItWasSent(String method, int times) throws Exception {
        for (Buffering buffering : new Buffering[] {Buffering.FULL, Buffering.OFF}) {
            requests.set(0);
            targets.clear();
            deployTargets(2, options(buffering), DIES_AFTER_THE_UPLOAD);
            try (Uploader upload = upload(Framing.LENGTH, method, 100)) {
                assertThat(upload.sendAll(random(100)).answer().status()).isEqualTo(times == 2 ? 200 : 502);
            }
            assertThat(requests).hasValue(times);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPostIsNotSentAgainThoughItsTargetReadNothingOfIt(Buffering buffering) throws Exception {
        deployTargets(2, options(buffering), diesAfter(0));
        assertBadGateway(Framing.LENGTH, "POST", random(100));
        assertThat(requests).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void aPostIsSentAgainIfTheServiceSaysSo(Framing framing) throws Exception {
        ServiceOptions options = options(Buffering.FULL, RetryOptions.builder().nonIdempotent(true));
        deployTargets(2, options, DIES_AFTER_THE_UPLOAD);
        assertSent(framing, "POST", random(300_000));
        assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void aPostGoesToAnotherTargetIfOneRefusesTheConnection(Buffering buffering) throws Exception {
        deployTargets(2, options(buffering));
        targets.get(0).refuse();
        int retries = 0;
        for (Framing framing : Framing.values()) {
            assertSent(framing, "POST", random(300_000));
            retries += awaitEnded().retries();
        }
        assertThat(requests).hasValue(4);
        assertThat(retries).as("how often the other came first").isPositive();
    }

    @Test
    void aRequestThatNoTargetAcceptsIsABadGateway() throws Exception {
        deployTargets(3, options(Buffering.FULL));
        for (ScriptedTarget target : targets) {
            target.refuse();
        }
        for (Framing framing : Framing.values()) {
            assertBadGateway(framing, "PUT", random(300_000));
            assertThat(awaitEnded().status()).isEqualTo(502);
            await("the end of the file", () -> spills().count() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsSentAgainWithoutRetries(Buffering buffering) throws Exception {
        ServiceOptions options = options(buffering, RetryOptions.builder().maxRetries(0));
        deployTargets(2, options, DIES_AFTER_THE_UPLOAD);
        assertBadGateway(Framing.LENGTH, "PUT", random(100));
        assertThat(requests).hasValue(1);
        assertThat(awaitEnded().retries()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "3, 1, 2", "3, 2, 3", "2, 5, 6"})
    void aRequestIsSentAgainAsOftenAsTheServiceSays(int count, int retries, int times) throws Exception {
        ServiceOptions options = options(Buffering.FULL, RetryOptions.builder().maxRetries(retries));
        deployTargets(
                count,
                options,
                Stream.generate(() -> DIES_AFTER_THE_UPLOAD).limit(20).toArray(Script[]::new));
        assertBadGateway(Framing.LENGTH, "PUT", random(100));
        assertThat(requests).hasValue(times);
        assertThat(awaitEnded().retries()).isEqualTo(retries);
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 3", "4, 5"})
    void aRequestIsSentAgainAsOftenAsThereAreTargetsButTwiceAtLeast(int count, int times) throws Exception {
        deployTargets(
                count,
                options(Buffering.FULL),
                Stream.generate(() -> DIES_AFTER_THE_UPLOAD).limit(20).toArray(Script[]::new));
        assertBadGateway(Framing.LENGTH, "PUT", random(100));
        assertThat(requests).hasValue(times);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatIsAloneIsTriedAgain(Framing framing) throws Exception {
        deployTargets(1, options(Buffering.FULL), DIES_AFTER_THE_UPLOAD);
        assertSent(framing, "PUT", random(300_000));
        assertThat(requests).hasValue(2);
    }

    @Test
    void aRequestWhoseBudgetIsUsedUpIsABadGateway() throws Exception {
        ServiceOptions options = options(Buffering.FULL, RetryOptions.builder().budget(0, 0));
        deployTargets(2, options, DIES_AFTER_THE_UPLOAD);
        assertBadGateway(Framing.LENGTH, "PUT", random(100));
        assertThat(requests).hasValue(1);
    }

    @Test
    void aTargetThatRefusesTheConnectionCostsNothingOfTheBudget() throws Exception {
        ServiceOptions options = options(Buffering.FULL, RetryOptions.builder().budget(0, 0));
        deployTargets(2, options);
        targets.get(0).refuse();
        for (int i = 0; i < 4; i++) {
            assertSent(Framing.LENGTH, "POST", random(100));
        }
    }

    @ParameterizedTest
    @CsvSource({"FULL, LENGTH", "FULL, HTTP2", "OFF, LENGTH", "OFF, CHUNKED"})
    void aRequestWhoseTargetDiesAfterADeploymentGoesToTheNewTarget(Buffering buffering, Framing framing)
            throws Exception {
        CountDownLatch deployed = new CountDownLatch(1);
        deployTargets(1, options(buffering), call -> {
            Upload.read(call);
            deployed.await();
            call.reset();
            return false;
        });
        byte[] body = random(KEPT);
        try (Uploader upload = upload(framing, "PUT", body.length)) {
            upload.sendAll(body);
            targets.get(0).awaitRequest();
            KeepingTarget next = new KeepingTarget();
            var deployment = proxy.services().deployAsync(deployment(LONG, options(buffering), next));
            await("the swap", () -> proxy.services().list().get(0).generation() == 2);
            deployed.countDown();
            assertThat(upload.answer().status()).isEqualTo(200);
            assertIdentical(next.taken().body(), body);
            DeployResult result = deployment.toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertThat(result.requestsCut()).isZero();
        }
        assertThat(requests).hasValue(1);
        assertThat(awaitEnded().retries()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aThirdTargetGetsWhatTheSecondDiedInTheMiddleOf(Framing framing) throws Exception {
        deployTargets(3, options(Buffering.FULL), DIES_AFTER_THE_UPLOAD, diesAfter(1_000_000));
        assertSent(framing, "PUT", random(3 * MIB));
        assertThat(targets).allSatisfy(target -> assertThat(target.heads()).hasSize(1));
        assertThat(awaitEnded().retries()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 299_999, 300_000})
    void whereverTheFirstTargetDiesTheSecondGetsAll(int bytes) throws Exception {
        deployTargets(2, options(Buffering.FULL), diesAfter(bytes));
        assertSent(Framing.LENGTH, "PUT", random(300_000));
        assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @CsvSource({"FULL, CHUNKED", "FULL, HTTP2", "OFF, CHUNKED", "OFF, HTTP2"})
    void trailersAreSentAgainToo(Buffering buffering, Framing framing) throws Exception {
        deployTargets(2, options(buffering), DIES_AFTER_THE_UPLOAD);
        byte[] body = random(10_000);
        try (Uploader upload = upload(framing, "PUT", -1)) {
            assertThat(upload.send(body).end("x-sum", "42").answer().status()).isEqualTo(200);
        }
        Upload got = taken();
        assertIdentical(got.body(), body);
        assertThat(got.trailers()).containsExactly("x-sum: 42");
        assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void aClientIsAskedForItsBodyOnceHoweverOftenItIsSent(Buffering buffering) throws Exception {
        deployTargets(2, options(buffering), DIES_AFTER_THE_UPLOAD);
        try (RawClient client = client()) {
            client.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            assertThat(client.send("abc").readResponse()).startsWith("HTTP/1.1 200 ");
            assertThat(client.send(GET).readResponse()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(taken().body()).asString().isEqualTo("abc");
        assertThat(requests).hasValue(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 103 Early Hints\r\n\r\n"})
    void aRequestIsSentAgainAsLongAsNoResponseHasBegun(String begin) throws Exception {
        deployTargets(2, options(Buffering.FULL), call -> {
            Upload.read(call);
            call.send(begin);
            return false;
        });
        assertSent(Framing.LENGTH, "PUT", random(300_000));
        assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void aRequestIsNotSentAgainWhenItsResponseHasBegun(Buffering buffering) throws Exception {
        deployTargets(2, options(buffering), call -> {
            Upload.read(call);
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            return false;
        });
        assertBadGateway(Framing.LENGTH, "PUT", random(100)); // Nothing has been sent of a buffered response.
        assertThat(requests).hasValue(1);
    }
}
