/** The proxy's model and engine: what an embedder types, what a host may supply, and every decision. */
module dev.gapless.proxy.core {
    requires static transitive org.jspecify;
    requires com.google.gson;
    requires org.slf4j;

    exports dev.gapless.proxy;
    exports dev.gapless.proxy.spi;
    exports dev.gapless.proxy.engine to
            dev.gapless.proxy.jetty;
}
