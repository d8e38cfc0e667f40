package dev.gapless.proxy.spi;

import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.PendingResponse;
import dev.gapless.proxy.RequestHead;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Takes part in requests to the proxy: looks at them before they are routed and before they are forwarded, and at the heads of
 * responses. Each method leaves things as they are unless overridden. Several filters are asked one after the other, in the order
 * in which they were added; each sees what those before have changed, and the first that does not pass a request on has the last
 * word.
 *
 * <p>Called on the thread that serves the request, which serves others too: a filter must not block there, but may complete what it
 * returns later and from any thread. Meanwhile the request is held without a thread. What a filter throws, and what it
 * does not complete within the host's {@code hostCodeTimeout}, gives the client 500 and is told to {@link
 * dev.gapless.proxy.ProxyListener#onHostCodeFailed}; nothing else comes of it. If the client leaves, what is completed afterwards
 * changes nothing. Implementations are thread-safe.
 *
 * <p>Filters do not see what the proxy does not accept as a request (400, 405, 431), challenges of certificate authorities, health
 * checks, and those that no service matches if the proxy leaves such to the application. Nor do they see anything of what the
 * application itself hands off, neither the request nor the response: it has let that request in by its own rules, and a handoff
 * says by itself what is to be changed. That holds wherever the request came in, a port of the proxy's included.
 */
public interface RequestFilter {
    /**
     * Looks at a request before it is routed. Its host, path and method stay as they are.
     *
     * @param request the request; valid until what is returned is complete
     * @return what shall become of it
     */
    default CompletionStage<? extends FilterDecision> beforeRouting(RequestHead request) {
        return CompletableFuture.completedFuture(FilterDecision.passOn());
    }

    /**
     * Looks at a request that its service admits, before its body is read and a target chosen; once, however often the request is
     * sent. For one that was held because its service was paused that is when it goes on.
     *
     * @param request the request, with the changes so far; valid until what is returned is complete
     * @param service the name of its service
     * @return what shall become of it
     */
    default CompletionStage<? extends FilterDecision> beforeForwarding(RequestHead request, String service) {
        return CompletableFuture.completedFuture(FilterDecision.passOn());
    }

    /**
     * Looks at the head of a response before the client gets it. Seen are the responses of targets, those that are kept of them,
     * and redirects; not the proxy's own errors, nor what filters answer themselves with an error page.
     *
     * @param request the request, with all changes; valid until what is returned is complete
     * @param response status and headers, which may be changed until what is returned is complete
     * @return completes when the client may get it; the value does not matter
     */
    default CompletionStage<?> onResponse(RequestHead request, PendingResponse response) {
        return CompletableFuture.completedFuture(null);
    }
}
