package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.engine.Decision;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The way of a target's response to the client:
 *
 * <pre>
 *   target ─► LimitedSource ─► CompressingSource ─► ResponseBuffer ─► ResponseRelay ─► ReceivingPace ─► WholeChunks ─► client
 *             (where limited)  (where compressed)   (where buffered)                                    (where chunked)
 * </pre>
 *
 * <p>An answer from the cache begins with a CachedSource: of the body as it is, or as it is stored in a coding (see {@link
 * CachedCompression}).
 */
final class ResponsePath {
    /** Hears how the response fares. */
    interface Outcome extends ResponseRelay.Outcome {
        /** The target has written all of a response that is buffered. */
        void responseWhole();

        /** The client takes the response too slowly. Called on the lane. */
        void clientTooSlow();
    }

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Response response;
    private final Executor lane;
    private final Outcome outcome;
    /** What the client's browser is told of coming over TLS only; null for nothing. */
    private final @Nullable String strictTransportSecurity;

    private @Nullable LengthlessStream lengthless;
    private volatile @Nullable ResponseBuffer buffer;
    private volatile @Nullable ReceivingPace pace;
    private volatile @Nullable ResponseCompression compression;
    private volatile boolean released;

    ResponsePath(
            DataPlane plane, Request request, ClientRequest client, Response response, Executor lane, Outcome outcome) {
        this.plane = plane;
        this.request = request;
        this.client = client;
        this.response = response;
        this.lane = lane;
        this.outcome = outcome;
        this.strictTransportSecurity = client.secure()
                ? plane.engine()
                        .strictTransportSecurity(client)
                        .map(StrictTransportSecurity::headerValue)
                        .orElse(null)
                : null;
        if (!client.isHttp1()) {
            // Now, as there is none to wrap when the client has left.
            request.addHttpStreamWrapper(stream -> lengthless = new LengthlessStream(stream));
        }
    }

    /** {@return the head of a target's response, as cache and client get to see it but for what is each client's own} */
    static HttpFields head(org.eclipse.jetty.client.Response from) {
        return from.getHeaders();
    }

    /** {@return the same for the cache} */
    static dev.gapless.proxy.cache.ResponseHead cacheHead(org.eclipse.jetty.client.Response from) {
        return CachedFields.head(from.getStatus(), head(from));
    }

    /** {@return the body of a target's response, as cache and client get to see it} */
    static Content.Source received(BodyOptions options, Content.Source body, org.eclipse.jetty.client.Response from) {
        return hasBody(from) ? limited(options, head(from), whole(body, from)) : whole(body, from);
    }

    /** Sets the head of a target's response as the client gets to see it. */
    void begin(Decision.Forward forward, org.eclipse.jetty.client.Response from) {
        response.setStatus(from.getStatus());
        copy(head(from), forward);
        Optional<CompressionOptions> options = forward.service().options().compression();
        if (options.isPresent()) {
            compress(options.get(), from);
        }
    }

    private void copy(HttpFields from, Decision.Forward forward) {
        ResponseHead.copy(from, client, forward, plane.time().now(), plane.alternative(request), response);
        addStrictTransportSecurity();
    }

    private void addStrictTransportSecurity() {
        if (strictTransportSecurity != null) {
            response.getHeaders().put(HttpHeader.STRICT_TRANSPORT_SECURITY, strictTransportSecurity);
        }
    }

    /** Sets the head of an answer from the cache, but for what compression makes of it. */
    void begin(CacheSide.Cached cached) {
        ResponseHead.copy(cached.answer(), client, cached.admitted(), plane.alternative(request), response);
        addStrictTransportSecurity();
    }

    /** Sets the head of a file that answers in the place of a target. */
    void begin(FileAnswer file, HeaderOptions options) {
        response.setStatus(file.status());
        ResponseHead.forgetBodyOfHost(response);
        response.getHeaders().add(file.head());
        ResponseHead.announce(plane.alternative(request), response.getHeaders());
        Headers.apply(options.responseRules(), response.getHeaders());
        addStrictTransportSecurity();
    }

    /** Sets the head of a file that a target has named. */
    void begin(FileAnswer file, Decision.Forward forward) {
        response.setStatus(file.status());
        copy(file.head(), forward);
    }

    private void compress(CompressionOptions options, org.eclipse.jetty.client.Response from) {
        keep(ResponseCompression.begin(options, plane.encoders(), client, request, from, response));
    }

    private void keep(@Nullable ResponseCompression begun) {
        compression = begun;
        if (begun != null && released) {
            begun.release();
        }
    }

    /** Opens the way for the body; the head goes along with it. */
    ResponseRelay open(ServiceOptions options, Content.Source body, org.eclipse.jetty.client.Response from) {
        BodyOptions bodies = options.bodies();
        ResponseCompression compressed = compression;
        boolean bodiless = client.takesNoBody(from.getStatus());
        Content.Source source = bodiless ? body : encoded(compressed, received(bodies, body, from));
        ResponseBuffer withheld = bodiless ? null : buffered(bodies, head(from), source);
        HttpFields head = compressed == null ? head(from) : response.getHeaders();
        return open(bodies, source, withheld, from.getStatus(), head, trailers(options, compressed, from));
    }

    /** Opens the way for an answer from the cache. */
    ResponseRelay open(CacheSide.Cached cached) {
        ServiceOptions options = cached.admitted().service().options();
        org.eclipse.jetty.client.Response coming = cached.coming();
        int status = response.getStatus();
        HttpFields said = cached.said();
        boolean withheld = said != null
                && !client.takesNoBody(status)
                && BufferingRules.buffersResponse(options.bodies(), client, request.getHeaders(), said);
        if (options.compression().isPresent()) {
            compress(options.compression().get(), cached, withheld || coming == null);
        }
        ResponseCompression compressed = compression;
        Content.Source body = cached.body() == null ? EmptySource.INSTANCE : encoded(compressed, cached.body());
        return open(
                options.bodies(),
                body,
                withheld ? buffered(options.bodies(), body) : null,
                status,
                response.getHeaders(),
                coming == null ? null : trailers(options, compressed, coming));
    }

    private void compress(CompressionOptions options, CacheSide.Cached cached, boolean waits) {
        keep(CachedCompression.begin(options, plane, client, lane, cached, waits, request, response));
    }

    private static Supplier<@Nullable HttpFields> trailers(
            ServiceOptions options, @Nullable ResponseCompression compressed, org.eclipse.jetty.client.Response from) {
        Supplier<@Nullable HttpFields> passed =
                () -> TrailerFields.toClient(TrailerFields.endToEnd(from.getTrailers(), head(from)), options.headers());
        return compressed == null ? passed : () -> ResponseCompression.trailers(passed.get());
    }

    private ResponseRelay open(
            BodyOptions options,
            Content.Source source,
            @Nullable ResponseBuffer withheld,
            int status,
            HttpFields head,
            @Nullable Supplier<@Nullable HttpFields> trailers) {
        if (client.isHttp1()) {
            ManyFieldsStream.prepare(request, response.getHeaders());
        }
        boolean lengthUnknown = head.getField(HttpHeader.CONTENT_LENGTH) == null;
        boolean bodiless = client.takesNoBody(status);
        // Over HTTP/1.1 there is no room for them after a body whose length is known.
        if (trailers != null && (lengthUnknown || !client.isHttp1()) && client.takesTrailers(status)) {
            response.setTrailersSupplier(trailers);
        }
        boolean chunked = lengthUnknown && client.takesChunks(status) && WholeChunks.suit(response);
        // Of a response without a body the server would make one of length 0, which is not what the target said.
        boolean headAlone = bodiless && !response.getHeaders().contains(HttpHeader.CONTENT_LENGTH);
        if (lengthUnknown && withheld == null && lengthless != null) {
            lengthless.declareNoLength();
        }
        ReceivingPace paced = paced(options, chunked ? new WholeChunks(response) : response);
        return new ResponseRelay(
                withheld == null ? source : withheld,
                withheld,
                paced,
                headAlone,
                !client.isHttp1(),
                this::hasTrailers,
                lane,
                outcome);
    }

    /** Opens the way for a file. */
    ResponseRelay open(BodyOptions options, FileAnswer file) {
        return new ResponseRelay(
                file.content(), null, paced(options), !file.hasLength(), !client.isHttp1(), () -> false, lane, outcome);
    }

    private boolean hasTrailers() {
        Supplier<HttpFields> trailers = response.getTrailersSupplier();
        HttpFields fields = trailers == null ? null : trailers.get();
        return fields != null && fields.size() > 0;
    }

    private static Content.Source whole(Content.Source body, org.eclipse.jetty.client.Response from) {
        boolean delimited = from.getHeaders().contains(HttpHeader.CONTENT_LENGTH)
                || from.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
        EndPoint connection = delimited ? null : TargetRequest.connection(from);
        return connection != null && Lanes.unwrapped(connection) instanceof LaneEndPoint socket
                ? new ClosedSource(body, socket)
                : body;
    }

    /** Whether a response says that its body is longer than its service allows. */
    static boolean isTooLong(Decision.Forward forward, org.eclipse.jetty.client.Response from) {
        OptionalLong most = forward.service().options().bodies().maxResponseBytes();
        return most.isPresent()
                && head(from).getLongField(HttpHeader.CONTENT_LENGTH) > most.getAsLong()
                && hasBody(from);
    }

    /** A response to a HEAD, or a 304, may say how long the body would be. */
    private static boolean hasBody(org.eclipse.jetty.client.Response from) {
        return !NamedFile.hasNoBody(from.getStatus())
                && !HttpMethod.HEAD.is(from.getRequest().getMethod());
    }

    private static Content.Source limited(BodyOptions options, HttpFields head, Content.Source body) {
        return options.maxResponseBytes().isEmpty()
                ? body
                : new LimitedSource(
                        body, options.maxResponseBytes().getAsLong(), head.getLongField(HttpHeader.CONTENT_LENGTH));
    }

    private Content.Source encoded(@Nullable ResponseCompression compressed, Content.Source body) {
        return compressed == null ? body : compressed.encoded(body, this::isAwaited, lane);
    }

    /** Whether the client gets what there is of the body. */
    private boolean isAwaited() {
        ResponseBuffer withheld = buffer;
        return withheld == null || !withheld.isWithheld();
    }

    private @Nullable ResponseBuffer buffered(BodyOptions options, HttpFields head, Content.Source source) {
        return BufferingRules.buffersResponse(options, client, request.getHeaders(), head)
                ? buffered(options, source)
                : null;
    }

    private ResponseBuffer buffered(BodyOptions options, Content.Source source) {
        ResponseBuffer opened =
                new ResponseBuffer(source, plane.buffers(), options.bufferMemory(), lane, outcome::responseWhole);
        buffer = opened;
        return opened;
    }

    /** Opens the way for an answer of the proxy's own. */
    OwnAnswer open(BodyOptions options, Callback written) {
        return new OwnAnswer(
                client, response, paced(options), strictTransportSecurity, plane.alternative(request), written);
    }

    /** {@return the client, judged by how fast it takes what is written to it} */
    private ReceivingPace paced(BodyOptions options) {
        return paced(options, response);
    }

    private ReceivingPace paced(BodyOptions options, Content.Sink sink) {
        ReceivingPace opened = plane.paceWatch()
                .receiving(
                        options.responsePace(),
                        sink,
                        new ConnectionPatience(request),
                        () -> lane.execute(outcome::clientTooSlow));
        pace = opened;
        return opened;
    }

    /** Gives up what is on the way. */
    void release() {
        released = true;
        ResponseCompression compressed = compression;
        if (compressed != null) {
            compressed.release();
        }
        ResponseBuffer withheld = buffer;
        ReceivingPace judged = pace;
        if (judged != null) {
            judged.ends();
        }
        if (withheld != null) {
            withheld.release();
        }
    }
}
