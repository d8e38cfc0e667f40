/**
 * The {@code gapless-proxy} program. {@link dev.gapless.proxy.examples.daemon.GaplessProxy} is its main class.
 *
 * <pre>
 *   gapless-proxy deploy ...          gapless-proxy run ...
 *
 *   Client ── arguments, as they are ──► ControlSocket ──► Operator ──► Services
 *      ◄──── exit status and text ─────┘      (Daemon owns these, and the ProxyServer)
 * </pre>
 *
 * <p>A command understands nothing of its arguments: the daemon, which is warm, reads them. So a command loads a handful of
 * classes, and takes hardly longer than the JVM takes to start.
 */
@NullMarked
package dev.gapless.proxy.examples.daemon;

import org.jspecify.annotations.NullMarked;
