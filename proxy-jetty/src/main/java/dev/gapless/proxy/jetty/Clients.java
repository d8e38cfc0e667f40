package dev.gapless.proxy.jetty;

import java.util.concurrent.Executor;
import org.eclipse.jetty.client.ContentDecoder;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.thread.Scheduler;

/** Makes the client that talks to targets: it adds, decodes, follows and remembers nothing. */
final class Clients {
    /** A response is read in parts of this size; larger ones mean fewer system calls for large bodies. */
    static final int RESPONSE_BUFFER_BYTES = 64 * 1024;

    private static final int WAITING_PER_CONNECTION = 10;

    private Clients() {}

    static HttpClient newClient(
            ProxyServer.Builder options, Lanes lanes, Executor threads, Scheduler scheduler, ByteBufferPool buffers) {
        lanes.setExecutor(threads);
        lanes.setScheduler(scheduler);
        lanes.setByteBufferPool(buffers);
        options.clientSettings.ifPresent(settings -> settings.configure(lanes));
        HttpClient client = new PlainHttpClient(new TargetTransport(lanes, options.targetIdleTimeout.toMillis()));
        client.setFollowRedirects(false);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setUserAgentField(null);
        client.setDefaultRequestContentType(null);
        // What some targets still do: their lines are joined, and go on as one (RFC 9112, section 5.2).
        client.setHttpCompliance(
                HttpCompliance.RFC9110.with("GAPLESS", HttpCompliance.Violation.MULTILINE_FIELD_VALUE));
        client.setConnectTimeout(options.connectTimeout.toMillis());
        client.setIdleTimeout(options.targetIdleTimeout.toMillis());
        client.setResponseBufferSize(RESPONSE_BUFFER_BYTES);
        client.setMaxResponseHeadersSize(options.maxHeaderBytes + 1);
        // What the proxy adds to a head that is just within the limit must not push it over.
        client.setMaxRequestHeadersSize(2 * options.maxHeaderBytes);
        int perLane = Math.max(1, options.maxConnectionsPerTarget / lanes.count());
        client.setMaxConnectionsPerDestination(perLane);
        client.setMaxRequestsQueuedPerDestination(perLane * WAITING_PER_CONNECTION);
        options.clientSettings.ifPresent(settings -> settings.configure(client, lanes.count()));
        client.setSocketAddressResolver(new ConnectResolver(resolver(options, client, threads, scheduler)));
        return client;
    }

    /** {@return what resolves names without blocking its caller} */
    private static SocketAddressResolver resolver(
            ProxyServer.Builder options, HttpClient client, Executor threads, Scheduler scheduler) {
        SocketAddressResolver given =
                options.clientSettings.flatMap(ClientSettings::resolver).orElse(null);
        return given == null
                ? new SocketAddressResolver.Async(threads, scheduler, client.getAddressResolutionTimeout())
                : ConnectResolver.on(threads, given);
    }

    /** The handlers that Jetty's client installs when it starts are for those who consume responses, not pass them on. */
    @SuppressWarnings("try") // The superclass declares an Exception for close().
    private static final class PlainHttpClient extends HttpClient {
        PlainHttpClient(TargetTransport transport) {
            super(transport);
        }

        @Override
        protected void doStart() throws Exception {
            getContentDecoderFactories().put(new NoDecoder());
            super.doStart();
            getContentDecoderFactories().clear();
            getProtocolHandlers().clear();
        }

        /** The client asks when a connection turns out to be too old for a request, which goes on another one then. */
        @Override
        public Destination resolveDestination(Request request) {
            return request instanceof TargetRequest own ? own.destination() : super.resolveDestination(request);
        }
    }

    /** As long as there is one, Jetty's client does not load all that can decode responses, native libraries among it. */
    private static final class NoDecoder extends ContentDecoder.Factory {
        NoDecoder() {
            super("identity");
        }

        @Override
        public Content.Source newDecoderContentSource(Content.Source source) {
            return source;
        }
    }
}
