/** What the proxy does on the wire when a target or a client misbehaves, over raw sockets. */
@NullMarked
package dev.gapless.proxy.jetty.wire;

import org.jspecify.annotations.NullMarked;
