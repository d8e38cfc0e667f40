/** What is left of a request when its client, its target or the operator ends it at the worst moment: over raw sockets. */
@NullMarked
package dev.gapless.proxy.jetty.faults;

import org.jspecify.annotations.NullMarked;
