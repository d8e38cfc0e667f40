package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.Handoff;
import dev.gapless.proxy.jetty.ProxyServer;
import java.util.Map;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * An application that knows its users by their keys, and hands their requests to a private backend, which is told who they are.
 * Takes the backend's address.
 */
public class HandoffAfterLogin {
    private static final Map<String, String> USERS_BY_KEY = Map.of("secret", "ada");

    public static void main(String[] backend) throws Exception {
        // It has no ports of its own: nobody but the application gets at the backend through it.
        try (ProxyServer proxy = ProxyServer.builder().withoutPorts().build().start()) {
            System.out.println(proxy.services()
                    .deploy(Deployment.of("private", backend[0]))
                    .describe());
            Server server = new Server();
            ServerConnector connector = new ServerConnector(server);
            connector.setHost("127.0.0.1");
            connector.setPort(Integer.getInteger("port", 8080));
            server.addConnector(connector);
            server.setHandler(new Login(proxy));
            server.start();
            System.out.println("Listening on port " + connector.getLocalPort());
            System.in.read(); // Serves until Enter is pressed.
            server.stop();
        }
    }

    private static final class Login extends Handler.Abstract {
        private final ProxyServer proxy;

        Login(ProxyServer proxy) {
            this.proxy = proxy;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            String user = USERS_BY_KEY.get(String.valueOf(request.getHeaders().get("X-Key")));
            if (user == null) {
                Response.writeError(request, response, callback, HttpStatus.UNAUTHORIZED_401);
            } else {
                handoff(user).send(request, response, callback);
            }
            return true;
        }

        private Handoff handoff(String user) {
            return proxy.handoffTo("private")
                    .setHeader("X-User", user)
                    .removeHeader("X-Key")
                    .onResponse(head -> head.removeHeader("X-Powered-By"))
                    .build();
        }
    }
}
