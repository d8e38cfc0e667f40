package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients whose request is held, and who do not wait for its answer before they send their next ones. */
class HeldPipeliningTest extends HoldScaffold {
    /** How much is kept: what the buffer of Jetty's connection takes back. */
    private static final int LIMIT = 16 * 1024;

    private static final String FIRST = RawClient.head("GET", "/first");

    private Certificates trusting;

    /** What follows the first request: many small ones, and some with a body that tells where it was cut. */
    private static final class Following {
        final List<String> paths = new ArrayList<>();
        final List<String> bodies = new ArrayList<>();
        final StringBuilder bytes = new StringBuilder();

        Following(int atLeast) {
            for (int i = 0; bytes.length() < atLeast; i++) {
                String body = i % 3 == 2 ? counted(i * 97) : "";
                paths.add("/" + i);
                bodies.add(body);
                bytes.append(body.isEmpty() ? RawClient.head("GET", "/" + i) : post("/" + i, body));
            }
        }

        private static String counted(int atLeast) {
            StringBuilder text = new StringBuilder("x");
            for (int i = 0; text.length() < atLeast; i++) {
                text.append(i).append(' ');
            }
            return text.toString();
        }

        void areAnswered(RawClient client, RawTarget target) throws Exception {
            for (int i = 0; i < paths.size(); i++) {
                assertThat(client.read().text()).isEqualTo("ok");
                RawMessage taken = target.taken();
                assertThat(taken.requestTarget()).isEqualTo(paths.get(i));
                assertThat(taken.text()).isEqualTo(bodies.get(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 41, 511, 512, 513, 1023, 1024, 1025, 4096, 5000, LIMIT - 2, LIMIT - 1})
    void whatFollowsAHeldRequestIsKeptToTheByte(int count) throws Exception {
        RawTarget target = servePaused();
        isKeptToTheByte(target, client(), new Following(40_000), count, count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 113, 509, 1500})
    void whatFollowsAHeldRequestInPiecesIsKeptToTheByte(int piece) throws Exception {
        RawTarget target = servePaused();
        Following following = new Following(2_000);
        assertThat(following.bytes).hasSizeLessThan(LIMIT);
        isKeptToTheByte(target, client(), following, following.bytes.length(), piece);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 600, 5000, LIMIT - 1})
    void whatFollowsAHeldRequestOverTlsIsKeptToTheByte(int count) throws Exception {
        RawTarget target = servePausedOverTls();
        isKeptToTheByte(target, tls(), new Following(40_000), count, count);
    }

    /** Sends so many bytes of what follows a request while that is held, in pieces of so many. */
    private void isKeptToTheByte(RawTarget target, RawClient client, Following following, int count, int piece)
            throws Exception {
        client.send(FIRST);
        awaitHeld(1);
        for (int from = 0; from < count; from += piece) {
            client.send(following.bytes.substring(from, Math.min(from + piece, count)));
        }
        allIsAnswered(target, client, "", following, count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 600, 5000, LIMIT - 100})
    void whatFollowsAHeldRequestAtOnceIsKeptToTheByte(int count) throws Exception {
        RawTarget target = servePaused();
        Following following = new Following(40_000);
        RawClient client = client().send(post("/first", "hello") + following.bytes.substring(0, count));
        awaitHeld(1);
        allIsAnswered(target, client, "hello", following, count);
    }

    /** Resumes, and sends what has not been sent yet of what follows the request that is held. */
    private void allIsAnswered(RawTarget target, RawClient client, String held, Following following, int sent)
            throws Exception {
        resume();

        assertThat(client.read().text()).isEqualTo("ok");
        client.send(following.bytes.substring(sent));
        RawMessage first = target.taken();
        assertThat(first.requestTarget()).isEqualTo("/first");
        assertThat(first.text()).isEqualTo(held);
        following.areAnswered(client, target);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 41, 511, 512, 513, 5000, LIMIT - 1})
    void whoLeavesAfterSendingMoreLeavesTheQueue(int count) throws Exception {
        RawTarget target = servePaused();
        RawClient later = client().send(FIRST);
        RawClient half = client().send(FIRST);
        awaitHeld(2);
        String bytes = new Following(count).bytes.substring(0, count);

        later.send(bytes).close();
        awaitHeld(1);
        half.send(bytes).finishSending();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
        assertThat(log.next().status()).isEqualTo(499);
        eventually("nothing is counted as under way", () -> requestsInFlight() == 0);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 41, 511, 512, 513, 5000, LIMIT - 100})
    void whoLeavesAfterSendingMoreAtOnceLeavesTheQueue(int count) throws Exception {
        RawTarget target = servePaused();
        String bytes = new Following(count).bytes.substring(0, count);
        RawClient get = client().send(FIRST + bytes);
        RawClient post = client().send(post("/first", "hello") + bytes);
        awaitHeld(2);

        get.close();
        awaitHeld(1);
        post.close();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
        assertThat(log.next().status()).isEqualTo(499);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 600, 5000, LIMIT - 1})
    void whoLeavesAfterSendingMoreOverTlsLeavesTheQueue(int count) throws Exception {
        servePausedOverTls();
        RawClient client = tls().send(FIRST);
        awaitHeld(1);

        client.send(new Following(count).bytes.substring(0, count)).close();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT, LIMIT + 1, 20_000})
    void whoSendsMoreThanCanBeKeptIsRefused(int count) throws Exception {
        RawTarget target = servePaused();
        RawClient client = client().send(FIRST);
        awaitHeld(1);

        client.send(new Following(count).bytes.substring(0, count));

        isRefused(client);
        awaitHeld(0);
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(503);
        assertThat(summary.held()).isNotNull();
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(log.isEmpty()).isTrue();
    }

    @Test
    void whoSendsMoreThanCanBeKeptAtOnceIsRefused() throws Exception {
        RawTarget target = servePaused();
        String bytes = new Following(20_000).bytes.toString();

        isRefused(client().send(FIRST + bytes));
        isRefused(client().send(post("/first", "hello") + bytes));

        awaitHeld(0);
        assertThat(target.hasTakenNone()).isTrue();
    }

    private static void isRefused(RawClient client) throws Exception {
        RawMessage refused = client.read();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.field("Retry-After")).isNotNull();
        assertThat(refused.field("Connection")).isEqualTo("close");
        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void whoHasSentMoreThanCanBeKeptBeforeItIsHeldIsRefusedThen() throws Exception {
        CountDownLatch hangUp = new CountDownLatch(1);
        AtomicInteger seen = new AtomicInteger();
        RawTarget target = RawTarget.answering((request, connection) -> {
            if (seen.incrementAndGet() == 1) {
                RawTarget.awaitUninterrupted(hangUp);
                connection.close();
            } else {
                connection.send(RawTarget.OK);
            }
        });
        proxy = start(loopback().listener(log));
        serve(target, ServiceOptions.defaults());
        RawClient client = client().send(FIRST + new Following(20_000).bytes);
        target.taken();
        CompletionStage<DrainResult> pause = proxy.services().pauseAsync("app", LONG, LONG);

        hangUp.countDown();

        isRefused(client);
        assertThat(log.next().status()).isEqualTo(503);
        assertThat(pause.toCompletableFuture().get().requestsCut()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5_000, LIMIT - 1, LIMIT, 20_000, 40_000})
    void whoDoesNotWaitToBeAskedForItsBodyLeavesTheQueueToo(int count) throws Exception {
        servePaused();
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 50000", "Expect: 100-continue"));
        awaitHeld(1);

        client.send("b".repeat(count)).close();

        awaitHeld(0);
        assertThat(log.next().status()).isEqualTo(499);
    }

    private RawTarget servePausedOverTls() throws Exception {
        Certificates certificate = Certificates.shared();
        proxy = start(loopback().listener(log).httpsPort(0).certificate(certificate.chain(), certificate.key()));
        trusting = certificate;
        return servePaused(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().tls(true).build());
    }

    private RawClient tls() throws Exception {
        return closing(
                new RawClient(trusting.trusting().getSocketFactory().createSocket("localhost", proxy.httpsPort())));
    }
}
