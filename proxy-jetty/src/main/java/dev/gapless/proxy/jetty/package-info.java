/** Sockets, wire headers and Jetty types. */
@NullMarked
package dev.gapless.proxy.jetty;

import org.jspecify.annotations.NullMarked;
