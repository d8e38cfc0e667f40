package dev.gapless.proxy.jetty.bodies;

/**
 * Where a target breaks off.
 *
 * @param place in which part of a request and its response
 * @param offset how many bytes of that part it has read, or sent
 * @param resets whether it resets the connection; else it closes it in order, and reads on without taking anything in
 */
record Cut(Place place, int offset, boolean resets) {
    /** The parts of a request and its response. */
    enum Place {
        REQUEST_HEAD,
        REQUEST_BODY,
        RESPONSE_HEAD,
        RESPONSE_BODY
    }

    boolean isAt(Place wanted, int bytes) {
        return place == wanted && offset == bytes;
    }
}
