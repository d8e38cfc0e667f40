package dev.gapless.proxy.jetty.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A client of raw bytes. */
final class Wire implements AutoCloseable {
    /** Only bounds a test that has failed already. */
    private static final int READ_TIMEOUT_MILLIS = 10_000;

    private final Socket socket;

    Wire(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
    }

    Wire send(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /** Reads until the proxy closes. */
    String readToEnd() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Reads a response head, and as much of a body as it declares. */
    String readResponse() throws IOException {
        String head = readHead(socket.getInputStream());
        if (head == null) {
            return "";
        }
        int declared = head.toLowerCase(Locale.ROOT).indexOf("content-length: ");
        int length = declared < 0
                ? 0
                : Integer.parseInt(head.substring(declared + 16, head.indexOf("\r\n", declared))
                        .trim());
        return head + new String(socket.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    /** Reads a response head and no more. */
    @Nullable
    String readHead() throws IOException {
        return readHead(socket.getInputStream());
    }

    /** Reads until what has come ends like this. */
    String readUntil(String end) throws IOException {
        StringBuilder read = new StringBuilder();
        while (read.indexOf(end) < 0) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                throw new AssertionError("the stream ended after " + read);
            }
            read.append((char) b);
        }
        return read.toString();
    }

    /** Leaves with a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Reads to the empty line, or returns null at the end of the stream. */
    static @Nullable String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int last4 = 0;
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.write(b);
            last4 = last4 << 8 | b;
            if (last4 == 0x0D0A0D0A) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return null;
    }
}
