package dev.gapless.proxy.jetty.servlet;

import dev.gapless.proxy.jetty.Handoff;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * {@linkplain Handoff Handoffs} for servlets, and for the controllers of frameworks that stand on them.
 *
 * <pre>{@code
 * Handoff toShop = proxy.handoffTo("shop").build();
 *
 * protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
 *     ServletHandoff.send(toShop, request, response); // Starts the asynchronous mode, and returns at once.
 * }
 * }</pre>
 *
 * <p>The container has to be Jetty's, EE11. The target sees the path as the client has sent it, with the paths of context and
 * servlet, unless the handoff has a path of its own. Where a filter has put a stream of its own in place of the request's or the
 * response's, that is read or written by a thread that waits for it; else no thread waits.
 */
public final class ServletHandoff {
    private ServletHandoff() {}

    /**
     * Hands a request off. Starts its asynchronous mode, unless that was done, without a timeout of the container's, and completes
     * it when the response has ended.
     *
     * @param handoff where it goes
     * @param request the request, whose body has not been read, as parameters do too, unless the handoff has one of its own
     * @param response its response, of which nothing has been written
     * @throws IllegalStateException as {@link Handoff#send} throws it, and if the servlet, or a filter in front of it, does not
     *     support asynchronous requests, or the body has been read; the request stays the caller's then
     * @throws IllegalArgumentException as {@link Handoff#send} throws it
     * @throws IOException if a stream that a filter has put in place of the request's cannot be had
     */
    public static void send(Handoff handoff, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!request.isAsyncStarted() && !request.isAsyncSupported()) {
            throw new IllegalStateException("the request for " + request.getRequestURI()
                    + " cannot be handed off, as its servlet or a filter in front of it does not support asynchronous "
                    + "requests: register each of them with async-supported=true");
        }
        ServletContextRequest context = ServletContextRequest.getServletContextRequest(request);
        if (isOver(context)) {
            throw over(null);
        }
        MountedRequest mounted = mounted(handoff, request, context);
        Response written = MountedResponse.of(mounted, response, context);
        handoff.check(mounted, written);
        if (context.getHttpOutput().isWritten()) {
            throw new IllegalStateException("the response has been written to already, "
                    + context.getHttpOutput().getWritten() + " bytes, so that nobody else can give one");
        }
        AsyncContext async =
                request.isAsyncStarted() ? request.getAsyncContext() : request.startAsync(request, response);
        GaplessServlet.waitForEver(async, context);
        handoff.send(mounted, written, new GaplessServlet.Completion(async, context));
    }

    private static MountedRequest mounted(Handoff handoff, HttpServletRequest request, ServletContextRequest context)
            throws IOException {
        try {
            return MountedRequest.handedOff(request, context, handoff.hasBody());
        } catch (ServletException e) {
            throw new IllegalStateException(
                    e.getMessage() + "; expected one that is untouched, or a body of the handoff's own", e);
        } catch (RuntimeException e) {
            throw isOver(context) ? over(e) : e; // It may have come to its end meanwhile.
        }
    }

    private static boolean isOver(ServletContextRequest context) {
        return context.getServletChannel().getRequest() == null;
    }

    private static IllegalStateException over(@Nullable RuntimeException cause) {
        return new IllegalStateException("the request cannot be handed off, as it is complete", cause);
    }
}
