/**
 * The proxy's server, on Jetty: sockets, wire headers, threads. The entry type is {@link dev.gapless.proxy.jetty.ProxyServer}.
 *
 * <pre>
 *   client ─► LaneServerConnector ─► lane (a selector thread) ─► ForwardingHandler ─► Exchange ─► Attempt ─► target
 *                                      │                                                │ asks
 *                                      └─ also has the connections to targets           └─► engine.decide
 * </pre>
 *
 * <p>A request that asks for another protocol, and whose target agrees, becomes a {@code Tunnel} between the two connections.
 *
 * <p>Targets speak HTTP/1.1, HTTP/2 or either within TLS: {@code TargetConnections} knows where, {@code
 * TargetTransport} how.
 *
 * <p>Nothing on the way of a request blocks, and normally one thread carries it from its first byte to its last.
 */
@NullMarked
package dev.gapless.proxy.jetty;

import org.jspecify.annotations.NullMarked;
