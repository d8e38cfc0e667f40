package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.jetty.ReservedPort;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A target that is healthy, counts what reaches it, and answers every other request as its subclass pleases. */
public abstract class RawTarget implements Closeable {
    public static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** A request whose head has been read. */
    public record Call(Socket socket, String head) {
        public InputStream in() throws IOException {
            return socket.getInputStream();
        }

        public String body() throws IOException {
            return Bytes.body(in(), head);
        }

        public String path() {
            return head.split(" ", 3)[1];
        }

        public void send(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
        }

        /** Closes the connection so that the proxy gets a reset. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** Reads until the proxy closes the connection. */
        public void readToEnd() throws IOException {
            in().transferTo(OutputStream.nullOutputStream());
        }
    }

    private final ReservedPort port = new ReservedPort();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Semaphore arrived = new Semaphore(0);

    protected RawTarget() {
        port.listen(1000, this::take);
    }

    /** Answers a request; returns whether the connection goes on. */
    protected abstract boolean answer(Call call) throws Exception;

    public final String address() {
        return port.address();
    }

    /** The heads of the requests so far, health probes apart. */
    public final List<String> heads() {
        return heads;
    }

    /** How many connections it has accepted, those of health probes among them. */
    public final int accepted() {
        return accepted.get();
    }

    /** How many connections are open that the proxy has not closed. */
    public final int open() {
        return open.size();
    }

    /** Waits for one more request. */
    public final void awaitRequest() throws InterruptedException {
        if (!arrived.tryAcquire(10, TimeUnit.SECONDS)) {
            throw new AssertionError("no request has come");
        }
    }

    private void take(Socket socket) {
        accepted.incrementAndGet();
        open.add(socket);
        start(() -> serve(socket));
    }

    private void serve(Socket socket) {
        try (socket) {
            String head = Bytes.head(socket.getInputStream());
            while (head != null && answerOrProbe(new Call(socket, head))) {
                head = Bytes.head(socket.getInputStream());
            }
        } catch (Exception e) {
            // The proxy has ended the connection, or this target has.
        } finally {
            open.remove(socket);
        }
    }

    private boolean answerOrProbe(Call call) throws Exception {
        if (call.path().equals("/up")) {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            return true;
        }
        heads.add(call.head());
        arrived.release();
        return answer(call);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "raw-target");
        thread.setDaemon(true);
        thread.start();
    }

    /** Refuses new connections; those that are open go on. */
    public final void refuse() {
        port.refuse();
    }

    @Override
    public void close() throws IOException {
        port.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
