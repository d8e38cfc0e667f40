package dev.gapless.proxy.jetty;

import dev.gapless.proxy.RequestSummary;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** The bodies of requests that are held: small ones are read meanwhile, others are not. */
class HeldBodyTest extends HoldScaffold {

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private interface Sending {
        void run() throws Exception;
    }

    private static Thread inBackground(Sending sending) {
        Thread thread = new Thread(() -> {
            try {
                sending.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        thread.start();
        return thread;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 8_000, 65_536, 65_537, 1_000_000})
    void aBodyArrivesAsItWasSent(int length) throws Exception {
        RawTarget target = servePaused();
        byte[] body = randomBytes(length);
        RawClient client = client();
        Thread sending = inBackground(() -> {
            client.send(RawClient.head("POST", "/", "Content-Length: " + length))
                    .send(body);
        });
        awaitHeld(1);

        resume();

        assertThat(client.read().status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.field("Content-Length")).isEqualTo(String.valueOf(length));
        assertThat(request.body()).isEqualTo(body);
        assertThat(log.next().requestBytes()).isEqualTo(length);
        assertThat(client.get("/next").status()).isEqualTo(200);
        sending.join();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 8_000, 65_536, 65_537, 1_000_000})
    void aBodyArrivesAsItWasSentOverHttp2(int length) throws Exception {
        RawTarget target = servePaused();
        byte[] body = randomBytes(length);
        Http2Client.Sent sent = http2().begin("POST", "/", false, "content-length", String.valueOf(length));
        Thread sending = inBackground(() -> {
            sent.data(body, true);
        });
        awaitHeld(1);

        resume();

        assertThat(sent.response().status()).isEqualTo(200);
        assertThat(target.taken().body()).isEqualTo(body);
        assertThat(log.next().requestBytes()).isEqualTo(length);
        sending.join();
    }

    @Test
    void aBodyThatIsNotWholeWhenTheServiceIsResumedGoesOn() throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(RawClient.head("PUT", "/", "Content-Length: 10") + "hello");
        Http2Client.Sent sent =
                http2().begin("PUT", "/", false, "content-length", "10").data("hello".getBytes(ISO_8859_1), false);
        awaitHeld(2);

        resume();

        client.send("world");
        assertThat(client.read().status()).isEqualTo(200);
        sent.data("world".getBytes(ISO_8859_1), true);
        assertThat(sent.response().status()).isEqualTo(200);
        assertThat(target.taken().text()).isEqualTo("helloworld");
        assertThat(target.taken().text()).isEqualTo("helloworld");
    }

    @Test
    void aChunkedBodyIsReadOnceItsRequestIsReleased() throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "5\r\nhello\r\n");
        Http2Client.Sent sent = http2().begin("POST", "/", false).data("hello".getBytes(ISO_8859_1), false);
        awaitHeld(2);

        resume();

        client.send("5\r\nworld\r\n0\r\n\r\n");
        sent.data("world".getBytes(ISO_8859_1), true);
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(sent.response().status()).isEqualTo(200);
        assertThat(target.taken().text()).isEqualTo("helloworld");
        assertThat(target.taken().text()).isEqualTo("helloworld");
    }

    @Test
    void aBodyThatWasReadMeanwhileCanBeSentAgain() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        RawTarget target = servePaused(
                RawTarget.answering((request, connection) -> {
                    if (seen.incrementAndGet() == 1) {
                        connection.close();
                    } else {
                        connection.send(RawTarget.OK);
                    }
                }),
                limited(10, 100, 1));
        RawClient client = client().send(RawClient.head("PUT", "/", "Content-Length: 5") + "hello");
        awaitHeld(1);

        resume();

        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(target.taken().text()).isEqualTo("hello");
        assertThat(target.taken().text()).isEqualTo("hello");
        RequestSummary summary = log.next();
        assertThat(summary.retries()).isEqualTo(1);
        assertThat(summary.requestBytes()).isEqualTo(5);
    }

    @Test
    void aRequestThatMustNotBeRepeatedIsNotForItsBody() throws Exception {
        RawTarget target =
                servePaused(RawTarget.answering((request, connection) -> connection.close()), limited(10, 100, 1));
        RawClient client = client().send(post("/", "hello"));
        awaitHeld(1);

        resume();

        assertThat(client.read().status()).isEqualTo(502);
        assertThat(target.taken().text()).isEqualTo("hello");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void bodiesBeyondTheLimitAreRefused() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(10, 10, 1));
        RawClient first = client().send(post("/", "123456"));
        awaitHeld(1);

        RawMessage refused = client().send(post("/", "12345")).read();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.field("Retry-After")).isNotNull();
        assertThat(http2().begin("POST", "/", false, "content-length", "5")
                        .response()
                        .status())
                .isEqualTo(503);
        client().send(post("/", "1234"));
        awaitHeld(2);
        first.close();
        awaitHeld(1);
        client().send(post("/", "123456"));
        awaitHeld(2);
    }

    @Test
    void requestsBeyondTheLimitAreRefused() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(2, 10, 1));
        client().send(RawClient.head("GET", "/"));
        http2().begin("GET", "/", true);
        awaitHeld(2);

        RawClient client = client();
        RawMessage refused = client.get("/");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.field("Retry-After")).isNotNull();
        resume();
        assertThat(client.get("/").status()).isEqualTo(200);
    }

    @Test
    void aBodyCountsWithTheLengthThatItDeclares() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(10, 100, 1));
        http2().begin("POST", "/", false, "content-length", "60");
        awaitHeld(1);
        client().send(RawClient.head("POST", "/", "Content-Length: 40"));
        awaitHeld(2);

        assertThat(client().send(post("/", "1")).read().status()).isEqualTo(503);
        assertThat(client().send(RawClient.head("POST", "/", "Content-Length: 1000000"))
                        .read()
                        .status())
                .isEqualTo(503);
    }

    @Test
    void anExpectationIsAnsweredOnlyOnceTheRequestIsAdmitted() throws Exception {
        RawTarget target = servePaused();
        RawClient refused = client().send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        awaitHeld(1);
        proxy.services().stop("app", "");
        assertThat(refused.readHead().status()).isEqualTo(503);
        pause();
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        awaitHeld(1);

        resume();

        assertThat(client.readHead().status()).isEqualTo(100);
        assertThat(client.send("hello").read().status()).isEqualTo(200);
        assertThat(target.taken().text()).isEqualTo("hello");
    }

    @Test
    void aClientThatBreaksOffItsBodyLeavesTheQueue() throws Exception {
        servePaused();
        Http2Client.Sent sent =
                http2().begin("POST", "/", false, "content-length", "5").data("hel".getBytes(ISO_8859_1), false);
        awaitHeld(1);

        sent.reset();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50_000, 65_535, 65_536, 65_537, 300_000})
    void aBodyWithoutALengthArrivesAsItWasSent(int length) throws Exception {
        RawTarget target = servePaused();
        byte[] body = randomBytes(length);
        RawClient client = client();
        Thread sending = inBackground(() -> {
            client.send(RawClient.head("POST", "/", "Transfer-Encoding: chunked"));
            for (int sent = 0; sent < length; sent += 10_000) {
                byte[] part = Arrays.copyOfRange(body, sent, Math.min(length, sent + 10_000));
                client.send(Integer.toHexString(part.length) + "\r\n")
                        .send(part)
                        .send("\r\n");
            }
            client.send("0\r\n\r\n");
        });
        awaitHeld(1);

        resume();

        assertThat(client.read().status()).isEqualTo(200);
        assertThat(target.taken().body()).isEqualTo(body);
        assertThat(client.get("/next").status()).isEqualTo(200);
        sending.join();
    }

    @Test
    void aClientWhoseBodyHasNoLengthLeavesTheQueueToo() throws Exception {
        servePaused();
        RawClient whole =
                client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n");
        RawClient part = client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "5\r\nhello\r\n");
        awaitHeld(2);

        whole.close();
        awaitHeld(1);
        part.close();
        awaitHeld(0);

        assertThat(log.next().status()).isEqualTo(499);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @Test
    void aClientThatWaitsToBeAskedForItsBodyLeavesTheQueueToo() throws Exception {
        servePaused();
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        awaitHeld(1);

        client.close();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 511, 512, 513, 5_000, 300_000})
    void aClientThatDoesNotWaitToBeAskedLosesNothingOfItsBody(int length) throws Exception {
        RawTarget target = servePaused();
        byte[] body = randomBytes(length);
        RawClient client = client();
        Thread sending = inBackground(() -> {
            client.send(RawClient.head("POST", "/", "Content-Length: " + length, "Expect: 100-continue"))
                    .send(body);
        });
        awaitHeld(1);

        resume();

        RawMessage head = client.readHead();
        // Nobody has to be asked for what is there already (RFC 9110, section 10.1.1).
        assertThat((head.status() == 100 ? client.readHead() : head).status()).isEqualTo(200);
        assertThat(client.readBytes(2)).isEqualTo("ok");
        assertThat(target.taken().body()).isEqualTo(body);
        assertThat(client.get("/next").status()).isEqualTo(200);
        sending.join();
    }

    @Test
    void bodiesThatComeWithTheirHeadsCountThoughTheySayNothingOfTheirLength() throws Exception {
        servePaused(RawTarget.answering(RawTarget.OK), limited(10, 10, 1));
        FrameClient client = closing(FrameClient.to(proxy.port()));

        client.send(FrameClient.joined(
                FrameClient.post(1, "/"),
                FrameClient.frame(FrameClient.DATA, FrameClient.END_STREAM, 1, new byte[11])));

        assertThat(client.readStatusOf(1)).isEqualTo(503);
    }
}
