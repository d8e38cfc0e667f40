package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLContext;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A client's end of a tunnel, whatever carries it. */
interface TunnelClient extends AutoCloseable {
    TunnelClient send(String bytes) throws Exception;

    /** Waits for so many bytes more. */
    String read(int count) throws Exception;

    /** Takes nothing, as far as that is not what happens anyway while nobody reads. */
    default void holdOff() {}

    default void readOn() {}

    /** Sends no more, but still reads. */
    TunnelClient finish() throws Exception;

    /** Leaves so that the other side sees a break. */
    void reset() throws Exception;

    /** Waits for the proper end; returns what came before it and was not read yet. */
    String readToEnd() throws Exception;

    /** Waits for the tunnel to break, or, where the protocol knows no such thing, to end. */
    void awaitBreak() throws Exception;

    /** Waits for the tunnel to break or to end; returns what came before it and was not read yet. */
    String readToBreak() throws Exception;

    @Override
    void close() throws IOException;

    /** One over a connection of its own, of HTTP/1.1. */
    record OfConnection(RawClient client, Socket socket) implements TunnelClient {
        static OfConnection to(int port) throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            return new OfConnection(new RawClient(socket), socket);
        }

        static OfConnection toTls(int port, SSLContext trusting) throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            return new OfConnection(
                    new RawClient(trusting.getSocketFactory().createSocket(socket, "localhost", port, true)), socket);
        }

        @Override
        public OfConnection send(String bytes) throws IOException {
            client.send(bytes);
            return this;
        }

        @Override
        public String read(int count) throws IOException {
            return client.readBytes(count);
        }

        @Override
        public OfConnection finish() throws IOException {
            client.finishSending();
            return this;
        }

        @Override
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public String readToEnd() throws IOException {
            return client.readToEnd();
        }

        @Override
        public void awaitBreak() throws IOException {
            readToBreak();
        }

        /** The operating system makes a reset of a close where something was left unread. */
        @Override
        public String readToBreak() {
            return client.readToBreak();
        }

        /** TLS itself would wait for the other side to close, too. */
        @Override
        public void close() throws IOException {
            try {
                client.finishSending();
            } catch (IOException e) {
                // It is closed already.
            }
            socket.close();
        }
    }

    /** One over a stream of HTTP/2. */
    final class OfStream implements TunnelClient {
        private final Http2Client connection;
        private final Http2Client.Sent stream;

        OfStream(Http2Client connection, Http2Client.Sent stream) {
            this.connection = connection;
            this.stream = stream;
        }

        @Override
        public OfStream send(String bytes) throws Exception {
            stream.data(bytes.getBytes(ISO_8859_1), false);
            return this;
        }

        @Override
        public String read(int count) throws InterruptedException {
            return stream.next(count);
        }

        @Override
        public void holdOff() {
            stream.holdOff();
        }

        @Override
        public void readOn() {
            stream.readOn();
        }

        @Override
        public OfStream finish() throws Exception {
            stream.data(new byte[0], true);
            return this;
        }

        @Override
        public void reset() {
            stream.reset();
        }

        @Override
        public String readToEnd() throws Exception {
            return stream.response().text().substring(stream.takenBytes());
        }

        @Override
        public void awaitBreak() {
            assertThatThrownBy(stream::response).hasMessageContaining("reset");
        }

        @Override
        public String readToBreak() throws Exception {
            try {
                stream.response();
            } catch (ExecutionException e) {
                assertThat(e).hasMessageContaining("reset");
            }
            return stream.bodyText().substring(stream.takenBytes());
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
