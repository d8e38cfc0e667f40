package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.BufferSpace;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.ProxyEngine;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.spi.TimeSource;
import java.util.concurrent.Executor;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What an exchange needs of the proxy that it belongs to. */
interface DataPlane {
    ProxyEngine engine();

    TimeSource time();

    /** {@return where bodies are buffered} */
    BufferSpace buffers();

    /** {@return the files that requests are answered with} */
    ServedFiles files();

    /** {@return the cache, which services may use} */
    Caching caching();

    /** Where bodies are watched that wait for their client. */
    PaceWatch paceWatch();

    /** {@return what compresses responses} */
    Encoders encoders();

    /** Makes the request that a target gets, with its head complete. */
    TargetRequest newTargetRequest(Request request, ClientRequest client, Decision.Forward forward, String requestId);

    /** {@return the connections to the target for a request that came in on its lane} */
    HttpDestination destination(Target target, Request request);

    /**
     * {@return as {@link #destination}, for a request that may turn its connection into a tunnel, which only HTTP/1.1 does; null
     * if the target speaks HTTP/2 only}
     */
    @Nullable
    HttpDestination tunnelDestination(Target target, Request request);

    /** A connection to the target has turned out to be dead; see {@link TargetConnections#distrust}. */
    void distrust(Target target, Request request);

    /** {@return the lane that a request came in on, which outlives it} What runs there comes after what that does now. */
    Executor lane(Request request);

    /** {@return how a response tells its client of HTTP/3 (RFC 7838), null if there is none, or the client need not be told} */
    @Nullable
    HttpField alternative(Request request);

    /** The exchange of a request is over. */
    void ended(Request request);
}
