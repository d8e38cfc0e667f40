package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.ReservedPort;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target that breaks off where it is told to, once, and otherwise does nothing wrong; it counts what has reached it. */
final class CuttingTarget implements Closeable {
    static final int RESPONSE_BYTES = 200_000;
    static final String RESPONSE_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/odd\r\nX-Mine: 1; a=\"b\"\r\n"
            + "Set-Cookie: a=b; Path=/\r\nContent-Length: " + RESPONSE_BYTES + "\r\n\r\n";
    static final byte[] RESPONSE_BODY = Pattern.bytes(0, RESPONSE_BYTES);

    /** What has become of one request at the targets that it may reach. */
    static final class Journal {
        private final List<CuttingTarget> reached = new ArrayList<>();
        private final List<CuttingTarget> completed = new ArrayList<>();
        private final List<String> wrong = new ArrayList<>();
        private int request;
        private @Nullable Cut pending;
        private boolean cut;
        private int headBytes;

        /** Begins a request; one that breaks off reaches the first target only so far. */
        synchronized void begin(@Nullable Cut where) {
            request++;
            pending = where;
            cut = false;
            reached.clear();
            completed.clear();
        }

        private synchronized boolean hasBegun() {
            return request > 0;
        }

        /** The field that the request must have, which is always as long. */
        synchronized String field() {
            return String.format(Locale.ROOT, "X-Request: %08d\r\n", request);
        }

        /** Those that have got a byte of it, in this order. */
        synchronized List<CuttingTarget> reached() {
            return List.copyOf(reached);
        }

        /** Those that have got all of it. */
        synchronized List<CuttingTarget> completed() {
            return List.copyOf(completed);
        }

        /** Requests that came when they should not, or not as they were sent. */
        synchronized List<String> wrong() {
            return List.copyOf(wrong);
        }

        synchronized boolean isCut() {
            return cut;
        }

        synchronized int headBytes() {
            return headBytes;
        }

        private synchronized @Nullable Cut reachedBy(CuttingTarget target) {
            reached.add(target);
            Cut taken = pending;
            pending = null;
            return taken;
        }

        private synchronized void headRead(String head) {
            headBytes = head.length();
            if (!head.contains(field())) {
                wrong.add("during request " + request + ": " + head);
            }
        }

        private synchronized void completedBy(CuttingTarget target, byte[] body) {
            completed.add(target);
            if (!Arrays.equals(body, Pattern.bytes(0, body.length))) {
                wrong.add("another body in request " + request);
            }
        }

        private synchronized void cutMade() {
            cut = true;
        }
    }

    private final Journal journal;
    private final ReservedPort port = new ReservedPort();

    CuttingTarget(Journal journal) {
        this.journal = journal;
        port.listen(1000, socket -> start(() -> serve(socket)));
    }

    String address() {
        return port.address();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "cutting-target");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) {
        try (socket) {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = answer(socket);
            }
        } catch (IOException e) {
            // The proxy has ended the connection.
        }
    }

    private boolean answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        int first = in.read();
        if (first < 0) {
            return false;
        }
        Cut cut = journal.hasBegun() ? journal.reachedBy(this) : null;
        String head = readHead(in, (char) first, cut);
        if (head == null) {
            return cut(socket, cut);
        }
        if (head.startsWith("GET /up ")) {
            write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
            return true;
        }
        journal.headRead(head);
        int length = length(head);
        if (cut != null && cut.place() == Cut.Place.REQUEST_BODY) {
            read(in, cut.offset());
            return cut(socket, cut);
        }
        journal.completedBy(this, read(in, length));
        if (cut != null) {
            byte[] begin = cut.place() == Cut.Place.RESPONSE_HEAD ? new byte[0] : RESPONSE_HEAD.getBytes(ISO_8859_1);
            byte[] rest = cut.place() == Cut.Place.RESPONSE_HEAD ? RESPONSE_HEAD.getBytes(ISO_8859_1) : RESPONSE_BODY;
            write(socket, begin);
            write(socket, Arrays.copyOf(rest, cut.offset()));
            return cut(socket, cut);
        }
        write(socket, RESPONSE_HEAD.getBytes(ISO_8859_1));
        write(socket, RESPONSE_BODY);
        return true;
    }

    /** Reads to the empty line; null if it breaks off before. */
    private static @Nullable String readHead(InputStream in, char first, @Nullable Cut cut) throws IOException {
        StringBuilder head = new StringBuilder().append(first);
        while (head.length() < 4 || head.lastIndexOf("\r\n\r\n") != head.length() - 4) {
            if (cut != null && cut.isAt(Cut.Place.REQUEST_HEAD, head.length())) {
                return null;
            }
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the request breaks off");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static int length(String head) {
        String name = "\r\nContent-Length: ";
        int at = head.indexOf(name);
        return at < 0 ? 0 : Integer.parseInt(head.substring(at + name.length(), head.indexOf("\r\n", at + 2)));
    }

    private static byte[] read(InputStream in, int length) throws IOException {
        byte[] read = in.readNBytes(length);
        if (read.length < length) {
            throw new EOFException("the request breaks off");
        }
        return read;
    }

    private static void write(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    private boolean cut(Socket socket, @Nullable Cut cut) throws IOException {
        journal.cutMade();
        if (cut != null && cut.resets()) {
            socket.setSoLinger(true, 0);
        } else {
            socket.shutdownOutput();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
