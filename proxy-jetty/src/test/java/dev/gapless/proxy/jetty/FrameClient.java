package dev.gapless.proxy.jetty;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.eclipse.jetty.util.NanoTime;

/** A client that sends HTTP/2 as bytes, frame by frame, whatever the protocol says of them. */
public final class FrameClient implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int END_STREAM = 1;
    public static final int ACK = 1;
    public static final int END_HEADERS = 4;

    public static final int INITIAL_WINDOW_SIZE = 4;

    public static final int PROTOCOL_ERROR = 1;
    public static final int REFUSED_STREAM = 7;
    public static final int CANCEL = 8;
    public static final int ENHANCE_YOUR_CALM = 11;

    /** What {@link #readError} says if the connection was closed without a word. */
    public static final int NONE = -1;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /** Only bounds a test that has failed already. */
    private static final int READ_TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final DataInputStream in;
    private final HpackDecoder heads = new HpackDecoder(64 * 1024, NanoTime::now);
    private byte lastPing;
    private Frame last;

    /** A frame as it came, and of the head of a response its status. */
    public record Frame(int type, int flags, int stream, ByteBuffer payload, int status) {
        public boolean endsStream() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        @Override
        public String toString() {
            String text =
                    StandardCharsets.ISO_8859_1.decode(payload.duplicate()).toString();
            return "type " + type + ", flags " + flags + ", stream " + stream + ": " + text;
        }

        /** The error code of RST_STREAM or GOAWAY. */
        public int error() {
            return payload.getInt(type == GOAWAY ? 4 : 0);
        }
    }

    public FrameClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** One that has sent its preface and these settings, as identifier, value, identifier, value. */
    public static FrameClient to(int port, int... settings) throws IOException {
        return new FrameClient(new Socket(InetAddress.getLoopbackAddress(), port)).greet(settings);
    }

    /** The same, whose system takes only so many bytes that it has not read. */
    public static FrameClient withReceiveBuffer(int bytes, int port, int... settings) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(bytes);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new FrameClient(socket).greet(settings);
    }

    public FrameClient greet(int... settings) throws IOException {
        return send(PREFACE.getBytes(StandardCharsets.US_ASCII), settings(settings));
    }

    public FrameClient send(byte[]... frames) throws IOException {
        socket.getOutputStream().write(joined(frames));
        return this;
    }

    public static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    public static byte[] times(int count, byte[] frame) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            all.writeBytes(frame);
        }
        return all.toByteArray();
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .putInt((payload.length << 8) | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    public static byte[] settings(int... settings) {
        ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        return frame(SETTINGS, 0, 0, payload.array());
    }

    public static byte[] windowUpdate(int stream, int by) {
        return frame(WINDOW_UPDATE, 0, stream, integer(by));
    }

    public static byte[] reset(int stream) {
        return frame(RST_STREAM, 0, stream, integer(CANCEL));
    }

    private static byte[] integer(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** A whole request to the host a. */
    public static byte[] get(int stream, String path, byte[]... fields) {
        return frame(HEADERS, END_STREAM | END_HEADERS, stream, head("GET", path, fields));
    }

    /** The head of a request to the host a, whose body is to follow. */
    public static byte[] post(int stream, String path, byte[]... fields) {
        return frame(HEADERS, END_HEADERS, stream, head("POST", path, fields));
    }

    /** A head in HPACK (RFC 7541): indexed what the static table has, and the rest as literals. */
    public static byte[] head(String method, String path, byte[]... fields) {
        byte[] begin = {(byte) (method.equals("GET") ? 0x82 : 0x83), (byte) 0x86};
        return joined(begin, literal(":path", path), literal(":authority", "a"), joined(fields));
    }

    /** A field that is not added to the dynamic table. */
    public static byte[] literal(String name, String value) {
        return joined(new byte[] {0}, text(name), text(value));
    }

    /** A field that is added to the dynamic table, as its newest entry. */
    public static byte[] indexed(String name, String value) {
        return joined(new byte[] {0x40}, text(name), text(value));
    }

    /** The newest entry of the dynamic table, so many times. */
    public static byte[] newestEntry(int times) {
        return times(times, new byte[] {(byte) (0x80 | 62)});
    }

    private static byte[] text(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int rest = text.length() - 127;
        bytes.write(Math.min(text.length(), 127));
        if (rest >= 0) {
            for (; rest >= 128; rest >>= 7) {
                bytes.write((rest & 127) | 128);
            }
            bytes.write(rest);
        }
        bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return bytes.toByteArray();
    }

    /** The next frame; null if the connection is closed, in order or with a reset. */
    public Frame read() throws IOException {
        try {
            int lengthAndType = in.readInt();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = in.readNBytes(lengthAndType >>> 8);
            int type = lengthAndType & 0xFF;
            last = new Frame(type, flags, stream, ByteBuffer.wrap(payload), type == HEADERS ? status(payload) : 0);
            return last;
        } catch (EOFException | SocketException e) {
            return null;
        }
    }

    /** Decodes every head, as each may depend on those before it; the proxy's fit into one frame each. */
    private int status(byte[] head) throws IOException {
        try {
            return heads.decode(ByteBuffer.wrap(head)) instanceof MetaData.Response response ? response.getStatus() : 0;
        } catch (HpackException e) {
            throw new IOException(e);
        }
    }

    /** Reads on to the next head, which must be of this stream. */
    public int readStatusOf(int stream) throws IOException {
        Frame head = readTo(HEADERS);
        if (head == null || head.stream() != stream) {
            throw new AssertionError("not the head of stream " + stream + ": " + head + ", last " + last);
        }
        return head.status();
    }

    /** Reads on to the next frame of this type; null if the connection is closed before. */
    public Frame readTo(int type) throws IOException {
        Frame frame = read();
        while (frame != null && frame.type() != type) {
            frame = read();
        }
        return frame;
    }

    /** Reads on to the end of a stream, by the proxy's last frame or by a reset; null if the connection is closed before. */
    public Frame readToEndOf(int stream) throws IOException {
        Frame frame = read();
        while (frame != null && !(frame.stream() == stream && (frame.endsStream() || frame.type() == RST_STREAM))) {
            frame = read();
        }
        return frame;
    }

    /** Reads on to the end of the connection; returns the error that it was closed with, or {@link #NONE}. */
    public int readError() throws IOException {
        Frame goAway = readTo(GOAWAY);
        int error = goAway == null ? NONE : goAway.error();
        while (goAway != null) {
            goAway = read();
        }
        return error;
    }

    /**
     * Sends these frames over and over, each time only when the proxy has read the last: what it closes a connection with would
     * be lost otherwise.
     *
     * @return the error that the connection was closed with
     */
    public int flood(byte[] frames) throws IOException {
        return flood(round -> frames);
    }

    /** The same with other frames for each round, which are counted from 0. */
    public int flood(Frames frames) throws IOException {
        for (int round = 0; round < 10_000; round++) {
            int error = sendAndAwait(frames.of(round));
            if (error != 0) {
                return error;
            }
        }
        return 0;
    }

    /** Makes the frames of a round. */
    public interface Frames {
        byte[] of(int round);
    }

    /** Sends frames and waits until they are read: 0, or the error with which the proxy closes the connection instead. */
    public int sendAndAwait(byte[] frames) throws IOException {
        lastPing++;
        try {
            send(frames, frame(PING, 0, 0, lastPing, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte)
                    0));
        } catch (SocketException e) {
            return readError();
        }
        Frame frame = read();
        while (frame != null && !isAnswerToLastPing(frame)) {
            if (frame.type() == GOAWAY) {
                int error = frame.error();
                readError();
                return error;
            }
            frame = read();
        }
        return frame == null ? NONE : 0;
    }

    private boolean isAnswerToLastPing(Frame frame) {
        return frame.type() == PING && frame.flags() == ACK && frame.payload().get(0) == lastPing;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
