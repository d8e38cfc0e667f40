/** The gapless-proxy daemon and its commands. */
@NullMarked
package dev.gapless.proxy.examples.daemon;

import org.jspecify.annotations.NullMarked;
