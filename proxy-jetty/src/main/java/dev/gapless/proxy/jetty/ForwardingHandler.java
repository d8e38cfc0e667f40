package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.buffer.BufferSpace;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.spi.TimeSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.proxy.ProxyHandler;
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

    private static final CompletableFuture<Optional<String>> NO_PROOF =
            CompletableFuture.completedFuture(Optional.empty());

    private final ProxyEngine engine;
    private final TimeSource time;
    private final TargetConnections connections;
    private final Lanes lanes;
    private final BufferSpace buffers;
    private final ServedFiles files;
    private final PaceWatch paceWatch;
    private final Encoders encoders;
    private final Caching caching;
    private final BiFunction<String, String, CompletableFuture<Optional<String>>> challenges;
    private final int maxHeaderBytes;
    private final Hops hops = new Hops();
    private volatile @Nullable Filters filters;
    private volatile @Nullable Http3Listener http3;
    private volatile @Nullable HttpField announced;
    private final LongAdder begun = new LongAdder();
    private final Set<LanedRequest.End> unlaned = ConcurrentHashMap.newKeySet();
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
     * @param challenges what is answered, whatever service there is, to who asks a host for a path by HTTP-01; completes,
     *     and normally
     */
    ForwardingHandler(
            ProxyEngine engine,
            TimeSource time,
            HttpClient client,
            TargetConnections connections,
            Lanes lanes,
            BufferSpace buffers,
            ServedFiles files,
            PaceWatch paceWatch,
            Caching caching,
            Encoders encoders,
            BiFunction<String, String, CompletableFuture<Optional<String>>> challenges,
            int maxHeaderBytes) {
        this.engine = engine;
        this.time = time;
        this.connections = connections;
        this.lanes = lanes;
        this.buffers = buffers;
        this.files = files;
        this.paceWatch = paceWatch;
        this.caching = caching;
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
        if (lanes.own(request.getConnectionMetaData().getConnection().getEndPoint())) {
            serve(request, response, callback);
        } else {
            serveOnLane(request, response, callback);
        }
        return true;
    }

    /** Has a lane serve a request that came in on none. */
    private void serveOnLane(Request request, Response response, Callback callback) {
        Http3Listener listener = http3;
        LanedRequest laned = listener != null && listener.isOwn(request)
                ? listener.begin(request, lanes, laneFor(request))
                : new LanedRequest(request, lanes, laneFor(request));
        serveOnLane(laned, laned.response(response), callback);
    }

    private void serveOnLane(LanedRequest laned, Response response, Callback callback) {
        LanedRequest.End end = new LanedRequest.End(callback, unlaned::remove);
        unlaned.add(end);
        laned.execute(() -> {
            try {
                serve(laned, response, end);
            } catch (RuntimeException | Error e) {
                end.failed(e);
                ended(laned);
            }
        });
    }

    /** {@return the lane of its connection, or one for it: those of a connection have the same, and so stay in order} */
    private int laneFor(Request request) {
        EndPoint client = request.getConnectionMetaData().getConnection().getEndPoint();
        return lanes.own(client)
                ? Lanes.of(client)
                : Math.floorMod(request.getConnectionMetaData().getId().hashCode(), lanes.count());
    }

    /** Serves a request that an application has begun to handle. */
    void handOff(HandedRequest request, Response response, HandoffRun run) {
        LanedRequest laned = new LanedRequest(request, lanes, laneFor(request)); // Throws if it is complete.
        begun.increment();
        Response revised = run.revising(laned.response(response));
        serveOnLane(laned, revised, run.completion(revised));
    }

    void onHandedLane(HandedRequest request, Runnable task) {
        lanes.execute(laneFor(request), task);
    }

    /** Has filters see to requests from now on. To be called before there are any. */
    void filter(Filters by) {
        filters = by.areNone() ? null : by;
    }

    private void serve(Request request, Response response, Callback callback) {
        Filters by = filters;
        if (by == null || Request.as(request, DirectedRequest.class) != null) {
            serveFiltered(request, response, callback);
            return;
        }
        FilteredRequest filtered = new FilteredRequest(request, by);
        RevisedResponse revised = by.revising(filtered, response, Filters.laneOf(request));
        serveFiltered(
                filtered,
                revised,
                Callback.from(InvocationType.NON_BLOCKING, () -> revised.complete(callback), callback::failed));
    }

    /** Breaks off what is still under way over connections of the host's, which are not closed when the proxy has stopped. */
    void breakOff() {
        unlaned.forEach(end -> end.failed(new EofException("the proxy has stopped")));
    }

    /** Whether a request is the proxy's to answer: there is a service for it, or an authority that asks for a proof. */
    boolean isFor(Request request) {
        Request decoded = RequestTarget.decoded(request);
        return decoded == null
                || mayBeThere(proof(decoded))
                || !(engine.admit(new ClientRequest(decoded)) instanceof Decision.Respond respond
                        && respond.reason() == Decision.Reason.NOT_FOUND);
    }

    private static boolean mayBeThere(CompletableFuture<Optional<String>> proof) {
        return !proof.isDone() || proof.join().isPresent();
    }

    private void serveFiltered(Request request, Response response, Callback callback) {
        HeadClock head = headClock(request);
        if (head != null) {
            head.requestBegins();
        }
        ConnectStream.watch(request);
        Request decoded = RequestTarget.decoded(request);
        Exchange exchange = new Exchange(this, decoded == null ? request : decoded, response, callback);
        int refusal = decoded == null ? HttpStatus.BAD_REQUEST_400 : refusal(request);
        CompletableFuture<Optional<String>> proof = decoded == null || refusal != 0 ? NO_PROOF : proof(decoded);
        if (refusal != 0) {
            exchange.refuse(refusal);
        } else if (proof.isDone()) {
            begin(exchange, proof.join());
        } else {
            proof.thenAccept(found -> lane(request).execute(() -> begin(exchange, found)));
        }
    }

    private static void begin(Exchange exchange, Optional<String> proof) {
        if (proof.isPresent()) {
            exchange.prove(proof.get());
        } else {
            exchange.start();
        }
    }

    /** {@return what proves to a certificate authority that the host is the proxy's, if it asks for that right now} */
    private CompletableFuture<Optional<String>> proof(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        return path != null && HttpMethod.GET.is(request.getMethod())
                ? challenges.apply(uri.getHost() == null ? "" : uri.getHost(), path)
                : NO_PROOF;
    }

    /**
     * {@return what the client is timed by between requests, but over HTTP/2 and 3, where requests do not keep others from coming}
     */
    private static @Nullable HeadClock headClock(Request request) {
        EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
        return ClientRequest.isHttp1(request)
                        && Lanes.unwrapped(connection) instanceof LaneServerConnector.ClientEndPoint client
                ? client.head()
                : null;
    }

    /** {@return the status for a request that is no business of any service, or 0} */
    private int refusal(Request request) {
        if (hops.areTooMany(request.getHeaders())) {
            return HttpStatus.LOOP_DETECTED_508;
        }
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

    /**
     * How long the head of a request of HTTP/2 or 3 would be as text, however it was compressed; 0 for others, which are read as
     * such.
     */
    private static long headBytes(Request request) {
        if (ClientRequest.isHttp1(request)) {
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
            String host = RequestTarget.authority(request);
            to.put(HttpHeader.HOST, host);
            Headers.copyRequest(from, to);
            CompressionRules.accept(options, encoders, client, request, to);
            if (!client.isHttp1()) {
                Headers.joinCookies(to);
            }
            ForwardedHeaders.add(request, options, host, to);
            to.put(Headers.X_REQUEST_ID, requestId);
            if (!from.contains(Headers.X_REQUEST_START)) {
                to.add(Headers.X_REQUEST_START, "t=" + time.now().toEpochMilli());
            }
            to.put(Headers.X_KAMAL_TARGET, forward.lease().address().toString());
            hops.mark(from, to);
            ClientSubject.tell(request, forward.edge(), to);
            NamedFile.tell(options, to);
            Headers.apply(options.headers().requestRules(), to);
            ProtocolSwitch wanted = client.protocolSwitch();
            if (wanted != null) {
                wanted.ask(to);
            }
        });
        return out;
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
    public Executor lane(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        if (laned != null) {
            return laned::execute;
        }
        EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
        return task -> Lanes.execute(connection, task);
    }

    /** Requests come over HTTP/3, too. To be called before the first does. */
    void takeFrom(Http3Listener listener) {
        http3 = listener;
    }

    /** Tells clients over TLS of HTTP/3, or of it no more. */
    void announce(@Nullable HttpField alternative) {
        announced = alternative;
    }

    /** Who was asked for a certificate could not show it over HTTP/3. */
    private static boolean isAsked(Request request) {
        ClientTlsConnection connection = ClientTlsConnection.of(request);
        return connection != null && connection.asked().isPresent();
    }

    @Override
    public @Nullable HttpField alternative(Request request) {
        HttpField field = announced;
        return field != null
                        && request.getConnectionMetaData().isSecure()
                        && Request.as(request, LanedRequest.class) == null
                        && !isAsked(request)
                ? field
                : null;
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
    public ServedFiles files() {
        return files;
    }

    @Override
    public Caching caching() {
        return caching;
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
        DirectedRequest directed = Request.as(request, DirectedRequest.class);
        if (directed != null) {
            directed.ended();
        }
        Http3Listener listener = http3;
        if (listener != null && Request.as(request, LanedRequest.class) instanceof Http3Request of) {
            listener.requestEnds(of);
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
