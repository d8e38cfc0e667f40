package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target of HTTP/1.1 within TLS that answers with the bytes it is told to. Probes of /up are healthy. */
final class RawTlsTarget implements AutoCloseable {
    /** Answers the head of a request; the connection is kept unless this closes it. */
    interface Answer {
        void to(RawMessage request, Connection connection) throws IOException;
    }

    private static final Certificates CERTIFICATE = Certificates.shared();

    private final ReservedPort port = new ReservedPort();
    private final SSLContext context = SSLContext.getInstance("TLS");
    private final Answer answer;

    private RawTlsTarget(Answer answer) throws Exception {
        this.answer = answer;
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(CERTIFICATE.store(), "password".toCharArray());
        context.init(keys.getKeyManagers(), null, null);
        port.listen(10, this::take);
    }

    static RawTlsTarget answering(Answer answer) throws Exception {
        return new RawTlsTarget(answer);
    }

    String address() {
        return "https://" + port.address();
    }

    /** Options that trust it. */
    static ServiceOptions trusting() {
        return ServiceOptions.builder()
                .targetTls(TargetTls.builder()
                        .certificateAuthority(CERTIFICATE.chain())
                        .build())
                .build();
    }

    private void take(Socket socket) {
        Thread thread = new Thread(() -> serve(socket), "raw-tls-target-connection");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) {
        try {
            Connection connection = new Connection(socket, context);
            RawMessage request = connection.next();
            while (request != null) {
                if (request.requestTarget().equals("/up")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                } else {
                    answer.to(request, connection);
                }
                request = connection.next();
            }
        } catch (IOException e) {
            // The proxy has closed it, or the test has.
        }
    }

    @Override
    public void close() throws IOException {
        port.close();
    }

    /** One connection of the proxy's. */
    static final class Connection {
        private final Gathering socket;
        private final SSLSocket tls;

        private Connection(Socket plain, SSLContext context) throws IOException {
            socket = new Gathering(plain);
            tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
        }

        private RawMessage next() throws IOException {
            return RawMessage.readHead(tls.getInputStream());
        }

        /** Sends each part in a record of its own, and all of them at once. */
        void send(String... parts) throws IOException {
            socket.gathers = parts.length > 1;
            for (String part : parts) {
                tls.getOutputStream().write(part.getBytes(ISO_8859_1));
            }
            socket.sendGathered();
        }

        /** Says that nothing more will come, on a connection that stays open. */
        void finishSending() throws IOException {
            tls.shutdownOutput();
        }

        /** Closes the connection so that the proxy gets a reset. */
        void reset() throws IOException {
            socket.plain.setSoLinger(true, 0);
            socket.plain.close();
        }
    }

    /** A socket that can keep what is written to it, to send it in one piece. */
    private static final class Gathering extends Socket {
        private final Socket plain;
        private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
        private boolean gathers;

        Gathering(Socket plain) {
            this.plain = plain;
        }

        void sendGathered() throws IOException {
            plain.getOutputStream().write(gathered.toByteArray());
            gathered.reset();
            gathers = false;
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            OutputStream direct = plain.getOutputStream();
            return new OutputStream() {
                @Override
                public void write(int next) throws IOException {
                    write(new byte[] {(byte) next}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    (gathers ? gathered : direct).write(bytes, offset, length);
                }
            };
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return plain.getInputStream();
        }

        @Override
        public boolean isConnected() {
            return plain.isConnected();
        }

        @Override
        public int getPort() {
            return plain.getPort();
        }

        /** Within TLS one can say that nothing more comes, and leave the connection open. */
        @Override
        public void shutdownOutput() {}

        @Override
        public synchronized void close() throws IOException {
            plain.close();
        }
    }
}
