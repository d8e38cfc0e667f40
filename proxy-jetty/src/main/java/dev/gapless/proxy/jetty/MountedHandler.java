package dev.gapless.proxy.jetty;

import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.Graceful;
import org.eclipse.jetty.util.thread.Invocable;

/** The proxy among the handlers of a server. It starts with the first of these that does, and stops with the last. */
final class MountedHandler extends Handler.Wrapper implements Graceful {
    private final ProxyServer proxy;
    private final Assembly assembly;
    private final Unrouted unrouted;
    private boolean mounted;

    MountedHandler(ProxyServer proxy, Unrouted unrouted) {
        this.proxy = proxy;
        this.assembly = proxy.assembly;
        this.unrouted = unrouted;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        boolean running = assembly.isRunning();
        if (unrouted == Unrouted.PASS_ON && !(running && assembly.handler().isFor(request))) {
            return passOn(request, response, callback);
        }
        if (!running) {
            Response.writeError(
                    request, response, callback, HttpStatus.SERVICE_UNAVAILABLE_503, "the proxy has stopped");
            return true;
        }
        return assembly.handler().handle(request, response, callback);
    }

    /** Handlers of the host's may block, and so get a thread of the pool where a request came in on a lane. */
    private boolean passOn(Request request, Response response, Callback callback) throws Exception {
        Handler next = getHandler();
        boolean onLane =
                Lanes.isLaned(request.getConnectionMetaData().getConnection().getEndPoint());
        if (next == null || !onLane || next.getInvocationType() != Invocable.InvocationType.BLOCKING) {
            return super.handle(request, response, callback);
        }
        request.getComponents().getExecutor().execute(() -> {
            try {
                if (!next.handle(request, response, callback)) {
                    Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
                }
            } catch (Throwable e) {
                Response.writeError(request, response, callback, e);
            }
        });
        return true;
    }

    @Override
    protected void doStart() throws Exception {
        if (!mounted) {
            if (getServer() != null) {
                distinguishCase(getServer().getConnectors());
            }
            proxy.mount();
            mounted = true; // Even if the application's handler does not start, so that there may be another attempt.
        }
        super.doStart();
    }

    /** By default Jetty takes a cookie for an earlier one of its connection that differs in case alone. */
    private static void distinguishCase(Connector... connectors) {
        for (Connector connector : connectors) {
            for (ConnectionFactory factory : connector.getConnectionFactories()) {
                if (factory instanceof HttpConfiguration.ConnectionFactory http) {
                    http.getHttpConfiguration().setHeaderCacheCaseSensitive(true);
                }
            }
        }
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        if (mounted) {
            mounted = false;
            proxy.unmount();
        }
    }

    /** Completes when no request is under way, if the proxy stops with this handler. */
    @Override
    public CompletableFuture<Void> shutdown() {
        return proxy.shutdownOfMount();
    }

    @Override
    public boolean isShutdown() {
        return assembly.handler().isShutdown();
    }
}
