/** The demo. */
@NullMarked
package dev.gapless.proxy.examples.demo;

import org.jspecify.annotations.NullMarked;
