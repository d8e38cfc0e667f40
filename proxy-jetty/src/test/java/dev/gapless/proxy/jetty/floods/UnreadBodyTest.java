package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.jetty.FrameClient;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import dev.gapless.proxy.spi.RequestFilter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.jetty.FrameClient.ENHANCE_YOUR_CALM;
import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.joined;
import static dev.gapless.proxy.jetty.FrameClient.literal;
import static dev.gapless.proxy.jetty.FrameClient.post;
import static dev.gapless.proxy.jetty.FrameClient.reset;
import static dev.gapless.proxy.jetty.FrameClient.times;
import static org.assertj.core.api.Assertions.assertThat;

/** Bodies of HTTP/2 requests that nobody reads yet: each frame takes memory, however little is in it. */
class UnreadBodyTest extends FaultTest {
    private static final String HELD = "/held";
    private static final int WINDOW_BYTES = 256 * 1024;
    private static final int PADDED = 8;

    /** Less than is refused, but not if there are as many again. */
    private static final int MANY = 40_000;

    private static final int REQUESTS = 100;

    /** Each frame that waits is in a network buffer of its own if so much comes between. */
    private static final int BUFFER_BYTES = 16 * 1024;

    /** Less buffers than may wait, but not if there are as many again. */
    private static final int APART = 1_200;

    private final AtomicInteger taken = new AtomicInteger();
    private final ScriptedTarget target = new ScriptedTarget(call -> {
        for (int read = call.in().read(); read >= 0; read = call.in().read()) {
            taken.addAndGet(read == 'x' ? 1 : 0);
        }
        return false;
    });

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.hostCodeTimeout(Duration.ofMinutes(2)).filter(new RequestFilter() {
            @Override
            public CompletionStage<FilterDecision> beforeForwarding(RequestHead request, String service) {
                return request.path().equals(HELD)
                        ? new CompletableFuture<>()
                        : CompletableFuture.completedFuture(FilterDecision.passOn());
            }
        });
    }

    private FrameClient begin() throws Exception {
        streamBodies();
        deploy(target);
        return FrameClient.to(proxy.port());
    }

    private static byte[] data(int stream, int bytes) {
        return frame(FrameClient.DATA, 0, stream, "x".repeat(bytes).getBytes(StandardCharsets.US_ASCII));
    }

    /** Frames that are hardly longer than their head. */
    enum Small {
        OF_A_BYTE,
        OF_PADDING;

        private byte[] frame() {
            return this == OF_A_BYTE
                    ? data(1, 1)
                    : FrameClient.frame(FrameClient.DATA, PADDED, 1, (byte) 2, (byte) 0, (byte) 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void tooManySmallFramesAreRefused(Small small) throws Exception {
        try (FrameClient client = begin()) {
            client.send(post(1, HELD));
            assertThat(client.flood(times(500, small.frame()))).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void thoseOfAllRequestsOfAConnectionCountTogether() throws Exception {
        try (FrameClient client = begin()) {
            int error = 0;
            for (int stream = 1; error == 0 && stream < 2 * REQUESTS; stream += 2) {
                error = client.sendAndAwait(joined(post(stream, HELD), times(1_000, data(stream, 1))));
            }
            assertThat(error).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void aWindowMayBeFilledWithTheSmallestMessagesOfGrpc() throws Exception {
        try (FrameClient client = begin()) {
            client.send(post(1, HELD));
            assertThat(client.sendAndAwait(times(WINDOW_BYTES / 5, data(1, 5)))).isZero();
        }
    }

    @Test
    void allWindowsMayBeFilledWithFramesThatAreNotSmall() throws Exception {
        try (FrameClient client = begin()) {
            for (int stream = 1; stream < 8; stream += 2) {
                client.send(post(stream, HELD));
                assertThat(client.sendAndAwait(times(WINDOW_BYTES / 256, data(stream, 256))))
                        .isZero();
            }
        }
    }

    @Test
    void framesThatHaveBeenReadDoNotCount() throws Exception {
        try (FrameClient client = begin()) {
            client.send(post(1, "/", literal("content-length", "1000000")));
            for (int sent = MANY; sent <= 5 * MANY; sent += MANY) {
                int expected = sent;
                assertThat(client.sendAndAwait(times(MANY, data(1, 1)))).isZero();
                await("what was sent", () -> taken.get() == expected);
            }
        }
    }

    /** Whether all of the body has come or not. */
    @ParameterizedTest
    @ValueSource(ints = {0, FrameClient.END_STREAM})
    void framesOfRequestsThatAreCancelledDoNotCount(int flags) throws Exception {
        try (FrameClient client = begin()) {
            for (int stream = 1; stream < 10; stream += 2) {
                client.send(post(stream, HELD));
                byte[] last = frame(FrameClient.DATA, flags, stream, (byte) 'x');
                assertThat(client.sendAndAwait(joined(times(MANY, data(stream, 1)), last, reset(stream))))
                        .isZero();
                awaitEnded();
                // Whoever has told of the end is through with the rest of it before the answer.
                assertThat(client.sendAndAwait(new byte[0])).isZero();
            }
        }
    }

    /** A byte of a body and much of one that is over, again and again. */
    private static byte[] apart(int stream, int over) {
        return times(APART, joined(data(stream, 1), data(over, BUFFER_BYTES)));
    }

    private static FrameClient begun(FrameClient client, int over) throws Exception {
        return client.send(post(over, HELD), reset(over));
    }

    @Test
    void aClientThatHasTooManyBuffersWaitForLittleIsRefused() throws Exception {
        try (FrameClient client = begun(begin(), 1)) {
            client.send(post(3, HELD));
            assertThat(client.sendAndAwait(apart(3, 1))).isZero();
            assertThat(client.sendAndAwait(apart(3, 1))).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void buffersOfAllRequestsCountTogether() throws Exception {
        try (FrameClient client = begun(begin(), 1)) {
            client.send(post(3, HELD), post(5, HELD));
            assertThat(client.sendAndAwait(apart(3, 1))).isZero();
            assertThat(client.sendAndAwait(apart(5, 1))).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void aBufferCountsOnceHoweverManyRequestsWaitForIt() throws Exception {
        try (FrameClient client = begun(begin(), 1)) {
            client.send(post(3, HELD), post(5, HELD));
            byte[] both = joined(data(3, 1), data(5, 1), data(3, 1), data(5, 1), data(1, BUFFER_BYTES));
            assertThat(client.sendAndAwait(times(APART, both))).isZero();
        }
    }

    @Test
    void buffersWhoseFramesHaveBeenReadDoNotCount() throws Exception {
        try (FrameClient client = begun(begin(), 1)) {
            client.send(post(3, "/", literal("content-length", "1000000")));
            for (int sent = APART; sent <= 4 * APART; sent += APART) {
                int expected = sent;
                assertThat(client.sendAndAwait(apart(3, 1))).isZero();
                await("what was sent", () -> taken.get() == expected);
            }
        }
    }

    @Test
    void buffersOfRequestsThatAreCancelledDoNotCount() throws Exception {
        try (FrameClient client = begun(begin(), 1)) {
            for (int stream = 3; stream < 10; stream += 2) {
                client.send(post(stream, HELD));
                assertThat(client.sendAndAwait(joined(apart(stream, 1), reset(stream))))
                        .isZero();
            }
        }
    }
}
