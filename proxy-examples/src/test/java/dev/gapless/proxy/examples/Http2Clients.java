package dev.gapless.proxy.examples;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Many HTTP/2 connections in clear text, each with many streams. */
final class Http2Clients implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final HTTP2Client client = new HTTP2Client();
    private final List<CompletableFuture<Boolean>> answers = new ArrayList<>();

    Http2Clients() throws Exception {
        client.setIdleTimeout(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        client.start();
    }

    /** Opens a connection. */
    Session connect(int port) throws Exception {
        return client.connect(
                        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port),
                        new Session.Listener() {})
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Asks for a path; the next call's request follows this one's on the connection. */
    void send(Session session, String path) throws Exception {
        MetaData.Request request = new MetaData.Request(
                "GET", "http", new HostPortHttpField("example.com"), path, HttpVersion.HTTP_2, HttpFields.EMPTY, -1);
        Answer answer = new Answer(path);
        answers.add(answer.right);
        session.newStream(new HeadersFrame(request, null, true), answer).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Waits for the answers; returns how many are 200 with the path that was asked for. */
    int awaitAnswers() throws Exception {
        int right = 0;
        for (CompletableFuture<Boolean> answer : answers) {
            right += answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS) ? 1 : 0;
        }
        return right;
    }

    @Override
    public void close() {
        LifeCycle.stop(client);
    }

    private static final class Answer implements Stream.Listener {
        private final CompletableFuture<Boolean> right = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();
        private final String path;
        private volatile int status;

        Answer(String path) {
            this.path = path;
        }

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            status = ((MetaData.Response) frame.getMetaData()).getStatus();
            if (frame.isEndStream()) {
                right.complete(false);
            } else {
                stream.demand();
            }
        }

        @Override
        public void onDataAvailable(Stream stream) {
            Stream.Data data = stream.readData();
            if (data == null) {
                stream.demand();
                return;
            }
            ByteBuffer bytes = data.frame().getByteBuffer();
            text.append(US_ASCII.decode(bytes));
            data.release();
            if (data.frame().isEndStream()) {
                right.complete(status == 200 && path.contentEquals(text));
            } else {
                stream.demand();
            }
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            right.complete(false);
            callback.succeeded();
        }

        @Override
        public void onFailure(Stream stream, int error, String reason, Throwable failure, Callback callback) {
            right.complete(false);
            callback.succeeded();
        }
    }
}
