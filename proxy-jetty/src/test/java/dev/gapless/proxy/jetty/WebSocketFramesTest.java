package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

final class WebSocketFramesTest {
    private static final int FIN = 0x80;
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = FIN | 8;
    private static final int PING = FIN | 9;
    private static final int PONG = FIN | 10;

    private final Random random = new Random(1);
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    /** Sends a frame with a length in as few bytes as it needs, and a payload that could be anything. */
    private WebSocketFramesTest frame(int first, boolean masked, int length) {
        header(first, masked, length);
        byte[] payload = new byte[length + (masked ? 4 : 0)];
        random.nextBytes(payload);
        sent.writeBytes(payload);
        return this;
    }

    private void header(int first, boolean masked, long length) {
        sent.write(first);
        int mask = masked ? 0x80 : 0;
        if (length <= 125) {
            sent.write(mask | (int) length);
        } else if (length <= 65_535) {
            sent.write(mask | 126);
            sent.writeBytes(ByteBuffer.allocate(2).putShort((short) length).array());
        } else {
            sent.write(mask | 127);
            sent.writeBytes(ByteBuffer.allocate(8).putLong(length).array());
        }
    }

    private WebSocketFramesTest hex(String bytes) {
        sent.writeBytes(HexFormat.of().parseHex(bytes.replace(" ", "")));
        return this;
    }

    private void followInTwo() {
        byte[] bytes = sent.toByteArray();
        ReferenceFrames reference = ReferenceFrames.of(bytes);
        for (int i = 0; i <= bytes.length; i++) {
            follow(bytes, reference, i);
        }
    }

    private void followInThree() {
        byte[] bytes = sent.toByteArray();
        ReferenceFrames reference = ReferenceFrames.of(bytes);
        for (int i = 0; i <= bytes.length; i++) {
            for (int j = i; j <= bytes.length; j++) {
                follow(bytes, reference, i, j);
            }
        }
    }

    private void followInPiecesOf(int size) {
        byte[] bytes = sent.toByteArray();
        int[] cuts = new int[(bytes.length - 1) / size];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = (i + 1) * size;
        }
        follow(bytes, ReferenceFrames.of(bytes), cuts);
    }

    private static void follow(byte[] bytes, ReferenceFrames reference, int... cuts) {
        WebSocketFrames frames = new WebSocketFrames();
        ByteBuffer passing = ByteBuffer.wrap(bytes);
        for (int i = 0; i <= cuts.length; i++) {
            pass(frames, passing.limit(i < cuts.length ? cuts[i] : bytes.length), reference);
        }
    }

    /** Has a piece followed, a frame at a time, and everything that is said on the way compared. */
    private static void pass(WebSocketFrames frames, ByteBuffer piece, ReferenceFrames reference) {
        while (piece.hasRemaining()) {
            int position = piece.position();
            int limit = piece.limit();
            int length = frames.next(piece);
            int end = position + length;
            boolean broken = reference.isBroken(end);
            boolean right = length == reference.end(position, limit) - position
                    && piece.position() == position
                    && piece.limit() == limit
                    && frames.isBroken() == broken
                    && frames.isBetweenFrames() == (!broken && reference.isBetweenFrames(end))
                    && frames.hasClosed() == reference.hasClosed(end);
            if (!right) {
                throw new AssertionError(length + " bytes from " + position + " to " + limit + ", between frames: "
                        + frames.isBetweenFrames() + ", closed: " + frames.hasClosed() + ", broken: "
                        + frames.isBroken());
            }
            piece.position(end);
        }
    }

    @Test
    void framesAreFollowedHoweverTheirBytesAreSplit() {
        for (int length : new int[] {0, 1, 125, 126, 127}) {
            frame(FIN | TEXT, true, length).frame(FIN | BINARY, false, length);
        }

        followInThree();
        for (int size = 1; size <= 30; size++) {
            followInPiecesOf(size);
        }
    }

    @ParameterizedTest
    @CsvSource({"65535, true", "65535, false", "65536, true", "65536, false"})
    void longFramesAreFollowedHoweverTheirBytesAreSplit(int length, boolean masked) {
        frame(PING, masked, 0).frame(FIN | BINARY, masked, length).frame(FIN | TEXT, masked, 1);

        followInTwo();
        followInPiecesOf(1);
    }

    @Test
    void aFrameThatIsLongerThanAnyBufferEndsWhereItShould() {
        long length = (1L << 31) + 5;
        header(FIN | BINARY, false, length);
        WebSocketFrames frames = new WebSocketFrames();
        assertThat(frames.next(ByteBuffer.wrap(sent.toByteArray()))).isEqualTo(10);

        ByteBuffer payload = ByteBuffer.allocateDirect(1 << 20);
        for (int i = 0; i < 2048; i++) {
            assertThat(frames.next(payload)).isEqualTo(1 << 20);
            assertThat(frames.isBetweenFrames()).isFalse();
        }

        assertThat(frames.next(payload)).isEqualTo(5);
        assertThat(frames.isBetweenFrames()).isTrue();
    }

    @Test
    void theLongestFrameThereMayBeIsAFrame() {
        header(FIN | BINARY, true, Long.MAX_VALUE);

        followInThree();
    }

    @Test
    void controlFramesComeBetweenTheFragmentsOfAMessage() {
        frame(TEXT, true, 3)
                .frame(PING, true, 125)
                .frame(CONTINUATION, true, 0)
                .frame(PONG, true, 0)
                .frame(FIN | CONTINUATION, true, 200)
                .frame(BINARY, true, 1)
                .frame(FIN | CONTINUATION, true, 1)
                .frame(CLOSE, true, 2);

        followInThree();
    }

    @Test
    void aCloseFrameEndsTheConversationWithItsHeaderWhereverItStands() {
        WebSocketFrames frames = new WebSocketFrames();

        frames.next(buffer("01 02 61 62"));
        frames.next(buffer("88"));
        assertThat(frames.hasClosed()).isFalse();
        frames.next(buffer("82 01 02 03"));
        assertThat(frames.hasClosed()).isFalse();
        frames.next(buffer("04"));
        assertThat(frames.hasClosed()).isTrue();
        assertThat(frames.isBetweenFrames()).isFalse();
        frames.next(buffer("05 06"));
        assertThat(frames.hasClosed()).isTrue();
        assertThat(frames.isBetweenFrames()).isTrue();
    }

    private static ByteBuffer buffer(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void whatComesAfterACloseFrameIsFollowedAllTheSame() {
        frame(CLOSE, false, 0).frame(FIN | TEXT, false, 5).frame(CLOSE, false, 2);

        followInThree();
    }

    @Test
    void extensionsMayUseTheReservedBits() {
        frame(0x70 | FIN | TEXT, true, 3).frame(0x40 | BINARY, true, 3).frame(0x10 | FIN | CONTINUATION, true, 3);
        frame(0x20 | PING, true, 3);

        followInThree();
        assertThat(isBroken()).isFalse();
    }

    /** RFC 6455 wants as few as possible, but that is for the ends to judge. */
    @Test
    void aLengthMayHaveMoreBytesThanItNeeds() {
        hex("82 7E 0002 AA BB")
                .hex("82 7F 0000000000000001 AA")
                .hex("82 7F 0000000000000000")
                .hex("82 01 AA");

        followInThree();
        assertThat(isBroken()).isFalse();
    }

    private boolean isBroken() {
        return ReferenceFrames.of(sent.toByteArray()).isBroken(sent.size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "83 00",
                "84 00",
                "85 00",
                "86 00",
                "87 00",
                "03 00",
                "8B 00",
                "8C 00",
                "8D 00",
                "8E 00",
                "8F 00",
                "0B 00",
                "FF FF",
                "08 00",
                "09 00",
                "0A 00",
                "88 7E 0001 AA",
                "89 7E 0080",
                "8A FF",
                "89 FE",
                "82 7F 8000000000000000",
                "81 FF FFFFFFFFFFFFFFFF",
                "82 7F 80",
                "80 00",
                "00 00",
                "80 01 AA",
                "01 01 AA 81 01 BB",
                "02 00 02 00",
                "01 00 89 00 82 00",
                "01 00 80 00 80 00"
            })
    void whatIsNoFrameBreaksTheConnectionWhereItShows(String bytes) {
        frame(FIN | TEXT, true, 2).hex(bytes).frame(FIN | TEXT, true, 2).frame(CLOSE, true, 2);

        assertThat(isBroken()).isTrue();
        followInThree();
    }

    @Test
    void aBrokenConnectionPassesWhatIsLeftAndNeverRecovers() {
        WebSocketFrames frames = new WebSocketFrames();
        ByteBuffer broken = buffer("81 01 AA 83 00 88 00");

        assertThat(frames.next(broken)).isEqualTo(3);
        assertThat(frames.next(broken.position(3))).isEqualTo(4);
        assertThat(frames.isBroken()).isTrue();

        assertThat(frames.next(buffer("88 00 81 00"))).isEqualTo(4);
        assertThat(frames.isBroken()).isTrue();
        assertThat(frames.hasClosed()).isFalse();
        assertThat(frames.isBetweenFrames()).isFalse();
    }

    @Test
    void nothingIsSaidOfNoBytes() {
        WebSocketFrames frames = new WebSocketFrames();
        ByteBuffer none = ByteBuffer.allocate(0);

        assertThat(frames.next(none)).isZero();
        assertThat(frames.isBetweenFrames()).isTrue();
        frames.next(buffer("81"));
        assertThat(frames.next(none)).isZero();
        assertThat(frames.isBetweenFrames()).isFalse();
        frames.next(buffer("02 AA"));
        assertThat(frames.next(none)).isZero();
        assertThat(frames.isBetweenFrames()).isFalse();
        assertThat(frames.isBroken()).isFalse();
    }

    @Test
    void anyBytesInAnyPiecesAreFollowedAsTheReferenceDoes() {
        for (int i = 0; i < 20_000; i++) {
            sent.reset();
            for (int count = random.nextInt(5); count >= 0; count--) {
                byte[] rubbish = new byte[random.nextInt(20)];
                random.nextBytes(rubbish);
                frame(
                        random.nextInt(4) == 0 ? random.nextInt(256) : FIN | BINARY,
                        random.nextBoolean(),
                        random.nextInt(130));
                if (random.nextInt(4) == 0) {
                    sent.writeBytes(rubbish);
                }
            }
            byte[] bytes = sent.toByteArray();
            int[] cuts = random.ints(4, 0, bytes.length + 1).sorted().toArray();
            follow(bytes, ReferenceFrames.of(bytes), cuts);
        }
    }

    @ParameterizedTest
    @CsvSource({"1001, 880203E9", "1012, 880203F4"})
    void aCloseFrameOfTheProxyHasItsCodeAndNoMask(int code, String hex) {
        ByteBuffer frame = WebSocketFrames.close(code);
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);

        assertThat(HexFormat.of().withUpperCase().formatHex(bytes)).isEqualTo(hex);
        WebSocketFrames frames = new WebSocketFrames();
        assertThat(frames.next(ByteBuffer.wrap(bytes))).isEqualTo(4);
        assertThat(frames.hasClosed()).isTrue();
        assertThat(frames.isBetweenFrames()).isTrue();
        assertThat(WebSocketFrames.close(code).remaining()).isEqualTo(4);
    }
}
