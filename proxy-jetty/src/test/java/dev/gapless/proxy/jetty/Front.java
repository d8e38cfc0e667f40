package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.servlet.GaplessServlet;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.util.EnumSet;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** By what way requests come to a proxy. */
enum Front {
    /** A port of the proxy's own. */
    OWN_PORT {
        @Override
        Reached start(ProxyServer.Builder builder) {
            ProxyServer proxy = builder.build().start();
            return new Reached(proxy, proxy.port(), proxy);
        }
    },
    /** A port of the proxy's own, which is a connector of a server that the application has. */
    SERVER {
        @Override
        Reached start(ProxyServer.Builder builder) throws Exception {
            Server server = new Server();
            server.setStopTimeout(STOP_MILLIS);
            ProxyServer proxy = builder.server(server).build();
            server.start();
            return new Reached(proxy, proxy.port(), server::stop);
        }
    },
    /** A handler in a server that the application has. */
    HANDLER {
        @Override
        Reached start(ProxyServer.Builder builder) throws Exception {
            ProxyServer proxy = builder.withoutPorts().build();
            Server server = new Server();
            server.setHandler(proxy.handler());
            return started(server, proxy);
        }
    },
    /** A servlet. */
    SERVLET {
        @Override
        Reached start(ProxyServer.Builder builder) throws Exception {
            ProxyServer proxy = builder.withoutPorts().build();
            Server server = new Server();
            server.setHandler(context(proxy));
            return started(server, proxy);
        }
    },
    /** A servlet behind a filter that wraps requests and responses. */
    FILTERED_SERVLET {
        @Override
        Reached start(ProxyServer.Builder builder) throws Exception {
            ProxyServer proxy = builder.withoutPorts().build();
            Server server = new Server();
            ServletContextHandler context = context(proxy);
            FilterHolder filter = new FilterHolder(new WrappingFilter());
            filter.setAsyncSupported(true);
            context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
            server.setHandler(context);
            return started(server, proxy);
        }
    };

    private static final long STOP_MILLIS = 2_000;

    /** A proxy, and how to reach and to end it. */
    record Reached(ProxyServer proxy, int port, AutoCloseable end) {}

    abstract Reached start(ProxyServer.Builder builder) throws Exception;

    static ServletContextHandler context(ProxyServer proxy) {
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new GaplessServlet(proxy), "/*");
        return context;
    }

    static Reached started(Server server, ProxyServer proxy) throws Exception {
        HttpConfiguration http = new HttpConfiguration();
        http.setRequestHeaderSize(64 * 1024);
        ServerConnector connector =
                new ServerConnector(server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setStopTimeout(STOP_MILLIS);
        server.start();
        return new Reached(proxy, connector.getLocalPort(), server::stop);
    }

    /** Whether the response is chunked as the proxy writes it, each chunk with its end. */
    boolean endsChunks() {
        return this != FILTERED_SERVLET;
    }

    boolean carriesWebSocketsOverHttp2() {
        return this != SERVLET && this != FILTERED_SERVLET;
    }

    private static final class WrappingFilter implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            chain.doFilter(
                    new HttpServletRequestWrapper((HttpServletRequest) request),
                    new HttpServletResponseWrapper((HttpServletResponse) response));
        }
    }
}
