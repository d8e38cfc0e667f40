package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffResult;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.engine.Direction;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * How an application gives requests that it has begun to handle to a service of the proxy, and is free: a handler that has
 * authenticated a request, say, for a backend that nobody else gets at. Immutable and thread-safe, so that one can be kept and
 * {@linkplain #send sent} for each request.
 *
 * <pre>{@code
 * Handoff toShop = proxy.handoffTo("shop").removeHeader("Authorization").build();
 *
 * public boolean handle(Request request, Response response, Callback callback) {
 *     if (isLoggedIn(request)) {
 *         toShop.send(request, response, callback); // Returns at once; the callback is completed by the proxy.
 *     } else {
 *         Response.writeError(request, response, callback, 401);
 *     }
 *     return true;
 * }
 * }</pre>
 *
 * <p>A request that is handed off is forwarded like any other: buffering, repetitions, WebSockets, event streams, drains, pauses,
 * limits, listeners and metrics are those of its service. It is not routed, though: its path goes as it is, no prefix taken off,
 * and what the service says of TLS and redirects counts for clients of the proxy's own ports only. The client's address and
 * protocol are told to the target as usual. A service that is not there, or has no healthy target, is answered with 503. The
 * proxy's {@linkplain dev.gapless.proxy.spi.RequestFilter filters} are for requests that clients send to the proxy, and see nothing
 * of a handoff: what they would do is for the application to do before, and for {@link Builder#onResponse} afterwards.
 *
 * <p>The application's server is to have {@link org.eclipse.jetty.server.HttpConfiguration#setHeaderCacheCaseSensitive} on: without
 * that Jetty takes a cookie or an authorization for an earlier one of its connection that differs in case alone.
 *
 * <p>The callbacks run on the proxy's executor, at most 32 at once for the whole proxy: one that blocks holds up others, but no
 * traffic. What one throws is logged and told to {@link dev.gapless.proxy.ProxyListener#onHostCodeFailed}.
 */
public final class Handoff {
    /** That a request has been handed off. */
    private static final String SENT = Handoff.class.getName();

    private final Handoffs handoffs;
    private final Direction direction;
    private final @Nullable String method;
    private final @Nullable String pathQuery;
    private final HeaderRules headerRules;
    private final @Nullable Supplier<Content.Source> body;
    /** Whether the one body was sent. */
    private final @Nullable AtomicBoolean bodySent;

    private final @Nullable Duration timeout;
    private final @Nullable Consumer<? super PendingResponse> onResponse;
    private final @Nullable Consumer<? super HandoffResult> onCompleted;
    private final @Nullable Consumer<? super Throwable> onFailed;

    private Handoff(Builder from) {
        this.handoffs = from.handoffs;
        this.direction = new Direction(from.service, from.target, Direction.By.HANDOFF);
        this.method = from.method;
        this.pathQuery = from.pathQuery;
        this.headerRules = from.headers.build();
        this.body = from.body;
        this.bodySent = from.bodySent;
        this.timeout = from.timeout;
        this.onResponse = from.onResponse;
        this.onCompleted = from.onCompleted;
        this.onFailed = from.onFailed;
    }

    /**
     * Hands a request off. Returns at once; from then on request, response and callback are the proxy's, which completes the
     * callback. May be called from any thread, as long as the request is not complete. What the response has in its headers
     * goes along with the target's, but for what it says of a body. If the client leaves, the request to the target is cancelled
     * and the callback fails.
     *
     * @param request the request, whose body has not been read, unless this handoff has one of its own
     * @param response its response, of which nothing has been written
     * @param callback completed when the response has ended; on a thread of the proxy's that must not wait, if it says of itself
     *     that it does not block, else on the executor
     * @throws IllegalStateException if the request was handed off before, or is complete; if its body has been read, in part at
     *     least; if the response is committed; if the one body of this handoff was sent before; or if the proxy is not started. The
     *     request stays the caller's then
     * @throws IllegalArgumentException if the method is to become HEAD, whose response has no body, and the client's is another
     */
    public void send(Request request, Response response, Callback callback) {
        check(request, response);
        if (request.setAttribute(SENT, this) != null) {
            throw sentBefore();
        }
        try {
            handoffs.send(this, request, response, callback);
        } catch (RuntimeException | Error e) {
            request.removeAttribute(SENT);
            throw e;
        }
    }

    private static IllegalStateException sentBefore() {
        return new IllegalStateException("the request has been handed off before");
    }

    /**
     * Throws what {@link #send} would throw.
     *
     * @param request the request
     * @param response its response
     * @throws IllegalStateException as {@link #send} does
     * @throws IllegalArgumentException as {@link #send} does
     */
    public void check(Request request, Response response) {
        handoffs.checkRunning();
        request.getComponents(); // Throws if it is complete.
        if (response.isCommitted()) {
            throw new IllegalStateException("the response is committed already, so that nobody else can give one");
        }
        long read = Request.getContentBytesRead(request);
        if (body == null && read > 0) {
            throw new IllegalStateException("the body of the request has been read already, " + read
                    + " bytes of it; expected one that is untouched, or a body of the handoff's own");
        }
        if (bodySent != null && bodySent.get()) {
            throw bodySentBefore();
        }
        if (HttpMethod.HEAD.is(method) && !HttpMethod.HEAD.is(request.getMethod())) {
            throw new IllegalArgumentException(
                    "method HEAD cannot take the place of " + request.getMethod() + ", as its response has no body");
        }
        if (request.getAttribute(SENT) != null) {
            throw sentBefore();
        }
    }

    private static IllegalStateException bodySentBefore() {
        return new IllegalStateException("the body of the handoff can be read once only, and was sent before");
    }

    /** {@return whether it has a body of its own, so that the request's may have been read} */
    public boolean hasBody() {
        return body != null;
    }

    /** {@return what it is and where it goes, for messages} */
    @Override
    public String toString() {
        return "handoff to " + direction.service() + (direction.target() == null ? "" : " at " + direction.target());
    }

    Direction direction() {
        return direction;
    }

    @Nullable
    String method() {
        return method;
    }

    @Nullable
    Duration timeout() {
        return timeout;
    }

    @Nullable
    Consumer<? super PendingResponse> onResponse() {
        return onResponse;
    }

    @Nullable
    Consumer<? super HandoffResult> onCompleted() {
        return onCompleted;
    }

    @Nullable
    Consumer<? super Throwable> onFailed() {
        return onFailed;
    }

    Content.@Nullable Source openBody() {
        return body == null ? null : body.get();
    }

    HttpURI uri(HttpURI of) {
        return pathQuery == null
                ? of
                : HttpURI.build(of).pathQuery(pathQuery).fragment(null).asImmutable();
    }

    /** {@return the header of a request that keeps its own body} */
    HttpFields headers(HttpFields of) {
        if (headerRules.isEmpty()) {
            return of;
        }
        HttpFields.Mutable changed = HttpFields.build(of);
        Headers.apply(headerRules, changed);
        return changed.asImmutable();
    }

    /** {@return the header of a request with another body} What it has said of the body before is not true of this one. */
    HttpFields headers(HttpFields of, long length) {
        HttpFields.Mutable changed = HttpFields.build(of);
        Headers.removeBodyFields(changed);
        if (length < 0) {
            changed.put(HttpHeader.TRANSFER_ENCODING, "chunked");
        } else {
            changed.put(HttpHeader.CONTENT_LENGTH, length);
        }
        Headers.apply(headerRules, changed);
        return changed.asImmutable();
    }

    /** Builds a {@link Handoff}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final Handoffs handoffs;
        private final String service;
        private final HeaderRules.Builder headers = HeaderRules.builder();
        private @Nullable TargetAddress target;
        private @Nullable String method;
        private @Nullable String pathQuery;
        private @Nullable Supplier<Content.Source> body;
        private @Nullable AtomicBoolean bodySent;
        private @Nullable Duration timeout;
        private @Nullable Consumer<? super PendingResponse> onResponse;
        private @Nullable Consumer<? super HandoffResult> onCompleted;
        private @Nullable Consumer<? super Throwable> onFailed;

        Builder(Handoffs handoffs, String service) {
            this.handoffs = handoffs;
            this.service = service;
        }

        /**
         * Chooses one target of the service, active or in a rollout; by default the service shares its requests as it does others.
         *
         * @param address as {@link TargetAddress#parse} reads it; while it is no healthy target of the service the answer is 503
         * @return this builder
         * @throws IllegalArgumentException if it is no address
         */
        public Builder target(String address) {
            this.target = TargetAddress.parse(address);
            return this;
        }

        /**
         * Sets the method that the target sees.
         *
         * @param name the client's by default
         * @return this builder
         * @throws IllegalArgumentException if it is no token (RFC 9110, section 9.1), or CONNECT
         */
        public Builder method(String name) {
            if (!RequestTarget.isMethod(name) || HttpMethod.CONNECT.is(name)) {
                throw new IllegalArgumentException(
                        "method \"" + name + "\" cannot be; expected a token like GET, other than CONNECT");
            }
            this.method = name;
            return this;
        }

        /**
         * Sets the path that the target sees, and the query: the client's own goes no further then.
         *
         * @param pathAndQuery begins with a slash, encoded as it is to be sent; the client's by default
         * @return this builder
         * @throws IllegalArgumentException if it does not, or has other characters than visible ones of ASCII, or a fragment
         */
        public Builder path(String pathAndQuery) {
            boolean plain = pathAndQuery.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '#');
            if (!pathAndQuery.startsWith("/") || !plain) {
                throw new IllegalArgumentException("path \"" + pathAndQuery + "\" must start with \"/\" and have only "
                        + "visible ASCII characters and no \"#\"; others are percent-encoded");
            }
            this.pathQuery = pathAndQuery;
            return this;
        }

        /**
         * Replaces the fields of a name in the request's header by one, or adds it. What the proxy itself tells targets of the
         * client ({@code X-Forwarded-For} and the like) it decides on afterwards, as its service says.
         *
         * @param name the name of the field, in any case
         * @param value its value
         * @return this builder
         * @throws IllegalArgumentException if the name or value cannot be; see {@link HeaderRules.Rule}
         */
        public Builder setHeader(String name, String value) {
            headers.set(name, value);
            return this;
        }

        /**
         * Removes the fields of a name from the request's header.
         *
         * @param name the name of the fields, in any case
         * @return this builder
         * @throws IllegalArgumentException if the name cannot be; see {@link HeaderRules.Rule}
         */
        public Builder removeHeader(String name) {
            headers.remove(name);
            return this;
        }

        /**
         * Sets a body in place of the client's, which need not have been left unread then. The header loses what it says of the
         * length and coding of the client's, and keeps its {@code Content-Type} unless that is changed, too.
         *
         * @param bytes not copied, and not to be changed any more
         * @return this builder
         */
        public Builder body(byte[] bytes) {
            this.body = () -> Content.Source.from(ByteBuffer.wrap(bytes));
            this.bodySent = null;
            return this;
        }

        /**
         * Sets a body that is read as it is sent, in place of the client's, as {@link #body(byte[])}; the handoff can be sent once
         * only. What is left of it is failed when the handoff has ended, which does not wait for it once there is a response. One
         * that fails, throws, or is of another length than it says gives the client 500.
         *
         * @param source may be read on any thread, and does not block
         * @return this builder
         */
        public Builder body(Content.Source source) {
            AtomicBoolean sent = new AtomicBoolean();
            this.body = () -> {
                if (!sent.compareAndSet(false, true)) {
                    throw bodySentBefore();
                }
                return source;
            };
            this.bodySent = sent;
            return this;
        }

        /**
         * Sets how long it may take until the response begins, from the handoff on, whatever it waits for: a place, a service that
         * is paused, or a target. After that the answer is 504.
         *
         * @param longest not limited by default, but by each of these
         * @return this builder
         * @throws IllegalArgumentException if it is not longer than zero, or longer than 100 years
         */
        public Builder timeout(Duration longest) {
            this.timeout = ProxyServer.Builder.positive("handoff timeout", longest);
            return this;
        }

        /**
         * Has the head of the response shown before its client gets it, with status and headers that may still be changed. Shown
         * are the responses of targets, and those that are kept of them; not the proxy's own errors. If this throws, or has not
         * returned within the {@linkplain ProxyServer.Builder#hostCodeTimeout time for such code}, the answer is 500.
         *
         * @param revises called once at most for each handoff; the response waits for it, without a thread of its own
         * @return this builder
         */
        public Builder onResponse(Consumer<? super PendingResponse> revises) {
            this.onResponse = revises;
            return this;
        }

        /**
         * Has the end of each handoff told whose client has got a whole response, be it the proxy's own error.
         *
         * @param hears told once for each handoff that is not told {@link #onFailed}
         * @return this builder
         */
        public Builder onCompleted(Consumer<? super HandoffResult> hears) {
            this.onCompleted = hears;
            return this;
        }

        /**
         * Has the end of each handoff told whose client has not got a whole response: it has left, or the target has broken off.
         *
         * @param hears told once, with the reason
         * @return this builder
         */
        public Builder onFailed(Consumer<? super Throwable> hears) {
            this.onFailed = hears;
            return this;
        }

        /** {@return the handoff, to be sent as often as one likes} */
        public Handoff build() {
            return new Handoff(this);
        }

        /**
         * Sends the handoff as built so far; see {@link Handoff#send}.
         *
         * @param request the request
         * @param response its response
         * @param callback completed when the response has ended
         */
        public void send(Request request, Response response, Callback callback) {
            build().send(request, response, callback);
        }
    }
}
