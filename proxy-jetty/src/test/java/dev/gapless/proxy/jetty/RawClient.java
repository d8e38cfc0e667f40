package dev.gapless.proxy.jetty;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A client that writes the bytes it is told to and reads what comes. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
    }

    static RawClient to(int port) throws IOException {
        return new RawClient(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** Sends text, one byte a character. */
    RawClient send(String bytes) throws IOException {
        return send(bytes.getBytes(ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Sends on a thread of its own, as much as is taken. */
    Thread sending(String head, byte[] body) {
        Thread sender = new Thread(() -> {
            try {
                send(head).send(body);
            } catch (IOException e) {
                // The connection is closed.
            }
        });
        sender.start();
        return sender;
    }

    /** Sends a GET with these further header lines and reads the response. */
    RawMessage get(String path, String... lines) throws IOException {
        return send(head("GET", path, lines)).read();
    }

    static String head(String method, String path, String... lines) {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: example.com\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    /** Reads a response with its body; null if the connection is closed instead. */
    RawMessage read() throws IOException {
        return RawMessage.read(in);
    }

    /** Reads the head of a response and leaves what follows. */
    RawMessage readHead() throws IOException {
        return RawMessage.readHead(in);
    }

    String readBytes(int count) throws IOException {
        return new String(in.readNBytes(count), ISO_8859_1);
    }

    /** Waits for the end of the stream; returns what came before it. */
    String readToEnd() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Waits for the end of the connection, in order or with a reset; returns what came before it. */
    String readToEndOrReset() throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            in.transferTo(read);
        } catch (SocketException e) {
            // A reset.
        }
        return read.toString(ISO_8859_1);
    }

    /** Waits for the end of the connection, in whatever way it comes; returns what came before it. */
    String readToBreak() {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            in.transferTo(read);
        } catch (IOException e) {
            // That is the end, too.
        }
        return read.toString(ISO_8859_1);
    }

    /** Sends no more, but still reads. */
    RawClient finishSending() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
