package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Bodies that are compressed while they come: slowly, in great length, or not to their end. */
class CompressedStreamTest extends CompressionScaffold {
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String END = "0\r\n\r\n";
    /** Compressed, too, more than a window of HTTP/2 lets through at once. */
    private static final int LARGE_BYTES = 2 * Http2Client.WINDOW_BYTES;

    /** Looks, one every few milliseconds, after which what has not moved is taken to stand still. */
    private static final int MANY_LOOKS = 100;

    private final BlockingQueue<String> parts = new LinkedBlockingQueue<>();
    private final AtomicBoolean left = new AtomicBoolean();

    static Stream<Arguments> protocolsAndCodings() {
        return Pairs.of(Protocol.values(), new String[] {"gzip", "br", "zstd"});
    }

    /** A target that sends a head, and then what it is given; nothing more after a part that is empty. */
    private void serveParts(Protocol protocol, String head, ServiceOptions.Builder options) throws IOException {
        serve(
                protocol,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(head);
                    for (String part = nextPart(); !part.isEmpty(); part = nextPart()) {
                        connection.send(part);
                    }
                    connection.close();
                }),
                options);
    }

    private String nextPart() throws IOException {
        try {
            return parts.take();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private Sent get(Protocol protocol, String coding) throws Exception {
        Sent sent = client(protocol).begin("GET", "/", true, "Accept-Encoding", coding);
        assertThat(sent.finalHead().all("content-encoding")).containsExactly(coding);
        return sent;
    }

    /** Reads byte by byte until what has come can be decoded to that. */
    private static String readUntil(Sent sent, String coding, String known, String decoded) throws Exception {
        StringBuilder read = new StringBuilder(known);
        while (!Decoded.beginning(coding, read.toString().getBytes(ISO_8859_1)).equals(decoded)) {
            read.append(sent.next(1));
        }
        return read.toString();
    }

    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void eachPartCanBeDecodedWhenItHasCome(Protocol protocol, String coding) throws Exception {
        serveParts(protocol, CHUNKED, compressing());
        parts.add(chunk("one "));
        Sent sent = get(protocol, coding);

        String read = readUntil(sent, coding, "", "one ");
        parts.add(chunk("two "));
        read = readUntil(sent, coding, read, "one two ");
        parts.add(chunk("three"));
        parts.add(END);

        assertThat(Decoded.whole(coding, (read + sent.rest()).getBytes(ISO_8859_1)))
                .asString()
                .isEqualTo("one two three");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void theHeadDoesNotWaitForTheBody(Protocol protocol) throws Exception {
        serveParts(protocol, CHUNKED, compressing());

        Sent sent = get(protocol, "gzip");

        parts.add(END);
        assertThat(Decoded.whole("gzip", sent.rest().getBytes(ISO_8859_1))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void whatBreaksOffHasNoEnd(Protocol protocol, String coding) throws Exception {
        serveParts(protocol, CHUNKED, compressing());
        parts.add(chunk(TEXT));
        Sent sent = get(protocol, coding);
        readUntil(sent, coding, "", TEXT);

        parts.add("");

        sent.awaitCut();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void neitherHasTheCompressedBody(String coding) throws Exception {
        serveParts(
                Protocol.HTTP_1_1,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n",
                compressingStreams());
        parts.add(TEXT);
        Sent sent = get(Protocol.HTTP_1_1, coding);
        StringBuilder body = new StringBuilder(readUntil(sent, coding, "", TEXT));

        parts.add("");

        assertThatThrownBy(() -> readToTheBreak(sent, body)).isInstanceOf(IOException.class);
        byte[] bytes = body.toString().getBytes(ISO_8859_1);
        assertThat(Decoded.beginning(coding, bytes)).isEqualTo(TEXT);
        assertThatThrownBy(() -> Decoded.whole(coding, bytes)).isInstanceOf(IOException.class);
    }

    private static void readToTheBreak(Sent sent, StringBuilder body) throws Exception {
        for (String next = sent.next(1); !next.isEmpty(); next = sent.next(1)) {
            body.append(next);
        }
        throw new AssertionError("it has ended properly");
    }

    @Test
    void ofABufferedBodyThatBreaksOffNothingIsSent() throws Exception {
        serveParts(
                Protocol.HTTP_1_1,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\nContent-Length: 100000\r\n\r\n",
                compressing());
        parts.add(TEXT);
        parts.add("");

        RawMessage response = client().get("/", "Accept-Encoding: gzip");

        assertThat(response.status()).isEqualTo(502);
        assertThat(response.names()).doesNotContain("content-encoding", "etag");
    }

    @Test
    void whatIsTooLongIsCut() throws Exception {
        serveParts(
                Protocol.HTTP_1_1,
                CHUNKED,
                compressing()
                        .bodies(BodyOptions.builder()
                                .responseBuffering(Buffering.OFF)
                                .maxResponseBytes(TEXT.length() + 1)
                                .build()));
        parts.add(chunk(TEXT));
        Sent sent = get(Protocol.HTTP_1_1, "gzip");
        readUntil(sent, "gzip", "", TEXT);

        parts.add(chunk("longer"));

        sent.awaitCut();
    }

    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void aClientThatLeavesTakesItsEncoderAlong(Protocol protocol, String coding) throws Exception {
        serve(
                protocol,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(CHUNKED + chunk(TEXT));
                    left.set(connection.isLeft());
                }),
                compressing());
        Sent sent = get(protocol, coding);
        readUntil(sent, coding, "", TEXT);
        assertThat(openEncoders()).isOne();

        sent.leave();

        eventually("the encoder is closed", () -> openEncoders() == 0);
        eventually("the target is left", left::get);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aConnectionThatClosesTakesItsEncoderAlong(Protocol protocol) throws Exception {
        serveParts(protocol, CHUNKED, compressing());
        parts.add(chunk(TEXT));
        AnyClient client = client(protocol);
        Sent sent = client.begin("GET", "/", true, "Accept-Encoding", "gzip");
        sent.finalHead();
        readUntil(sent, "gzip", "", TEXT);
        assertThat(openEncoders()).isOne();

        client.disconnect();

        eventually("the encoder is closed", () -> openEncoders() == 0);
    }

    @Test
    void aProxyThatStopsClosesItsEncoders() throws Exception {
        serveParts(Protocol.HTTP_1_1, CHUNKED, compressing());
        parts.add(chunk(TEXT));
        Sent sent = get(Protocol.HTTP_1_1, "gzip");
        readUntil(sent, "gzip", "", TEXT);

        proxy.close();

        eventually("the encoder is closed", () -> openEncoders() == 0);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void theEndOfADrainCutsItAndClosesTheEncoder(Protocol protocol, String coding) throws Exception {
        serveParts(protocol, CHUNKED, compressing());
        parts.add(chunk(TEXT));
        Sent sent = get(protocol, coding);
        readUntil(sent, coding, "", TEXT);

        proxy.services().remove("app", Duration.ofMillis(1));

        sent.awaitCut();
        eventually("the encoder is closed", () -> openEncoders() == 0);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aTargetThatFallsSilentIsCutAndTheEncoderClosed(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback()).targetIdleTimeout(Duration.ofMillis(500)));
        serveParts(protocol, CHUNKED, compressing());
        parts.add(chunk(TEXT));
        Sent sent = get(protocol, "gzip");
        readUntil(sent, "gzip", "", TEXT);

        sent.awaitCut();
        eventually("the encoder is closed", () -> openEncoders() == 0);
        parts.add("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void aClientThatReadsTooSlowlyIsCutAndTheEncoderClosed(String coding) throws Exception {
        byte[] part = almostText(512 * 1024);
        Pace pace = new Pace(1 << 20, Duration.ofMillis(100));
        serve(
                Protocol.HTTP_1_1,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(CHUNKED);
                    String chunk = chunk(new String(part, ISO_8859_1));
                    while (true) {
                        connection.send(chunk);
                    }
                }),
                compressing()
                        .bodies(BodyOptions.builder()
                                .responseBuffering(Buffering.OFF)
                                .responsePace(pace)
                                .build()));

        RawClient client = client().send(RawClient.head("GET", "/", "Accept-Encoding: " + coding));
        assertThat(client.readHead().field("Content-Encoding")).isEqualTo(coding);

        eventually("the encoder is closed", () -> openEncoders() == 0);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void aLargeBodyComesWhole(Protocol protocol, String coding) throws Exception {
        assertComesWhole(protocol, coding, almostText(LARGE_BYTES));
    }

    @Tag("proof")
    @ParameterizedTest
    @MethodSource("protocolsAndCodings")
    void aMuchLargerBodyComesWhole(Protocol protocol, String coding) throws Exception {
        assertComesWhole(protocol, coding, almostText(16 * LARGE_BYTES));
    }

    private void assertComesWhole(Protocol protocol, String coding, byte[] large) throws Exception {
        serve(
                protocol,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + large.length
                            + "\r\n\r\n");
                    connection.send(large);
                }),
                compressing());

        Sent sent = get(protocol, coding);

        byte[] body = sent.rest().getBytes(ISO_8859_1);
        assertThat(body.length).isLessThan(large.length);
        assertThat(Arrays.equals(Decoded.whole(coding, body), large)).isTrue();
    }

    /** Of which about a quarter can be saved. */
    private static byte[] almostText(int bytes) {
        byte[] text = new byte[bytes];
        new SplittableRandom(42).nextBytes(text);
        for (int i = 0; i < bytes; i++) {
            text[i] = (byte) ('0' + (text[i] & 63));
        }
        return text;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void aClientThatDoesNotReadHoldsItsTarget(String coding) throws Exception {
        byte[] part = almostText(512 * 1024); // Longer than any window: no coding sees that it comes again.
        int count = 256;
        AtomicLong taken = new AtomicLong();
        serve(
                Protocol.HTTP_1_1,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                            + (long) count * part.length + "\r\n\r\n");
                    for (int i = 0; i < count; i++) {
                        connection.send(part);
                        taken.incrementAndGet();
                    }
                }),
                compressingStreams());

        RawClient client = client().send(RawClient.head("GET", "/", "Accept-Encoding: " + coding));
        assertThat(client.readHead().field("Content-Encoding")).isEqualTo(coding);

        awaitStandstill(taken);
        assertThat(taken.get()).isLessThan(count / 2);
        assertThat(openEncoders()).isOne();
    }

    private static void awaitStandstill(AtomicLong counter) {
        AtomicLong seen = new AtomicLong(-1);
        AtomicLong looks = new AtomicLong();
        eventually("it stands still", () -> {
            long now = counter.get();
            looks.set(seen.getAndSet(now) == now && now > 0 ? looks.get() + 1 : 0);
            return looks.get() > MANY_LOOKS;
        });
    }

    @Test
    void eventsAreNotCompressed() throws Exception {
        serveParts(Protocol.HTTP_1_1, CHUNKED.replace("text/plain", "text/event-stream"), compressing());
        parts.add(chunk("data: 1\n\n"));

        Sent sent = client(Protocol.HTTP_1_1).begin("GET", "/", true, "Accept-Encoding", "gzip");

        AnyClient.Head head = sent.finalHead();
        assertThat(head.all("content-encoding")).isEmpty();
        assertThat(head.all("vary")).isEmpty();
        assertThat(sent.next(9)).isEqualTo("data: 1\n\n");
    }
}
