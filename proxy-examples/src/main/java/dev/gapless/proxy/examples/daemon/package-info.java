/**
 * The {@code gapless-proxy} program. {@link dev.gapless.proxy.examples.daemon.GaplessProxy} is its main class.
 *
 * <pre>
 *   gapless-proxy deploy ...          gapless-proxy run ...
 *
 *   Client ── arguments, as they are ──► ControlSocket ──► Operator ──► OperatorCommand ──► Services
 *      ◄──── exit status and text ─────┘      (Daemon owns these, and the ProxyServer)
 * </pre>
 *
 * <p>A command understands nothing of its arguments: the daemon, which is warm, reads them. So a command loads a handful of
 * classes, and takes hardly longer than the JVM takes to start. The directory it is given in goes with it, so that paths mean
 * the same to both.
 *
 * <p>Flags that belong together are in a class of their own ({@link dev.gapless.proxy.examples.daemon.TargetFlags} and
 * others), which the commands that have them share. The import from Kamal Proxy turns its state into arguments of {@code deploy}
 * ({@link dev.gapless.proxy.examples.daemon.KamalService}), so that a flag that {@code deploy} learns is one that can be taken
 * over.
 */
@NullMarked
package dev.gapless.proxy.examples.daemon;

import org.jspecify.annotations.NullMarked;
