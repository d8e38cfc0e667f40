/** The proxy's server, on Jetty. */
module dev.gapless.proxy.jetty {
    requires static org.eclipse.jetty.http3.server;
    requires static org.eclipse.jetty.quic.quiche.server;
    requires static transitive org.jspecify;
    requires transitive dev.gapless.proxy.core;
    requires java.net.http;
    requires static com.github.luben.zstd_jni;
    requires org.eclipse.jetty.alpn.java.server;
    requires transitive org.eclipse.jetty.client;
    requires static org.eclipse.jetty.compression.brotli;
    requires org.eclipse.jetty.compression.gzip;
    requires static org.eclipse.jetty.compression.zstandard;
    requires static transitive org.eclipse.jetty.ee11.proxy;
    requires static org.eclipse.jetty.ee11.servlet;
    requires org.eclipse.jetty.http2.client.transport;
    requires org.eclipse.jetty.http2.server;
    requires org.eclipse.jetty.proxy;
    requires transitive org.eclipse.jetty.server;
    requires transitive org.eclipse.jetty.util;
    requires org.shredzone.acme4j;
    requires org.slf4j;

    // So that the modules of codings are resolved where they are on the module path, though nobody requires them.
    uses org.eclipse.jetty.compression.Compression;

    exports dev.gapless.proxy.jetty;
    exports dev.gapless.proxy.jetty.servlet;
}
