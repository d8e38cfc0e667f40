/** The proxy's server, on Jetty. */
module dev.gapless.proxy.jetty {
    requires static transitive org.jspecify;
    requires transitive dev.gapless.proxy.core;
    requires java.net.http;
    requires org.eclipse.jetty.alpn.java.server;
    requires transitive org.eclipse.jetty.client;
    requires static transitive org.eclipse.jetty.ee11.proxy;
    requires static org.eclipse.jetty.ee11.servlet;
    requires org.eclipse.jetty.http2.client.transport;
    requires org.eclipse.jetty.http2.server;
    requires org.eclipse.jetty.proxy;
    requires transitive org.eclipse.jetty.server;
    requires transitive org.eclipse.jetty.util;
    requires org.shredzone.acme4j;
    requires org.slf4j;

    exports dev.gapless.proxy.jetty;
    exports dev.gapless.proxy.jetty.servlet;
}
