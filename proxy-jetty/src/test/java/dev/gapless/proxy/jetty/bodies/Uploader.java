package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.Bytes;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** A client with one upload, over HTTP/1.1 or HTTP/2, that sends it piece by piece. */
abstract class Uploader implements AutoCloseable {
    /** What a client was answered. */
    record Answer(int status, @Nullable String retryAfter, String body) {}

    /**
     * Sends the head.
     *
     * @param length the body's, where the framing declares it
     * @param fields as name, value, name, value
     */
    static Uploader begin(Framing framing, int port, String method, String path, long length, String... fields)
            throws Exception {
        return framing.isHttp2()
                ? new OverHttp2(framing, port, method, path, length, fields)
                : new OverHttp1(framing, port, method, path, length, fields);
    }

    /** Sends the bytes of an array from one index to before another. */
    abstract Uploader send(byte[] bytes, int from, int to) throws Exception;

    final Uploader send(byte[] bytes) throws Exception {
        return send(bytes, 0, bytes.length);
    }

    /** Says that this was all. */
    abstract Uploader end() throws Exception;

    /** As {@link #end()}, with trailers. */
    abstract Uploader end(String name, String value) throws Exception;

    final Uploader sendAll(byte[] bytes) throws Exception {
        return send(bytes).end();
    }

    /** Sends what is taken: the proxy may answer before it has all. */
    final void sendWhatIsTaken(byte[] bytes) {
        try {
            sendAll(bytes);
        } catch (Exception e) {
            // The connection, or the stream, is closed.
        }
    }

    /** As {@link #sendWhatIsTaken(byte[])}, without the end. */
    final void sendWhatIsTaken(byte[] bytes, int from, int to) {
        try {
            send(bytes, from, to);
        } catch (Exception e) {
            // The connection, or the stream, is closed.
        }
    }

    /** The final answer. */
    abstract Answer answer() throws Exception;

    /** Leaves before the end: with a reset of the connection or the stream. */
    abstract void leave() throws Exception;

    /** Sends another request over the same connection, and returns the status. */
    abstract int next() throws Exception;

    @Override
    public abstract void close() throws IOException;

    private static final class OverHttp1 extends Uploader {
        private final RawClient client;
        private final boolean chunked;

        OverHttp1(Framing framing, int port, String method, String path, long length, String... fields)
                throws Exception {
            client = new RawClient(port);
            chunked = framing == Framing.CHUNKED;
            StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: a\r\n");
            for (int i = 0; i < fields.length; i += 2) {
                head.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
            }
            head.append(chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length);
            client.send(head.append("\r\n\r\n").toString());
        }

        @Override
        Uploader send(byte[] bytes, int from, int to) throws Exception {
            if (chunked) {
                client.send(Integer.toHexString(to - from) + "\r\n");
            }
            client.send(Arrays.copyOfRange(bytes, from, to));
            if (chunked) {
                client.send("\r\n");
            }
            return this;
        }

        @Override
        Uploader end() throws Exception {
            if (chunked) {
                client.send("0\r\n\r\n");
            }
            return this;
        }

        @Override
        Uploader end(String name, String value) throws Exception {
            client.send("0\r\n" + name + ": " + value + "\r\n\r\n");
            return this;
        }

        @Override
        Answer answer() throws Exception {
            String head = client.readHead();
            while (head.startsWith("HTTP/1.1 1")) {
                head = client.readHead();
            }
            return new Answer(
                    Integer.parseInt(head.substring(9, 12)), field(head, "Retry-After"), Bytes.body(client.in(), head));
        }

        private static @Nullable String field(String head, String name) {
            int at = head.toLowerCase(Locale.ROOT).indexOf("\r\n" + name.toLowerCase(Locale.ROOT) + ": ");
            return at < 0 ? null : head.substring(at + name.length() + 4, head.indexOf("\r\n", at + 2));
        }

        @Override
        void leave() throws Exception {
            client.reset();
        }

        @Override
        int next() throws Exception {
            client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
            return answer().status();
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private static final class OverHttp2 extends Uploader {
        private final Http2Client client;
        private final Http2Client.Sent sent;
        /** How much is still to come of the length that was declared; whoever has declared one ends with its last byte. */
        private long missing;

        OverHttp2(Framing framing, int port, String method, String path, long length, String... fields)
                throws Exception {
            client = Http2Client.to(port);
            String[] all = fields;
            if (framing.hasLength()) {
                all = Arrays.copyOf(fields, fields.length + 2);
                all[fields.length] = "content-length";
                all[fields.length + 1] = String.valueOf(length);
            }
            sent = client.begin(method, path, false, all);
            missing = framing.hasLength() ? length : -1;
        }

        @Override
        Uploader send(byte[] bytes, int from, int to) throws Exception {
            missing -= to - from;
            sent.data(Arrays.copyOfRange(bytes, from, to), missing == 0);
            return this;
        }

        @Override
        Uploader end() throws Exception {
            if (missing != 0) {
                sent.data(new byte[0], true);
            }
            return this;
        }

        @Override
        Uploader end(String name, String value) throws Exception {
            sent.trailers(HttpFields.build().add(name, value));
            return this;
        }

        @Override
        Answer answer() throws Exception {
            Http2Client.Response response = sent.response();
            return new Answer(response.status(), response.fields().get("retry-after"), response.text());
        }

        @Override
        void leave() {
            sent.reset();
        }

        @Override
        int next() throws Exception {
            return client.get("/next").status();
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
