/** Deployments under load: no request fails and nothing is left behind. */
@NullMarked
package dev.gapless.proxy.jetty.load;

import org.jspecify.annotations.NullMarked;
