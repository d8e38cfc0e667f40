/** Bodies that are buffered, limited, held or sent again: over raw sockets, with temporary files counted. */
@NullMarked
package dev.gapless.proxy.jetty.bodies;

import org.jspecify.annotations.NullMarked;
