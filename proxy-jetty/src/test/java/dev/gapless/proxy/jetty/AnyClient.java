package dev.gapless.proxy.jetty;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A client's connection, whatever it speaks: the same request after request, as far as the protocols have the same. */
interface AnyClient extends AutoCloseable {
    /** What it speaks. */
    enum Protocol {
        HTTP_1_1,
        HTTP_2,
        HTTP_1_1_OVER_TLS,
        HTTP_2_OVER_TLS;

        boolean isHttp2() {
            return this == HTTP_2 || this == HTTP_2_OVER_TLS;
        }

        boolean isTls() {
            return this == HTTP_1_1_OVER_TLS || this == HTTP_2_OVER_TLS;
        }
    }

    /** The head of a response, an interim one or not; its fields as {@code name: value} with the name in lower case. */
    record Head(int status, List<String> fields) {
        List<String> all(String name) {
            return fields.stream()
                    .filter(field -> field.startsWith(name + ": "))
                    .map(field -> field.substring(name.length() + 2))
                    .toList();
        }

        private static Head of(RawMessage message) {
            return new Head(
                    message.status(),
                    message.fields().stream().map(Head::normalized).toList());
        }

        private static String normalized(String line) {
            int colon = line.indexOf(':');
            return line.substring(0, colon).toLowerCase(Locale.ROOT) + ": "
                    + line.substring(colon + 1).strip();
        }

        private static Head of(MetaData.Response response) {
            HttpFields fields = response.getHttpFields();
            return new Head(
                    response.getStatus(),
                    fields.stream()
                            .map(field -> field.getLowerCaseName() + ": " + field.getValue())
                            .toList());
        }
    }

    /** A request under way. */
    interface Sent {
        /** Sends some of its body. */
        Sent data(String bytes, boolean last) throws Exception;

        /** The next head, for which it waits. */
        Head nextHead() throws Exception;

        /** The next bytes of the body, for which it waits. */
        String next(int count) throws Exception;

        /** What is left of the body, up to its proper end. */
        String rest() throws Exception;

        /** Waits until the response is broken off, without a proper end. */
        void awaitCut() throws Exception;

        /** Gives it up: over HTTP/2 the stream, else the connection. */
        void leave() throws Exception;

        /** The head that is not an interim one. */
        default Head finalHead() throws Exception {
            Head head = nextHead();
            while (head.status() < 200) {
                head = nextHead();
            }
            return head;
        }
    }

    static AnyClient speaking(Protocol protocol, ProxyServer proxy) throws Exception {
        Certificates trusted = Certificates.shared();
        return switch (protocol) {
            case HTTP_1_1 -> new Http1(RawClient.to(proxy.port()));
            case HTTP_1_1_OVER_TLS ->
                new Http1(new RawClient(trusted.trusting()
                        .getSocketFactory()
                        .createSocket(InetAddress.getLoopbackAddress(), proxy.httpsPort())));
            case HTTP_2 -> new Http2(Http2Client.to(proxy.port()));
            case HTTP_2_OVER_TLS -> new Http2(Http2Client.overTls(proxy.httpsPort(), trusted));
        };
    }

    /** Sends a request to example.com, with fields as name, value, name, value; its body follows if it does not end here. */
    Sent begin(String method, String path, boolean end, String... fields) throws Exception;

    /** Closes the connection without a word. */
    void disconnect() throws IOException;

    @Override
    void close() throws IOException;

    default Sent get(String path) throws Exception {
        return begin("GET", path, true);
    }

    /** Of HTTP/1.1. */
    record Http1(RawClient connection) implements AnyClient {
        @Override
        public Sent begin(String method, String path, boolean end, String... fields) throws IOException {
            String[] lines = new String[fields.length / 2];
            for (int i = 0; i < lines.length; i++) {
                lines[i] = fields[2 * i] + ": " + fields[2 * i + 1];
            }
            connection.send(RawClient.head(method, path, lines));
            return new Http1Sent(connection, method.equals("HEAD"));
        }

        @Override
        public void disconnect() throws IOException {
            connection.close();
        }

        @Override
        public void close() throws IOException {
            connection.close();
        }
    }

    /** Of HTTP/1.1. */
    final class Http1Sent implements Sent {
        private static final int TO_THE_END = -1;

        private final RawClient connection;
        private final boolean head;
        private boolean chunked;
        private boolean ended;
        /** Of the body, or of its present chunk. */
        private int left;

        private Http1Sent(RawClient connection, boolean head) {
            this.connection = connection;
            this.head = head;
        }

        @Override
        public Sent data(String bytes, boolean last) throws IOException {
            connection.send(bytes);
            return this;
        }

        @Override
        public Head nextHead() throws IOException {
            RawMessage next = connection.readHead();
            if (next == null) {
                throw new EOFException("no head has come");
            }
            if (next.status() >= 200) {
                beginBody(next);
            }
            return Head.of(next);
        }

        private void beginBody(RawMessage of) {
            String length = of.field("Content-Length");
            chunked = "chunked".equals(of.field("Transfer-Encoding"));
            ended = head || of.status() == 204 || of.status() == 304;
            if (!ended && !chunked) {
                left = length == null ? TO_THE_END : Integer.parseInt(length);
            }
        }

        @Override
        public String next(int count) throws IOException {
            StringBuilder read = new StringBuilder();
            while (read.length() < count && hasMore()) {
                int part = left == TO_THE_END ? count - read.length() : Math.min(left, count - read.length());
                String bytes = connection.readBytes(part);
                if (bytes.isEmpty() && left == TO_THE_END) {
                    ended = true;
                } else if (bytes.isEmpty()) {
                    throw new EOFException("broke off after " + read);
                }
                read.append(bytes);
                took(bytes.length());
            }
            return read.toString();
        }

        private void took(int bytes) throws IOException {
            if (left != TO_THE_END) {
                left -= bytes;
            }
            if (chunked && left == 0) {
                connection.readBytes(2);
            }
        }

        private boolean hasMore() throws IOException {
            if (!ended && left == 0) {
                left = chunked ? chunkSize() : 0;
                ended = left == 0;
                if (chunked && ended) {
                    connection.readBytes(2); // Without trailers.
                }
            }
            return !ended;
        }

        private int chunkSize() throws IOException {
            StringBuilder line = new StringBuilder();
            while (line.indexOf("\r\n") < 0) {
                String next = connection.readBytes(1);
                if (next.isEmpty()) {
                    throw new EOFException("no chunk has come but " + line);
                }
                line.append(next);
            }
            return Integer.parseInt(line.substring(0, line.length() - 2), 16);
        }

        @Override
        public String rest() throws IOException {
            return next(Integer.MAX_VALUE);
        }

        @Override
        public void awaitCut() throws IOException {
            try {
                String rest = rest();
                throw new AssertionError("it has ended properly after " + rest);
            } catch (IOException e) {
                // It has.
            }
        }

        @Override
        public void leave() throws IOException {
            connection.close();
        }
    }

    /** Of HTTP/2. */
    record Http2(Http2Client connection) implements AnyClient {
        @Override
        public Sent begin(String method, String path, boolean end, String... fields) throws Exception {
            return new Http2Sent(connection.begin(method, path, end, fields));
        }

        @Override
        public void disconnect() {
            connection.disconnect();
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    /** Of HTTP/2. */
    record Http2Sent(Http2Client.Sent sent) implements Sent {
        @Override
        public Sent data(String bytes, boolean last) throws Exception {
            sent.data(bytes.getBytes(ISO_8859_1), last);
            return this;
        }

        @Override
        public Head nextHead() throws InterruptedException {
            return Head.of(sent.nextHead());
        }

        @Override
        public String next(int count) throws InterruptedException {
            return sent.next(count);
        }

        @Override
        public String rest() throws Exception {
            String body = sent.response().text();
            return body.substring(sent.takenBytes());
        }

        @Override
        public void awaitCut() throws Exception {
            Throwable cut = sent.incoming()
                    .response
                    .handle((response, failure) -> failure)
                    .get(20, TimeUnit.SECONDS);
            if (cut == null) {
                throw new AssertionError("it has ended properly: " + rest());
            }
        }

        @Override
        public void leave() {
            sent.reset();
        }
    }
}
