/**
 * What an embedder types: deployments, options, results and exceptions of an in-process reverse proxy.
 *
 * <p>The entry type is {@link dev.gapless.proxy.Services}, which a running proxy hands out:
 *
 * <pre>
 *   Deployment ──► Services.deploy ──► DeployResult
 *   (targets, ServiceOptions,            (a timeline of
 *    HealthCheck, timeouts)               DeployEvents)
 *
 *   pause, stop, resume, splitRollout ... ──► ServiceInfo (list), Explanation (explain)
 *
 *   requests, deployments, changes ──► ProxyListener
 * </pre>
 *
 * <p>Everything here is immutable or, where it is not, says so. A value that cannot be is an {@link
 * java.lang.IllegalArgumentException} that quotes it; whatever else goes wrong is a {@link
 * dev.gapless.proxy.ProxyException}.
 */
@NullMarked
package dev.gapless.proxy;

import org.jspecify.annotations.NullMarked;
