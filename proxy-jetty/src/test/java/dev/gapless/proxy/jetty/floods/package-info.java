/** Clients that ask for more than anybody would, to wear the proxy out, and busy ones that only look like it. */
@NullMarked
package dev.gapless.proxy.jetty.floods;

import org.jspecify.annotations.NullMarked;
