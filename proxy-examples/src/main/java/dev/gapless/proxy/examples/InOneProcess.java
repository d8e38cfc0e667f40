package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.jetty.ProxyServer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The proxy in front of the application in one process: its next version takes over without a second port, without a second process
 * and without a request lost.
 */
public final class InOneProcess {
    private InOneProcess() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.getInteger("port", 8080);
        try (ProxyServer proxy = ProxyServer.builder().httpPort(port).build().start()) {
            System.out.println("Listening on port " + proxy.port());
            deploy(proxy, "shop-1", new Shop(1));
            System.out.println("Serving version 1. Press Enter to deploy version 2.");
            System.in.read();

            deploy(proxy, "shop-2", new Shop(2));
            proxy.inProcessTargets().remove("shop-1"); // Its requests have ended, as deploy has returned.
            System.out.println("Serving version 2. Press Enter to end.");
            System.in.read();
        }
    }

    private static void deploy(ProxyServer proxy, String name, Handler version) {
        TargetAddress address = proxy.inProcessTargets().add(name, version);
        Deployment deployment = Deployment.builder("shop").target(address).build();
        System.out.println(proxy.services().deploy(deployment).describe());
    }

    /** The application: any handler of Jetty's, a servlet context say. It is asked for its health, too. */
    private static final class Shop extends Handler.Abstract {
        private final int version;

        Shop(int version) {
            this.version = version;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            String text = "version " + version + " " + request.getHttpURI().getPath() + " for "
                    + Request.getRemoteAddr(request);
            Content.Sink.write(response, true, text, callback);
            return true;
        }
    }
}
