package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.buffer.BufferSpace;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.spi.TimeSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.proxy.ProxyHandler;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.Graceful;
import org.jspecify.annotations.Nullable;

/**
 * The data plane: turns each request into an {@link Exchange}. Of Jetty's handler it keeps the place in the server's tree
 * and the care for the client; what that handler does to requests and responses is replaced, as it loses bodies, hosts,
 * trailers and bytes of paths on the way.
 */
final class ForwardingHandler extends ProxyHandler implements DataPlane, Graceful {
    /** The colon, the space and the end of the line. */
    private static final int FIELD_SYNTAX_BYTES = 4;

    private final ProxyEngine engine;
    private final TimeSource time;
    private final TargetConnections connections;
    private final Lanes lanes;
    private final BufferSpace buffers;
    private final PaceWatch paceWatch;
    private final Encoders encoders;
    private final BiFunction<String, String, Optional<String>> challenges;
    private final int maxHeaderBytes;
    private final LongAdder begun = new LongAdder();
    private final LongAdder over = new LongAdder();
    private final Shutdown shutdown = new Shutdown(this) {
        @Override
        public boolean isShutdownDone() {
            return over.sum() == begun.sum();
        }
    };

    /**
     * Makes the handler.
     *
     * @param challenges what is answered, whatever service there is, to who asks a host for a path by HTTP-01
     */
    ForwardingHandler(
            ProxyEngine engine,
            TimeSource time,
            HttpClient client,
            TargetConnections connections,
            Lanes lanes,
            BufferSpace buffers,
            PaceWatch paceWatch,
            Encoders encoders,
            BiFunction<String, String, Optional<String>> challenges,
            int maxHeaderBytes) {
        this.engine = engine;
        this.time = time;
        this.connections = connections;
        this.lanes = lanes;
        this.buffers = buffers;
        this.paceWatch = paceWatch;
        this.encoders = encoders;
        this.challenges = challenges;
        this.maxHeaderBytes = maxHeaderBytes;
        setHttpClient(client);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (ClientStream.isGivenUp(request)) {
            return true; // And nothing is left to complete.
        }
        begun.increment();
        if (Lanes.isLaned(request.getConnectionMetaData().getConnection().getEndPoint())) {
            serve(request, response, callback);
        } else {
            serveOnLane(request, response, callback);
        }
        return true;
    }

    /** Has a lane serve a request that came in on none. Those of a connection have one lane, and so stay in order. */
    private void serveOnLane(Request request, Response response, Callback callback) {
        int lane = Math.floorMod(request.getConnectionMetaData().getId().hashCode(), lanes.count());
        LanedRequest laned = new LanedRequest(request, lanes, lane);
        laned.execute(() -> {
            try {
                serve(laned, laned.response(response), callback);
            } catch (RuntimeException | Error e) {
                callback.failed(e);
                ended(laned);
            }
        });
    }

    private void serve(Request request, Response response, Callback callback) {
        HeadClock head = headClock(request);
        if (head != null) {
            head.requestBegins();
        }
        ConnectStream.watch(request);
        Request decoded = RequestTarget.decoded(request);
        Exchange exchange = new Exchange(this, decoded == null ? request : decoded, response, callback);
        int refusal = decoded == null ? HttpStatus.BAD_REQUEST_400 : refusal(request);
        String proof = refusal == 0 && decoded != null ? proof(decoded) : null;
        if (proof != null) {
            exchange.prove(proof);
        } else if (refusal == 0) {
            exchange.start();
        } else {
            exchange.refuse(refusal);
        }
    }

    /** {@return what proves to a certificate authority that the host is the proxy's, if it asks for that right now, or null} */
    private @Nullable String proof(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        return path != null && HttpMethod.GET.is(request.getMethod())
                ? challenges
                        .apply(uri.getHost() == null ? "" : uri.getHost(), path)
                        .orElse(null)
                : null;
    }

    /** {@return what the client is timed by between requests, but over HTTP/2, where requests do not keep others from coming} */
    private static @Nullable HeadClock headClock(Request request) {
        ConnectionMetaData connection = request.getConnectionMetaData();
        return connection.getHttpVersion() != HttpVersion.HTTP_2
                        && Lanes.unwrapped(connection.getConnection().getEndPoint())
                                instanceof LaneServerConnector.ClientEndPoint client
                ? client.head()
                : null;
    }

    /** {@return the status for a request that is no business of any service, or 0} */
    private int refusal(Request request) {
        if (headBytes(request) > maxHeaderBytes) {
            return HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431;
        }
        if (HttpMethod.CONNECT.is(request.getMethod()) && !ProtocolSwitch.isExtendedConnect(request)) {
            return HttpStatus.METHOD_NOT_ALLOWED_405;
        }
        if (!RequestTarget.isMethod(request.getMethod())) {
            return HttpStatus.BAD_REQUEST_400;
        }
        HttpField coding = request.getHeaders().getField(HttpHeader.TRANSFER_ENCODING);
        boolean isAmbiguous = coding != null && !isOneReading(coding, request);
        return isAmbiguous ? HttpStatus.BAD_REQUEST_400 : ProtocolSwitch.refusal(request);
    }

    /** How long the head of an HTTP/2 request would be as text, however it was compressed; 0 for others, which are read as such. */
    private static long headBytes(Request request) {
        if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2) {
            return 0;
        }
        HttpURI uri = request.getHttpURI();
        long bytes = length(uri.getPath()) + length(uri.getQuery());
        for (HttpField field : request.getHeaders()) {
            bytes += field.getName().length() + length(field.getValue()) + FIELD_SYNTAX_BYTES;
        }
        return bytes;
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    /**
     * Whether nobody can take the body for another: not so with a coding that the proxy would have to decode first, nor with
     * any in HTTP/1.0, which has none (RFC 9112, section 6.1).
     */
    private static boolean isOneReading(HttpField coding, Request request) {
        return "chunked".equalsIgnoreCase(coding.getValue())
                && request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_0;
    }

    @Override
    public TargetRequest newTargetRequest(
            Request request, ClientRequest client, Decision.Forward forward, String requestId) {
        ServiceOptions options = forward.service().options();
        TargetRequest out = new TargetRequest(
                getHttpClient(),
                client.method(),
                forward.path(),
                request.getHttpURI().getQuery());
        out.headers(to -> {
            HttpFields from = request.getHeaders();
            String host = hostHeader(request);
            to.put(HttpHeader.HOST, host);
            Headers.copyRequest(from, to);
            if (options.compression().isPresent()) {
                acceptOneCoding(options.compression().get(), client, request, to);
            }
            if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2) {
                Headers.joinCookies(to);
            }
            ForwardedHeaders.add(request, options, host, to);
            to.put(Headers.X_REQUEST_ID, requestId);
            if (!from.contains(Headers.X_REQUEST_START)) {
                to.add(Headers.X_REQUEST_START, "t=" + time.now().toEpochMilli());
            }
            to.put(Headers.X_KAMAL_TARGET, forward.lease().address().toString());
            ClientSubject.tell(request, forward.edge(), to);
            Headers.apply(options.headers().requestRules(), to);
            ProtocolSwitch wanted = client.protocolSwitch();
            if (wanted != null) {
                wanted.ask(to);
            }
        });
        return out;
    }

    /** A target that compresses by itself gets to know of the same coding, so that of one response there are few variants. */
    private void acceptOneCoding(
            CompressionOptions options, ClientRequest client, Request request, HttpFields.Mutable to) {
        if (!CompressionRules.leavesAlone(client, request)) {
            ContentCoding coding = CompressionRules.coding(options, encoders, request);
            to.put(HttpHeader.ACCEPT_ENCODING, coding == null ? HttpHeaderValue.IDENTITY.asString() : coding.token());
        }
    }

    /**
     * The authority that the request is for, as the client wrote it: of a request in absolute form its own, whatever its
     * Host says (RFC 9112, section 3.2.2).
     */
    private static String hostHeader(Request request) {
        String host = request.getHeaders().get(HttpHeader.HOST);
        HttpURI uri = request.getHttpURI();
        String authority = uri.getAuthority();
        if (authority == null) {
            return host == null ? "" : host;
        }
        return host != null && isSame(host, authority, uri.getScheme()) ? host : authority;
    }

    /** Whether the host is the authority but for its case and a port that goes without saying, which Jetty leaves out. */
    private static boolean isSame(String host, String authority, @Nullable String scheme) {
        if (!host.regionMatches(true, 0, authority, 0, authority.length())) {
            return false;
        }
        String rest = host.substring(authority.length());
        return rest.isEmpty() || rest.equals(":") || rest.equals("https".equals(scheme) ? ":443" : ":80");
    }

    @Override
    public HttpDestination destination(Target target, Request request) {
        return connections.destination(target, laneOf(request));
    }

    @Override
    public @Nullable HttpDestination tunnelDestination(Target target, Request request) {
        return connections.tunnelDestination(target, laneOf(request));
    }

    @Override
    public void distrust(Target target, Request request) {
        connections.distrust(target, laneOf(request));
    }

    private static int laneOf(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned == null
                ? Lanes.of(request.getConnectionMetaData().getConnection().getEndPoint())
                : laned.lane();
    }

    @Override
    public void onLane(Request request, Runnable task) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        if (laned == null) {
            Lanes.execute(request.getConnectionMetaData().getConnection().getEndPoint(), task);
        } else {
            laned.execute(task);
        }
    }

    @Override
    public ProxyEngine engine() {
        return engine;
    }

    @Override
    public TimeSource time() {
        return time;
    }

    @Override
    public BufferSpace buffers() {
        return buffers;
    }

    @Override
    public PaceWatch paceWatch() {
        return paceWatch;
    }

    @Override
    public Encoders encoders() {
        return encoders;
    }

    @Override
    public void ended(Request request) {
        HeadClock head = headClock(request);
        if (head != null) {
            head.requestEnds();
        }
        over.increment();
        if (shutdown.isShutdown()) {
            shutdown.check();
        }
    }

    /** Completes when no exchange is under way. */
    @Override
    public CompletableFuture<Void> shutdown() {
        return shutdown.shutdown();
    }

    @Override
    public boolean isShutdown() {
        return shutdown.isShutdown();
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    protected HttpURI rewriteHttpURI(Request request) {
        throw new UnsupportedOperationException("requests are forwarded by exchanges");
    }
}
