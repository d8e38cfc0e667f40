package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.jetty.FrameClient;
import dev.gapless.proxy.jetty.faults.EchoingTarget;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static dev.gapless.proxy.jetty.FrameClient.END_HEADERS;
import static dev.gapless.proxy.jetty.FrameClient.END_STREAM;
import static dev.gapless.proxy.jetty.FrameClient.ENHANCE_YOUR_CALM;
import static dev.gapless.proxy.jetty.FrameClient.PROTOCOL_ERROR;
import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.get;
import static dev.gapless.proxy.jetty.FrameClient.head;
import static dev.gapless.proxy.jetty.FrameClient.indexed;
import static dev.gapless.proxy.jetty.FrameClient.joined;
import static dev.gapless.proxy.jetty.FrameClient.literal;
import static dev.gapless.proxy.jetty.FrameClient.newestEntry;
import static dev.gapless.proxy.jetty.FrameClient.post;
import static dev.gapless.proxy.jetty.FrameClient.reset;
import static dev.gapless.proxy.jetty.FrameClient.settings;
import static dev.gapless.proxy.jetty.FrameClient.times;
import static dev.gapless.proxy.jetty.FrameClient.windowUpdate;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Floods of frames over HTTP/2, each by its name: the connection is closed with a word, others go on, and nothing is left of
 * the requests.
 */
class Http2FloodTest extends FaultTest {
    /** How many requests are sent before it is seen whether the connection is still open. As many, for slow machines as below. */
    private static final int ROUND = 200;

    /** How many other frames: of what fits into one read the most, as slow machines must go beyond the limit, too. */
    private static final int FRAMES = 500;

    /** Never answers. */
    private final ScriptedTarget target = new ScriptedTarget(call -> {
        call.readToEnd();
        return false;
    });

    private FrameClient begin() throws IOException {
        deploy(target);
        return FrameClient.to(proxy.port());
    }

    @AfterEach
    void othersGoOn() throws Exception {
        deploy(new EchoingTarget());
        try (RawClient other = client()) {
            assertThat(other.send(GET).readResponse()).startsWith("HTTP/1.1 200 ");
        }
        target.close();
    }

    private static int stream(int round, int request) {
        return 2 * (round * ROUND + request) + 1;
    }

    /** For each round as many requests, each with what is sent of it and then of its stream. */
    private static FrameClient.Frames requests(RequestFrames request) {
        return round -> {
            byte[][] all = new byte[ROUND][];
            for (int i = 0; i < ROUND; i++) {
                all[i] = request.of(stream(round, i));
            }
            return joined(all);
        };
    }

    private interface RequestFrames {
        byte[] of(int stream);
    }

    /** CVE-2023-44487. */
    @Test
    void rapidResetIsRefused() throws Exception {
        try (FrameClient client = begin()) {
            assertThat(client.flood(requests(stream -> joined(get(stream, "/"), reset(stream)))))
                    .isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertThat(target.heads()).hasSizeLessThan(1_000);
    }

    /** Ways to have the proxy reset a stream (CVE-2025-8671). */
    enum Provocation {
        WINDOW_UPDATE_OF_NOTHING {
            @Override
            byte[] of(int stream) {
                return joined(post(stream, "/"), windowUpdate(stream, 0));
            }
        },
        WINDOW_BEYOND_ITS_LIMIT {
            @Override
            byte[] of(int stream) {
                return joined(get(stream, "/"), times(2, windowUpdate(stream, Integer.MAX_VALUE)));
            }
        },
        DATA_AFTER_THE_END {
            @Override
            byte[] of(int stream) {
                return joined(get(stream, "/"), frame(FrameClient.DATA, 0, stream, new byte[2]));
            }
        },
        MORE_DATA_THAN_DECLARED {
            @Override
            byte[] of(int stream) {
                return joined(
                        post(stream, "/", literal("content-length", "1")),
                        frame(FrameClient.DATA, 0, stream, new byte[2]));
            }
        };

        abstract byte[] of(int stream);
    }

    @ParameterizedTest
    @EnumSource
    void provokedResetsAreRefused(Provocation provocation) throws Exception {
        try (FrameClient client = begin()) {
            assertThat(client.flood(requests(provocation::of))).isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertThat(target.heads()).hasSizeLessThan(1_000);
    }

    @Test
    void moreRequestsThanThereAreStreamsAreRefusedOneByOne() throws Exception {
        try (FrameClient client = begin()) {
            for (int i = 0; i < 128; i++) {
                client.send(get(2 * i + 1, "/"));
            }
            for (int stream = 257; stream < 657; stream += 2) {
                client.send(get(stream, "/"));
                FrameClient.Frame refused = client.readToEndOf(stream);
                assertThat(refused.type()).isEqualTo(FrameClient.RST_STREAM);
                assertThat(refused.error()).isEqualTo(FrameClient.REFUSED_STREAM);
            }
            await("the requests that are not refused", () -> target.heads().size() == 128);
            assertThat(requestsInFlight()).isEqualTo(128);
        }
    }

    @Test
    void aFloodOfRequestsBeyondTheStreamsIsRefusedAsAWhole() throws Exception {
        try (FrameClient client = begin()) {
            assertThat(client.flood(requests(stream -> get(stream, "/")))).isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertThat(target.heads()).hasSizeLessThanOrEqualTo(128);
    }

    /** Frames that ask for nothing. */
    enum Idling {
        SETTINGS,
        SETTINGS_WITH_VALUES,
        ANSWERS_TO_SETTINGS,
        PING,
        ANSWERS_TO_PING,
        PRIORITY,
        WINDOW_UPDATE,
        UNKNOWN_FRAMES;

        private byte[] frame() {
            return switch (this) {
                case SETTINGS -> settings();
                case SETTINGS_WITH_VALUES -> settings(FrameClient.INITIAL_WINDOW_SIZE, 1000);
                case ANSWERS_TO_SETTINGS -> FrameClient.frame(FrameClient.SETTINGS, FrameClient.ACK, 0);
                case PING -> FrameClient.frame(FrameClient.PING, 0, 0, new byte[8]);
                case ANSWERS_TO_PING -> FrameClient.frame(FrameClient.PING, FrameClient.ACK, 0, new byte[8]);
                case PRIORITY -> FrameClient.frame(FrameClient.PRIORITY, 0, 1, new byte[5]);
                case WINDOW_UPDATE -> windowUpdate(0, 1);
                case UNKNOWN_FRAMES -> FrameClient.frame(0x55, 0, 0, new byte[1]);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesThatAskForNothingAreRefused(Idling idling) throws Exception {
        try (FrameClient client = begin()) {
            assertThat(client.flood(times(FRAMES, idling.frame()))).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    /** Frames for a request whose body never goes on. */
    enum Stalling {
        EMPTY_DATA,
        WINDOW_UPDATE;

        private byte[] frame() {
            return this == EMPTY_DATA ? FrameClient.frame(FrameClient.DATA, 0, 1) : windowUpdate(1, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesForARequestThatDoesNotGoOnAreRefused(Stalling stalling) throws Exception {
        streamBodies();
        try (FrameClient client = begin()) {
            client.send(post(1, "/"));
            target.awaitRequest();
            assertThat(client.flood(times(FRAMES, stalling.frame()))).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void framesForStreamsThatAreOverAreRefused() throws Exception {
        try (FrameClient client = begin()) {
            client.send(get(1, "/"), reset(1));
            assertThat(client.flood(times(FRAMES, frame(FrameClient.DATA, 0, 1, new byte[1]))))
                    .isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    /** CVE-2024-27316. A head must be whole before anything else comes, so this is sent in one go. */
    @ParameterizedTest
    @EnumSource
    void aHeadThatGoesOnForEverIsRefused(Continuation continuation) throws Exception {
        try (FrameClient client = begin()) {
            client.send(frame(FrameClient.HEADERS, END_STREAM, 1, new byte[continuation.bytes]));
            byte[] frames = times(100, frame(FrameClient.CONTINUATION, 0, 1, new byte[continuation.bytes]));
            assertThat(sendUntilClosed(client, frames)).isLessThan(8_000_000);
            assertThat(client.readError()).isIn(continuation.error, FrameClient.NONE);
        }
        assertThat(target.heads()).isEmpty();
    }

    enum Continuation {
        OF_NOTHING(0, ENHANCE_YOUR_CALM),
        OF_A_BYTE_EACH(1, ENHANCE_YOUR_CALM),
        OF_FULL_FRAMES(16_384, PROTOCOL_ERROR);

        private final int bytes;
        private final int error;

        Continuation(int bytes, int error) {
            this.bytes = bytes;
            this.error = error;
        }
    }

    /** {@return how many bytes were taken before the connection was closed} */
    private static long sendUntilClosed(FrameClient client, byte[] frames) {
        long sent = 0;
        try {
            while (sent < 100_000_000) {
                client.send(frames);
                sent += frames.length;
            }
        } catch (IOException e) {
            // Closed.
        }
        return sent;
    }

    @Test
    void aHeadThatGrowsWhenItIsDecodedIsRefused() throws Exception {
        try (FrameClient client = begin()) {
            byte[] bomb = get(1, "/", indexed("x", "y".repeat(4_000)), newestEntry(10_000));

            assertThat(client.sendAndAwait(bomb)).isEqualTo(PROTOCOL_ERROR);
        }
        assertThat(target.heads()).isEmpty();
    }

    /** Each malformed name costs the decoder an exception. */
    @Test
    void malformedHeadsAreAnsweredButNotForEver() throws Exception {
        try (FrameClient client = begin()) {
            byte[] first = get(1, "/", indexed("X", "y"), newestEntry(1_000));
            client.send(first);
            assertThat(client.readToEndOf(1).type()).isEqualTo(FrameClient.DATA);

            assertThat(client.flood(round -> get(2 * round + 3, "/", indexed("X", "y"), newestEntry(1_000))))
                    .isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aHeadOverTheLimitIsAnsweredAndTheConnectionGoesOn() throws Exception {
        deploy(new EchoingTarget());
        try (FrameClient client = FrameClient.to(proxy.port())) {
            sendHead(client, 1, 66_000);
            assertThat(client.readStatusOf(1)).isEqualTo(431);
            sendHead(client, 3, 60_000);
            assertThat(client.readStatusOf(3)).isEqualTo(200);
        }
        assertThat(awaitEnded().status()).isEqualTo(431);
    }

    @Test
    void aHeadFarOverTheLimitEndsTheConnection() throws Exception {
        try (FrameClient client = begin()) {
            sendHead(client, 1, 140_000);
            assertThat(client.readError()).isIn(PROTOCOL_ERROR, FrameClient.NONE);
        }
        assertThat(target.heads()).isEmpty();
    }

    private static void sendHead(FrameClient client, int stream, int bytes) throws IOException {
        byte[] head = head("GET", "/", literal("x", "y".repeat(bytes)));
        int frameBytes = 16_384;
        client.send(frame(FrameClient.HEADERS, END_STREAM, stream, Arrays.copyOf(head, frameBytes)));
        for (int i = frameBytes; i < head.length; i += frameBytes) {
            int end = Math.min(head.length, i + frameBytes);
            int flags = end == head.length ? END_HEADERS : 0;
            client.send(frame(FrameClient.CONTINUATION, flags, stream, Arrays.copyOfRange(head, i, end)));
        }
    }

    @Test
    void aHeadOfThousandsOfFieldsPasses() throws Exception {
        deploy(new EchoingTarget());
        try (FrameClient client = FrameClient.to(proxy.port())) {
            client.send(get(1, "/", indexed("x", "y"), newestEntry(3_000)));
            assertThat(client.readStatusOf(1)).isEqualTo(200);
        }
    }
}
