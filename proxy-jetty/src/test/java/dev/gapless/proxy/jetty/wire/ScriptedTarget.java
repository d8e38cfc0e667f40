package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.jetty.ReservedPort;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A target that is healthy and otherwise does with each request what the test says, byte by byte. */
final class ScriptedTarget implements Closeable {
    /** What happens to one request. */
    interface Script {
        /** Called with the request's head read; returns whether the connection goes on. */
        boolean answer(Exchange exchange) throws IOException;
    }

    /** One request on its connection. */
    record Exchange(Socket socket, String head) {
        InputStream in() throws IOException {
            return socket.getInputStream();
        }

        void send(String bytes) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** Closes the connection so that the other side gets a reset. */
        boolean reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
            return false;
        }
    }

    private final ReservedPort port = new ReservedPort();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private volatile Script script;

    ScriptedTarget(Script script) {
        this.script = script;
        port.listen(100, this::take);
    }

    String address() {
        return port.address();
    }

    void script(Script script) {
        this.script = script;
    }

    /** The heads of the requests so far, health probes apart. */
    List<String> heads() {
        return heads;
    }

    /** Waits until the proxy has closed a connection in the middle of a script that reads. */
    String awaitClosed() throws InterruptedException {
        String head = closed.poll(10, TimeUnit.SECONDS);
        if (head == null) {
            throw new AssertionError("the proxy has not closed its connection");
        }
        return head;
    }

    /** A script's way to wait for the end of its connection. */
    boolean readToEnd(Exchange exchange) throws IOException {
        try {
            exchange.in().transferTo(OutputStream.nullOutputStream());
        } finally {
            closed.add(exchange.head());
        }
        return false;
    }

    private void take(Socket socket) {
        open.add(socket);
        start(() -> serve(socket));
    }

    private void serve(Socket socket) {
        try (socket) {
            String head = Wire.readHead(socket.getInputStream());
            while (head != null) {
                if (!answer(new Exchange(socket, head))) {
                    return;
                }
                head = Wire.readHead(socket.getInputStream());
            }
        } catch (IOException e) {
            // The proxy or the script has ended the connection.
        }
    }

    private boolean answer(Exchange exchange) throws IOException {
        if (exchange.head().startsWith("GET /up ")) {
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            return true;
        }
        heads.add(exchange.head());
        return script.answer(exchange);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "scripted-target");
        thread.setDaemon(true);
        thread.start();
    }

    /** Refuses new connections from now on, and closes those that are open. */
    void leave() {
        port.refuse();
        closeConnections();
    }

    @Override
    public void close() {
        try {
            port.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closeConnections();
    }

    private void closeConnections() {
        try {
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
