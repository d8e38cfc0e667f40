package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.TargetAddress;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Where the targets of a proxy are. */
enum Back {
    /** Behind a port. */
    TCP {
        @Override
        Served serve(ProxyServer proxy, Handler application) throws Exception {
            Server server = new Server();
            HttpConfiguration http = new HttpConfiguration();
            http.setHeaderCacheCaseSensitive(true);
            ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
            connector.setHost("127.0.0.1");
            server.addConnector(connector);
            server.setHandler(application);
            server.start();
            return new Served(deployment -> deployment.target("127.0.0.1:" + connector.getLocalPort()), server::stop);
        }
    },
    /** In the process of the proxy, without a port. */
    IN_PROCESS {
        @Override
        Served serve(ProxyServer proxy, Handler application) {
            InProcessTargets targets = proxy.inProcessTargets();
            String name = "v" + (targets.names().size() + 1);
            TargetAddress address = targets.add(name, application);
            return new Served(deployment -> deployment.target(address), () -> targets.remove(name));
        }
    };

    /** Makes an application a deployment's target. */
    interface Targeting {
        Deployment.Builder to(Deployment.Builder deployment);
    }

    /** An application that can be deployed. */
    record Served(Targeting targeting, AutoCloseable end) {}

    /** Starts an application, for one proxy. */
    abstract Served serve(ProxyServer proxy, Handler application) throws Exception;
}
