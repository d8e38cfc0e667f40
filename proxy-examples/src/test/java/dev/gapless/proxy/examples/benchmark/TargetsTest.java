package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

/** What the benchmark's own targets answer. */
class TargetsTest {
    private final ByteBuffer answers = ByteBuffer.allocate(1 << 20);

    private static byte[] hex(String bytes) {
        return HexFormat.ofDelimiter(" ").parseHex(bytes);
    }

    /** Each byte comes by itself, so that nothing is whole when it is first looked at. */
    private byte[] answer(LoopServer.Session session, byte[] sent) throws IOException {
        ByteBuffer received = ByteBuffer.allocate(sent.length);
        answers.clear();
        for (byte each : sent) {
            received.put(each).flip();
            session.answer(received, answers);
            received.compact();
        }
        byte[] answer = new byte[answers.flip().remaining()];
        answers.get(answer);
        return answer;
    }

    private static LoopServer.Session openWebSocket(TargetsTest test) throws IOException {
        WebSocketTarget target = new WebSocketTarget();
        byte[] head = test.answer(
                target,
                "GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                        .getBytes(US_ASCII));
        assertThat(new String(head, US_ASCII))
                .startsWith("HTTP/1.1 101 ")
                .contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        return target;
    }

    @Test
    void aFrameComesBackWithoutItsMask() throws IOException {
        // RFC 6455, section 5.7: "Hello".
        assertThat(answer(openWebSocket(this), hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")))
                .isEqualTo(hex("81 05 48 65 6c 6c 6f"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 125, 126, 1_024})
    void framesOfEveryLengthComeBack(int length) throws IOException {
        byte[] key = {1, 2, 3, 4};
        ByteBuffer sent = header(length, 0x80).put(key);
        ByteBuffer expected = header(length, 0);
        for (int i = 0; i < length; i++) {
            sent.put((byte) (i ^ key[i % key.length]));
            expected.put((byte) i);
        }

        assertThat(answer(openWebSocket(this), bytes(sent))).isEqualTo(bytes(expected));
    }

    private static ByteBuffer header(int length, int masked) {
        ByteBuffer header = ByteBuffer.allocate(2_048).put((byte) 0x82);
        return length < 126
                ? header.put((byte) (masked | length))
                : header.put((byte) (masked | 126)).putShort((short) length);
    }

    private static byte[] bytes(ByteBuffer written) {
        byte[] bytes = new byte[written.flip().remaining()];
        written.get(bytes);
        return bytes;
    }

    @Test
    void aCallIsAnsweredWithAMessageAndTrailersOnceItIsWhole() throws IOException {
        GrpcTarget target = new GrpcTarget();
        byte[] call = GrpcProbe.call("localhost");
        int lastFrame = Http2Frames.HEADER_BYTES + GrpcProbe.MESSAGE.length;
        byte[] begun = Arrays.copyOf(call, call.length - lastFrame);
        byte[] rest = Arrays.copyOfRange(call, call.length - lastFrame, call.length);

        assertThat(new String(answer(target, begun), US_ASCII)).doesNotContain("grpc");
        String answer = new String(answer(target, rest), US_ASCII);

        assertThat(answer).contains("application/grpc").contains(Target.SMALL_BODY);
        assertThat(answer).endsWith("\u000bgrpc-status\u00010");
    }

    @Test
    void aCallWaitsWhileTheClientTakesNoMore() throws IOException {
        GrpcTarget target = new GrpcTarget();
        answer(target, GrpcProbe.call("localhost"));
        byte[] frame = Arrays.copyOfRange(
                GrpcProbe.call("localhost"), Http2Frames.PREFACE.length, GrpcProbe.call("localhost").length);
        int calls = 1;
        while (answer(target, frame).length > 9) {
            calls++;
        }

        assertThat(calls).isEqualTo(Http2Frames.INITIAL_WINDOW / GrpcProbe.MESSAGE.length);
        assertThat(answer(target, hex("00 00 04 08 00 00 00 00 00 00 00 ff ff")).length)
                .as("after WINDOW_UPDATE")
                .isGreaterThan(GrpcProbe.MESSAGE.length);
    }
}
