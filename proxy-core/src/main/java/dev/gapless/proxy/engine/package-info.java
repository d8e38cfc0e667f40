/**
 * Every decision, and all state. The entry type is {@link dev.gapless.proxy.engine.ProxyEngine}; adapters use it, hosts do
 * not see it.
 *
 * <pre>
 *   request ─► decide ─► RoutingTable ─► Service ─► Pool ─► Target ─► Lease
 *               │        (one volatile snapshot)    (turns)  (count)   (release or cut)
 *               └► Respond | Redirect | Forward(lease)
 *
 *   deploy  ─► DeploymentRun: check routes ─► ProbeLoop a target ─► swap the snapshot ─► drain the old Pool ─► retire
 * </pre>
 *
 * <p>Locks: a {@code DeploymentRun} may take the engine's lock while it holds its own, never the reverse. Requests take
 * neither.
 */
@NullMarked
package dev.gapless.proxy.engine;

import org.jspecify.annotations.NullMarked;
