/**
 * Main classes on the public API: {@link dev.gapless.proxy.examples.QuickStart} is the sample of the README, {@code demo} its
 * demo, {@code daemon} the {@code gapless-proxy} program, and the other classes show one thing each.
 */
@NullMarked
package dev.gapless.proxy.examples;

import org.jspecify.annotations.NullMarked;
