package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.eclipse.jetty.util.NanoTime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A client that writes HTTP/2 frame by frame, in clear text, and any bytes into its heads; one request at a time. */
final class RawHttp2 implements AutoCloseable {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int LARGEST_FRAME_BYTES = 16_384;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int ACK = 1;
    private static final int INITIAL_WINDOW_SIZE = 4;

    private record Frame(int type, int flags, int stream, ByteBuffer payload) {}

    private final Socket socket;
    private final DataInputStream in;
    private final HpackDecoder decoder = new HpackDecoder(1 << 20, NanoTime::now);
    private int lastStream = -1;

    private RawHttp2(int port, byte[] settings) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write(PREFACE.getBytes(ISO_8859_1));
        write(SETTINGS, 0, 0, settings);
        write(WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(4).putInt(1 << 30).array());
    }

    static RawHttp2 to(int port) throws IOException {
        return new RawHttp2(port, new byte[0]);
    }

    /** One that takes nothing of any body. */
    static RawHttp2 withoutRoom(int port) throws IOException {
        return withRoom(port, 0);
    }

    /** One that takes so many bytes of each body without a further word. */
    static RawHttp2 withRoom(int port, int bytes) throws IOException {
        return new RawHttp2(
                port,
                ByteBuffer.allocate(6)
                        .putShort((short) INITIAL_WINDOW_SIZE)
                        .putInt(bytes)
                        .array());
    }

    /**
     * Sends a request without a body and waits for its response.
     *
     * @return the status; or what ends the stream or the connection instead: {@code reset} or {@code goaway} and the error
     */
    String get(String path) throws Exception {
        return send(":method", "GET", ":scheme", "http", ":authority", "example.com", ":path", path);
    }

    /** Like {@link #get}, with these fields, as name, value, name, value. */
    String send(String... fields) throws Exception {
        writeHead(END_STREAM, fields);
        String status = null;
        while (true) {
            Frame frame = readAnswer();
            if (frame.type() == RST_STREAM) {
                return "reset " + frame.payload().getInt();
            } else if (frame.type() == GOAWAY) {
                return "goaway " + frame.payload().getInt(4);
            } else if (frame.type() == HEADERS) {
                status = status(frame.payload());
            }
            if ((frame.flags() & END_STREAM) != 0) {
                return String.valueOf(status);
            }
        }
    }

    /** Opens a WebSocket by an extended CONNECT. {@return its stream} */
    int openWebSocket(String path) throws Exception {
        writeHead(
                0,
                ":method",
                "CONNECT",
                ":protocol",
                "websocket",
                ":scheme",
                "http",
                ":authority",
                "example.com",
                ":path",
                path,
                "sec-websocket-version",
                "13");
        Frame answer = readAnswer();
        if (answer.type() != HEADERS || !status(answer.payload()).equals("200")) {
            throw new IOException("no WebSocket: " + answer);
        }
        return lastStream;
    }

    /** Says something over a stream. */
    void say(int stream, String text) throws IOException {
        write(DATA, 0, stream, text.getBytes(ISO_8859_1));
    }

    /** Says that it is about to close the connection. */
    void goAway() throws IOException {
        write(GOAWAY, 0, 0, new byte[8]);
    }

    private void writeHead(int flags, String... fields) throws IOException {
        lastStream += 2;
        byte[] block = block(fields);
        int first = Math.min(LARGEST_FRAME_BYTES, block.length);
        write(HEADERS, flags | (first == block.length ? END_HEADERS : 0), lastStream, Arrays.copyOf(block, first));
        for (int from = first; from < block.length; from += LARGEST_FRAME_BYTES) {
            int to = Math.min(from + LARGEST_FRAME_BYTES, block.length);
            write(CONTINUATION, to == block.length ? END_HEADERS : 0, lastStream, Arrays.copyOfRange(block, from, to));
        }
    }

    /** {@return the next frame that tells of the last request: of its stream, or of the end of all} */
    private Frame readAnswer() throws IOException {
        while (true) {
            Frame frame = read();
            if (frame.type() == SETTINGS && (frame.flags() & ACK) == 0) {
                write(SETTINGS, ACK, 0, new byte[0]);
            } else if (frame.type() == GOAWAY || (frame.stream() == lastStream && frame.type() != WINDOW_UPDATE)) {
                return frame;
            }
        }
    }

    private String status(ByteBuffer block) throws HpackException {
        return decoder.decode(block) instanceof MetaData.Response response ? "" + response.getStatus() : "no response";
    }

    /** Literal fields that are not indexed (RFC 7541, section 6.2.2), none of them compressed. */
    private static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] text = fields[i].getBytes(ISO_8859_1);
            writeLength(block, text.length);
            block.writeBytes(text);
        }
        return block.toByteArray();
    }

    /** With a prefix of seven bits (RFC 7541, section 5.1). */
    private static void writeLength(ByteArrayOutputStream block, int length) {
        if (length < 127) {
            block.write(length);
            return;
        }
        block.write(127);
        int rest = length - 127;
        for (; rest >= 128; rest /= 128) {
            block.write(rest % 128 + 128);
        }
        block.write(rest);
    }

    private void write(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.putInt(payload.length << 8 | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload);
        socket.getOutputStream().write(frame.array());
    }

    private Frame read() throws IOException {
        int head = in.readInt();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        return new Frame(head & 0xff, flags, stream, ByteBuffer.wrap(in.readNBytes(head >>> 8)));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
