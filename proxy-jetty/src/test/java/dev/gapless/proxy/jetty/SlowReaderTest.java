package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.tls.ClientTls;
import dev.gapless.proxy.jetty.tls.PendingCertificates;
import dev.gapless.proxy.spi.TimeSource;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that take nothing of a response for longer than a connection may be idle. The time is that of other clients, who
 * are shown the door by the same timeout.
 */
class SlowReaderTest {
    /** Much more than the operating system keeps on either side of a connection whose buffers are small. */
    private static final int RESPONSE_BYTES = 4 * 1024 * 1024;

    private static final int SEND_BUFFER_BYTES = 64 * 1024;
    private static final int RECEIVE_BUFFER_BYTES = 16 * 1024;
    private static final int PART_BYTES = 64 * 1024;
    private static final long MOMENT_MILLIS = 200;
    private static final Duration CLIENT_IDLE_TIMEOUT = Duration.ofMinutes(1);

    /** The client connection preface, of any stream and of the connection as large a window as there is (RFC 9113). */
    private static final String HTTP2_WITH_OPEN_WINDOWS = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + "\0\0\6\4\0\0\0\0\0\0\4\177\377\377\377"
            + "\0\0\4\10\0\0\0\0\0\177\377\0\0";

    private static final String HTTP2_WITH_SMALL_WINDOWS = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0";

    private static final String OPEN_WINDOWS = "\0\0\4\10\0\0\0\0\0\177\0\0\0" + "\0\0\4\10\0\0\0\0\1\177\0\0\0";

    /** GET / of the authority a, in HPACK. */
    private static final String HTTP2_GET = "\0\0\6\1\5\0\0\0\1\202\206\204A\1a";

    private static final String HTTP1_GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final Certificates certificate = Certificates.shared();

    private final MovedTime time = new MovedTime();
    private final PaceWatch watch = new PaceWatch(time);
    private final CountDownLatch cut = new CountDownLatch(1);
    private final QueuedThreadPool threads = new QueuedThreadPool();
    private final ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler();
    private final Lanes lanes = new Lanes(1);
    private final Server server = new Server(threads, scheduler, null);
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private LaneServerConnector http;
    private LaneServerConnector https;

    private void start() throws Exception {
        ByteBufferPool buffers = new ArrayByteBufferPool();
        lanes.setExecutor(threads);
        lanes.setScheduler(scheduler);
        lanes.setByteBufferPool(buffers);
        threads.start();
        scheduler.start();
        lanes.start();
        server.setHandler(new LargeResponses());
        ProxyServer.Builder options =
                ProxyServer.builder().bindAddress("127.0.0.1").httpPort(0).clientIdleTimeout(CLIENT_IDLE_TIMEOUT);
        Listeners listeners = new Listeners(options, server, lanes, new LaneExecutor(threads), scheduler, buffers);
        http = listeners.http();
        ClientTls tls = new ClientTls(
                TimeSource.system(),
                true,
                Optional.of(new ClientTls.OwnFiles(certificate.chain(), certificate.key())),
                Map.of(),
                PendingCertificates.NONE);
        tls.start();
        https = listeners.https(0, tls);
        http.setAcceptedSendBufferSize(SEND_BUFFER_BYTES);
        https.setAcceptedSendBufferSize(SEND_BUFFER_BYTES);
        server.addConnector(http);
        server.addConnector(https);
        server.start();
    }

    @AfterEach
    void closeAll() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        server.stop();
        lanes.stop();
        scheduler.stop();
        threads.stop();
    }

    @ParameterizedTest
    @EnumSource
    void aResponseWaitsForAClientThatTakesNothingForLongerThanItMayBeIdle(Protocol protocol) throws Exception {
        start();
        Socket client = askUntilFull(protocol);

        awaitIdleTimeouts();

        assertThat(readBody(client, protocol)).isEqualTo(RESPONSE_BYTES);
        ProxyScaffold.eventually("the response is over", () -> watch.size() == 0);
        letClientsBeIdle(MOMENT_MILLIS);
        assertThat(client.getInputStream().readAllBytes())
                .as("what comes before the idle connection is closed")
                .hasSizeLessThan(100);
    }

    @Test
    void aResponseWaitsForAStreamWhoseWindowIsClosedForLongerThanItMayBeIdle() throws Exception {
        start();
        Socket client = ask(Protocol.HTTP_2, HTTP2_WITH_SMALL_WINDOWS + HTTP2_GET);

        awaitIdleTimeouts();

        send(client, OPEN_WINDOWS);
        assertThat(readBody(client, Protocol.HTTP_2)).isEqualTo(RESPONSE_BYTES);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatIsTooSlowIsCut(Protocol protocol) throws Exception {
        start();
        askUntilFull(protocol);

        time.advance(Duration.ofMinutes(10));
        watch.check();

        assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(watch.size()).isZero();
        letClientsBeIdle(MOMENT_MILLIS);
        ProxyScaffold.eventually(
                "the connection is closed",
                () -> http.getConnectedEndPoints().isEmpty()
                        && https.getConnectedEndPoints().isEmpty());
    }

    private Socket askUntilFull(Protocol protocol) throws Exception {
        Socket client = ask(protocol, protocol.isHttp2() ? HTTP2_WITH_OPEN_WINDOWS + HTTP2_GET : HTTP1_GET);
        ProxyScaffold.eventually("the connection takes no more", this::isFull);
        return client;
    }

    private boolean isFull() {
        return Stream.concat(http.getConnectedEndPoints().stream(), https.getConnectedEndPoints().stream())
                .anyMatch(endPoint -> ((LaneEndPoint) endPoint).isWriteInterested());
    }

    /**
     * Clients may be idle for a moment only, until two others have been shown the door. Not before and not after, as a busy machine
     * may take longer than that for what the response waits for, or between two of its parts.
     */
    private void awaitIdleTimeouts() throws IOException {
        letClientsBeIdle(MOMENT_MILLIS);
        for (int i = 0; i < 2; i++) {
            try (RawClient other = RawClient.to(http.getLocalPort())) {
                assertThat(other.readToEnd()).isEmpty();
            }
        }
        letClientsBeIdle(CLIENT_IDLE_TIMEOUT.toMillis());
    }

    private void letClientsBeIdle(long millis) {
        ProxyScaffold.letClientsBeIdle(List.of(http, https), millis);
    }

    /** Sends a request whose response then waits for the client. */
    private Socket ask(Protocol protocol, String request) throws Exception {
        Socket client = connect(protocol);
        send(client, request);
        ProxyScaffold.eventually("the response waits for its client", () -> watch.size() > 0);
        return client;
    }

    private Socket connect(Protocol protocol) throws Exception {
        Socket plain = new Socket();
        open.push(plain);
        plain.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
        plain.setSoTimeout(20_000);
        int port = (protocol.isTls() ? https : http).getLocalPort();
        plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return protocol.isTls() ? secure(plain, protocol.isHttp2() ? "h2" : "http/1.1") : plain;
    }

    private Socket secure(Socket plain, String protocol) throws Exception {
        SSLSocket secure = (SSLSocket)
                certificate.trusting().getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        return secure;
    }

    private static void send(Socket client, String bytes) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write(bytes.getBytes(ISO_8859_1));
        out.flush();
    }

    private static long readBody(Socket client, Protocol protocol) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        if (protocol.isHttp2()) {
            return readStream(in);
        }
        int last4 = 0;
        while (last4 != 0x0D0A0D0A) {
            last4 = last4 << 8 | in.readUnsignedByte();
        }
        return in.readNBytes(RESPONSE_BYTES).length;
    }

    /** Reads frames to the end of the stream; returns how many bytes of data were in them. */
    private static long readStream(DataInputStream in) throws IOException {
        long data = 0;
        while (true) {
            int lengthAndType = in.readInt();
            int flags = in.readUnsignedByte();
            in.readInt();
            int length = lengthAndType >>> 8;
            in.readFully(new byte[length]);
            boolean isData = (lengthAndType & 0xff) == 0;
            data += isData ? length : 0;
            if ((isData || (lengthAndType & 0xff) == 3) && (flags & 1) != 0) {
                return data;
            }
        }
    }

    /** Answers with a large response, part by part, at the client's pace. */
    private final class LargeResponses extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, RESPONSE_BYTES);
            request.addIdleTimeoutListener(timeout -> false);
            Parts parts = new Parts(request, response, callback);
            parts.iterate();
            return true;
        }
    }

    private final class Parts extends IteratingCallback {
        private final Callback callback;
        private final ReceivingPace pace;
        private int written;

        Parts(Request request, Response response, Callback callback) {
            this.callback = callback;
            this.pace = watch.receiving(Pace.defaults(), response, new ConnectionPatience(request), () -> {
                cut.countDown();
                callback.failed(new Request.Handler.AbortException(new IOException("too slow")));
            });
        }

        @Override
        protected Action process() {
            if (written == RESPONSE_BYTES) {
                return Action.SUCCEEDED;
            }
            written += PART_BYTES;
            pace.write(written == RESPONSE_BYTES, ByteBuffer.allocate(PART_BYTES), this);
            return Action.SCHEDULED;
        }

        @Override
        protected void onCompleteSuccess() {
            pace.ends();
            callback.succeeded();
        }

        @Override
        protected void onCompleteFailure(Throwable failure) {
            pace.ends();
            callback.failed(failure);
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
