/** The proxy's model and engine: what an embedder types, what a host may supply, and every decision. */
@SuppressWarnings("requires-automatic") // Caffeine and Micrometer have no descriptor.
module dev.gapless.proxy.core {
    requires static transitive org.jspecify;
    requires static micrometer.core;
    requires com.github.benmanes.caffeine;
    requires com.google.gson;
    requires org.slf4j;

    exports dev.gapless.proxy;
    exports dev.gapless.proxy.metrics;
    exports dev.gapless.proxy.spi;
    exports dev.gapless.proxy.buffer to
            dev.gapless.proxy.jetty;
    exports dev.gapless.proxy.cache to
            dev.gapless.proxy.jetty;
    exports dev.gapless.proxy.engine to
            dev.gapless.proxy.jetty;
}
