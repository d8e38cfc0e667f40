/**
 * Every decision, and all state. The entry type is {@link dev.gapless.proxy.engine.ProxyEngine}; adapters use it, hosts do
 * not see it.
 *
 * <pre>
 *   request ─► Router ─► RoutingTable ─► Service ─► Gate ─► Pool ─► TargetGroup ─► Target ─► Lease
 *               │        (one volatile snapshot)    (open?) (active   (writers,     (count)   (release or cut)
 *               │                                            or rollout) readers)
 *               └► Respond | Alive | Redirect | Wait(gate) | Forward(lease)
 *
 *   deploy  ─► DeploymentRun: check routes ─► ProbeLoop a target ─► swap the snapshot ─► Drains the old Pool ─► retire
 *   any drain ─► DrainNotice ─► each Lease that asked for it, at a random moment of the first half
 *   pause   ─► Gate closes ─► Drains what is in flight;  a Hold for each request that waits ─► resume ─► released in order
 *   any change ─► StateKeeper ─► StateStore
 * </pre>
 *
 * <p>Locks, each taken only while those before it may be held: that of a {@code DeploymentRun}, the engine's, the {@code
 * StateKeeper}'s, a {@code Gate}'s. Requests take none, but for those that meet a closed gate.
 */
@NullMarked
package dev.gapless.proxy.engine;

import org.jspecify.annotations.NullMarked;
