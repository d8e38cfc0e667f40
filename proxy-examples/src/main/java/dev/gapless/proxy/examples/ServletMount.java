package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.servlet.GaplessServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The proxy in a servlet context: the application answers by itself, but what is below {@code /api} goes to a backend, the last of
 * the versions given as arguments.
 */
public final class ServletMount {
    private ServletMount() {}

    public static void main(String[] versions) throws Exception {
        ProxyServer proxy = ProxyServer.builder().withoutPorts().build();
        ServletContextHandler context = new ServletContextHandler("/shop");
        context.addServlet(new Greeting(), "/");
        context.addServlet(new GaplessServlet(proxy), "/api/*").setInitOrder(1);

        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.getInteger("port", 8080));
        server.addConnector(connector);
        server.setHandler(context);
        server.setStopTimeout(10_000); // Milliseconds that requests in flight have when the server stops.
        server.start();
        System.out.println("Listening on port " + connector.getLocalPort());
        for (String version : versions) {
            System.out.println(
                    proxy.services().deploy(Deployment.of("api", version)).describe());
        }
        System.in.read(); // Serves until Enter is pressed.
        server.stop();
    }

    /** The application. */
    private static final class Greeting extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().print("the application " + request.getRequestURI());
        }
    }
}
