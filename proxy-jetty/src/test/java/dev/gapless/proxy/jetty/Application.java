package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** An application with a server of its own, for HTTP/1.1 and HTTP/2 in clear text. */
final class Application implements AutoCloseable {
    /** What it does with a request. */
    interface Page {
        void handle(Request request, Response response, Callback callback) throws Exception;
    }

    private final QueuedThreadPool threads = new QueuedThreadPool(8);
    private final Server server = new Server(threads);
    private final ServerConnector connector;

    Application(Handler handler) throws Exception {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        connector =
                new ServerConnector(server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setStopTimeout(0);
        server.setHandler(handler);
        server.start();
    }

    static Application of(Page page) throws Exception {
        return new Application(showing(page));
    }

    /** {@return what shows the page to who asks for anything but whether it is healthy, which it is} */
    static Handler handler(Page page) {
        return showing((request, response, callback) -> {
            if (request.getHttpURI().getPath().equals("/up")) {
                callback.succeeded();
            } else {
                page.handle(request, response, callback);
            }
        });
    }

    private static Handler showing(Page page) {
        return new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                page.handle(request, response, callback);
                return true;
            }
        };
    }

    int port() {
        return connector.getLocalPort();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
