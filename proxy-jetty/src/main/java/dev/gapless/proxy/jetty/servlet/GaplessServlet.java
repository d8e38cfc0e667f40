package dev.gapless.proxy.jetty.servlet;

import dev.gapless.proxy.jetty.ProxyServer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee11.proxy.ProxyServlet;
import org.eclipse.jetty.ee11.servlet.AsyncContextEvent;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * The proxy in a servlet context of Jetty's, EE11: requests that the container maps to this servlet go to the services of a {@link
 * ProxyServer}, with everything that these do on ports of their own.
 *
 * <pre>{@code
 * ProxyServer proxy = ProxyServer.builder().withoutPorts().build();
 * ServletContextHandler context = new ServletContextHandler("/shop");
 * context.addServlet(new GaplessServlet(proxy), "/api/*");
 * }</pre>
 *
 * <p>A proxy that has not been started starts and stops with the servlet; one that was started by {@link ProxyServer#start} is left
 * as it is. If the server has a stop timeout, requests in flight finish before the context stops. Requests are served
 * asynchronously, without a timeout of the container's: the servlet has to be registered with support for that, and so have the
 * filters in front of it; if not, requests are answered with 500 and the log says why.
 *
 * <p>Filters see requests before the proxy does, and may wrap them: methods, paths and headers are those of the wrapper. Where a
 * filter has put a stream of its own in place of the request's or the response's, that is read or written by a thread that
 * waits for it; else no thread waits. A request whose body has been read already, as parameters say, is answered with 500.
 *
 * <p>WebSockets and other protocols pass by an HTTP/1.1 {@code Upgrade}, past the streams that filters may have put in place of the
 * request's and the response's. What a servlet cannot carry is WebSockets over HTTP/2 (RFC 8441), which are answered with 501.
 *
 * <p>Of {@link ProxyServlet} it has the place in the container; none of its init parameters count, and it makes no client.
 *
 * <p>Thread-safe. To be registered as an instance.
 */
public class GaplessServlet extends ProxyServlet {
    private static final long serialVersionUID = 1L;

    private final transient Handler.Wrapper handler;
    /** What of a request's path the services see. */
    private final MountPath mountPath;

    /**
     * Makes a servlet that {@linkplain MountPath#STRIPPED strips} the path that it is mounted at.
     *
     * @param proxy whose services get the requests; it may have ports of its own, too
     */
    public GaplessServlet(ProxyServer proxy) {
        this(proxy, MountPath.STRIPPED);
    }

    /**
     * Makes a servlet.
     *
     * @param proxy whose services get the requests; it may have ports of its own, too
     * @param mountPath what of a request's path the services see
     */
    public GaplessServlet(ProxyServer proxy, MountPath mountPath) {
        this.handler = proxy.handler();
        this.mountPath = mountPath;
    }

    /**
     * Starts the proxy, unless it has been started.
     *
     * @throws ServletException if it cannot be started, or has been stopped before; also where the container is not Jetty's
     */
    @Override
    public void init() throws ServletException {
        ServletContextHandler context = ServletContextHandler.getServletContextHandler(getServletContext());
        if (context == null) {
            throw new ServletException("the proxy's servlet needs a servlet context of Jetty's, EE11; this is "
                    + getServletContext().getServerInfo());
        }
        try {
            handler.setServer(context.getServer());
            handler.start();
        } catch (Exception e) {
            throw new ServletException("the proxy could not be started: " + e.getMessage(), e);
        }
        context.addBean(handler, false); // So that the server waits for its requests when it stops.
    }

    /** Stops the proxy if it was started by this servlet, after its grace time for requests in flight. */
    @Override
    public void destroy() {
        LifeCycle.stop(handler);
        ServletContextHandler context = ServletContextHandler.getServletContextHandler(getServletContext());
        if (context != null) {
            context.removeBean(handler);
        }
    }

    /**
     * Hands a request to the proxy, and returns at once. Where the container looks for the page of an error that it answers with,
     * there is none: services would take that for a request of a client's, and answer it.
     *
     * @throws ServletException if the servlet or a filter does not support asynchronous requests
     */
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        if (request.getDispatcherType() == DispatcherType.ERROR) {
            return;
        }
        if (!request.isAsyncSupported()) {
            throw new ServletException(
                    "the proxy's servlet \"" + getServletName()
                            + "\" answers asynchronously: register it, and each filter in front of it, with async-supported=true");
        }
        ServletContextRequest context = ServletContextRequest.getServletContextRequest(request);
        if (context.getTunnelSupport() != null && context.getTunnelSupport().getProtocol() != null) {
            response.sendError(
                    HttpServletResponse.SC_NOT_IMPLEMENTED, "WebSockets over HTTP/2 cannot pass through a servlet");
            return;
        }
        MountedRequest mounted = MountedRequest.of(request, context, mountPath);
        if (mounted == null) {
            response.sendError(
                    HttpServletResponse.SC_BAD_REQUEST, "the path does not lead below where the proxy is mounted");
            return;
        }
        AsyncContext async = request.isAsyncStarted() ? request.getAsyncContext() : request.startAsync();
        waitForEver(async, context);
        forward(mounted, MountedResponse.of(mounted, response, context), new Completion(async, context));
    }

    /** Has no timeout of the container's end a request, not even one that was begun before. */
    static void waitForEver(AsyncContext async, ServletContextRequest request) {
        async.setTimeout(0);
        AsyncContextEvent event = request.getServletRequestState().getAsyncContextEvent();
        if (event != null) {
            event.cancelTimeoutTask();
        }
    }

    private void forward(MountedRequest request, Response response, Callback completion) {
        try {
            handler.handle(request, response, completion);
        } catch (Exception e) {
            completion.failed(e);
        }
    }

    /** The end of a request: its response is complete, or to be broken off. */
    static final class Completion implements Callback {
        private final AsyncContext async;
        private final ServletContextRequest request;

        Completion(AsyncContext async, ServletContextRequest request) {
            this.async = async;
            this.request = request;
        }

        @Override
        public void succeeded() {
            async.complete();
        }

        @Override
        public void failed(Throwable failure) {
            request.getServletChannel().abort(failure);
        }

        @Override
        public InvocationType getInvocationType() {
            return Invocable.InvocationType.NON_BLOCKING;
        }
    }
}
