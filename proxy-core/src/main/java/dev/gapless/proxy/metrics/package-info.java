/**
 * Metrics of a proxy for Micrometer, which is an optional dependency: who uses this package adds {@code micrometer-core}.
 *
 * <p>The entry type is {@link dev.gapless.proxy.metrics.ProxyMetrics}:
 *
 * <pre>
 *   ProxyListener                       Services.list()
 *   (requests, deployments, health)     (asked when the gauges are read)
 *        │                                   │
 *        ▼                                   ▼
 *   ProxyMetrics ──► ServiceMeters ──► MeterRegistry
 *                    (one a service)
 * </pre>
 *
 * <p>No label has a value of a client's making: methods that nobody registered count as one, paths and hosts are in no label,
 * and the meters of a service go with it.
 */
@NullMarked
package dev.gapless.proxy.metrics;

import org.jspecify.annotations.NullMarked;
