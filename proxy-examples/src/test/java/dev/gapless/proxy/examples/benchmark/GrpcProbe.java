package dev.gapless.proxy.examples.benchmark;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** One gRPC call over HTTP/2 in clear text. */
final class GrpcProbe {
    static final String PATH = "/benchmark.Echo/Unary";
    static final byte[] MESSAGE = Http2Frames.message(Target.SMALL_BODY);

    private static final int STREAM = 1;

    private GrpcProbe() {}

    /** Whether a message has come back, and trailers after it. */
    static boolean isAnswered(int port, String host, int timeoutMillis) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(timeoutMillis);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeoutMillis);
            socket.getOutputStream().write(call(host));
            return readAnswer(new DataInputStream(socket.getInputStream()));
        }
    }

    static byte[] call(String host) {
        byte[] head = Http2Frames.fields(
                0x83, // :method: POST
                0x86, // :scheme: http
                0x04, // :path
                PATH,
                0x01, // :authority
                host,
                0x0F, // content-type
                0x10,
                "application/grpc",
                0x00,
                "te",
                "trailers");
        ByteBuffer bytes = ByteBuffer.allocate(1_024).put(Http2Frames.PREFACE);
        Http2Frames.header(bytes, 0, Http2Frames.SETTINGS, 0, 0);
        Http2Frames.header(bytes, head.length, Http2Frames.HEADERS, Http2Frames.END_HEADERS, STREAM)
                .put(head);
        Http2Frames.header(bytes, MESSAGE.length, Http2Frames.DATA, Http2Frames.END_STREAM, STREAM)
                .put(MESSAGE);
        byte[] call = new byte[bytes.position()];
        bytes.flip().get(call);
        return call;
    }

    private static boolean readAnswer(DataInputStream in) throws IOException {
        boolean message = false;
        while (true) {
            int lengthAndType = in.readInt();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            int length = lengthAndType >>> Byte.SIZE;
            int type = lengthAndType & 0xFF;
            message |= type == Http2Frames.DATA && length >= MESSAGE.length;
            in.skipNBytes(length);
            if (stream == STREAM && (flags & Http2Frames.END_STREAM) != 0) {
                return message && type == Http2Frames.HEADERS;
            }
        }
    }
}
