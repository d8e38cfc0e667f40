package dev.gapless.proxy.jetty;

/** How a client is connected to the proxy. */
enum Wire {
    HTTP1,
    TLS,
    HTTP2
}
