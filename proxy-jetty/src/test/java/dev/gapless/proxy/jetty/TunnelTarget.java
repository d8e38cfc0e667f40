package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target that answers each request as it is told to, and then hands its end of the tunnel over to the test. */
final class TunnelTarget implements AutoCloseable {
    private final BlockingQueue<End> opened = new LinkedBlockingQueue<>();
    private final Queue<End> all = new ConcurrentLinkedQueue<>();
    private final RawTarget target;

    private TunnelTarget(Reading reading, Function<RawMessage, String> answer) throws IOException {
        RawTarget.Answer open = (request, connection) -> {
            End end = new End(request, connection);
            all.add(end);
            String head = answer.apply(request);
            open(end, head);
            RawTarget.awaitUninterrupted(end.over);
        };
        target = reading == Reading.HEADS ? RawTarget.answeringHeads(open) : RawTarget.answering(open);
    }

    /** One at a time: who has seen an answer, and then asks for another tunnel, gets an end that comes after. */
    private synchronized void open(End end, String head) throws IOException {
        end.send(head);
        opened.add(end);
    }

    /** What it has read of a request when it answers. */
    private enum Reading {
        HEADS,
        BODIES
    }

    /** One that opens each WebSocket that it is asked for. */
    static TunnelTarget ofWebSockets() throws IOException {
        return new TunnelTarget(Reading.HEADS, request -> WebSockets.granted(request));
    }

    /** One that answers as soon as it has the head of a request. */
    static TunnelTarget answeringHeads(Function<RawMessage, String> answer) throws IOException {
        return new TunnelTarget(Reading.HEADS, answer);
    }

    /** One that answers when it has all of a request. */
    static TunnelTarget answering(Function<RawMessage, String> answer) throws IOException {
        return new TunnelTarget(Reading.BODIES, answer);
    }

    /** To be deployed. */
    RawTarget target() {
        return target;
    }

    /** The target's end of the next tunnel. */
    End next() throws InterruptedException {
        End end = opened.poll(20, TimeUnit.SECONDS);
        if (end == null) {
            throw new AssertionError("the target was not asked for a tunnel");
        }
        return end;
    }

    /** Whether there is a tunnel whose end {@link #next} has not returned. */
    boolean isAsked() {
        return !opened.isEmpty();
    }

    /** Closes its end of each tunnel. */
    void closeEnds() throws IOException {
        for (End end : all) {
            end.close();
        }
    }

    @Override
    public void close() throws IOException {
        closeEnds();
        target.close();
    }

    /** The target's end of a tunnel. */
    static final class End {
        private final RawMessage request;
        private final RawTarget.Connection connection;
        private final CountDownLatch over = new CountDownLatch(1);

        private End(RawMessage request, RawTarget.Connection connection) {
            this.request = request;
            this.connection = connection;
        }

        RawMessage request() {
            return request;
        }

        End send(String bytes) throws IOException {
            connection.send(bytes);
            return this;
        }

        void send(byte[] bytes) throws IOException {
            connection.send(bytes);
        }

        String read(int count) throws IOException {
            return new String(connection.in.readNBytes(count), ISO_8859_1);
        }

        /** Reads up to that character, and with it. */
        String readUntil(char last) throws IOException {
            StringBuilder read = new StringBuilder();
            int next = connection.in.read();
            while (next >= 0 && next != last) {
                read.append((char) next);
                next = connection.in.read();
            }
            return read.append(last).toString();
        }

        /** Waits for the end of what the proxy sends, which no reset may be; returns what came before it. */
        String readToEnd() throws IOException {
            return new String(connection.in.readAllBytes(), ISO_8859_1);
        }

        /** Reads until the proxy has closed the connection, in whatever way. */
        void awaitLeft() throws IOException {
            boolean left = connection.isLeft();
            while (!left) {
                left = connection.isLeft();
            }
        }

        void finish() throws IOException {
            connection.finishSending();
        }

        void close() throws IOException {
            connection.close();
            over.countDown();
        }

        void reset() throws IOException {
            connection.reset();
            over.countDown();
        }
    }
}
