package dev.gapless.proxy.jetty.bodies;

/** How a client says where its upload ends. */
enum Framing {
    /** HTTP/1.1, by its length. */
    LENGTH,
    /** HTTP/1.1, by the last chunk. */
    CHUNKED,
    /** HTTP/2, with a length. */
    HTTP2_LENGTH,
    /** HTTP/2, without. */
    HTTP2;

    boolean isHttp2() {
        return this == HTTP2_LENGTH || this == HTTP2;
    }

    boolean hasLength() {
        return this == LENGTH || this == HTTP2_LENGTH;
    }
}
