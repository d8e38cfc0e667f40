package dev.gapless.proxy.jetty.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client of raw bytes. */
public final class RawClient implements AutoCloseable {
    /** Only bounds a test that has failed already. */
    private static final int READ_TIMEOUT_MILLIS = 10_000;

    private final Socket socket = new Socket();

    public RawClient(int port) throws IOException {
        this(port, 0);
    }

    /** A client whose system takes only so many bytes that it has not read. */
    public RawClient(int port, int receiveBuffer) throws IOException {
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    public RawClient send(String bytes) throws IOException {
        return send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Sends as much as the proxy takes: it may close or reset the connection before it has taken all. */
    public RawClient sendWhatIsTaken(String bytes) {
        try {
            return send(bytes);
        } catch (IOException e) {
            return this;
        }
    }

    /** Starts a thread that sends a part of a body over and over, until the proxy closes or resets the connection. */
    public Thread sendingUntilNoneIsTaken(String part) {
        Thread sender = new Thread(() -> {
            try {
                while (true) {
                    send(part);
                }
            } catch (IOException e) {
                // It takes no more.
            }
        });
        sender.start();
        return sender;
    }

    public InputStream in() throws IOException {
        return socket.getInputStream();
    }

    /** Reads a head, and the body that it declares. */
    public String readResponse() throws IOException {
        String head = readHead();
        return head + Bytes.body(in(), head);
    }

    /** Reads a head and no more. */
    public String readHead() throws IOException {
        String head = Bytes.head(in());
        if (head == null) {
            throw new AssertionError("the proxy has closed the connection");
        }
        return head;
    }

    /** Reads until the proxy closes in order; a reset fails. */
    public String readToEnd() throws IOException {
        return new String(in().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Reads until the proxy closes, in order or with a reset. */
    public String readToEndOrReset() throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] block = new byte[8192];
        try {
            for (int count = in().read(block); count >= 0; count = in().read(block)) {
                read.write(block, 0, count);
            }
        } catch (SocketException e) {
            // A reset.
        }
        return read.toString(StandardCharsets.ISO_8859_1);
    }

    /** Sends no more, but still reads. */
    public void finishSending() throws IOException {
        socket.shutdownOutput();
    }

    /** Leaves with a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
