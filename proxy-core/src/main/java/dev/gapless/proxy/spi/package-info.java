/**
 * What a host application may supply instead of the default: {@link dev.gapless.proxy.spi.HealthProbe} and {@link
 * dev.gapless.proxy.spi.TargetResolver} touch the network, {@link dev.gapless.proxy.spi.StateStore} keeps what was deployed
 * and {@link dev.gapless.proxy.spi.CacheStore} what may be served again, {@link dev.gapless.proxy.spi.CertificateSource}
 * gives certificates for TLS, {@link dev.gapless.proxy.spi.CertificateStore}, {@link dev.gapless.proxy.spi.DnsRecords} and
 * {@link dev.gapless.proxy.spi.HostApproval} are for those that arrive by themselves, {@link
 * dev.gapless.proxy.spi.TargetSelector} and {@link dev.gapless.proxy.spi.RolloutKey} decide on requests, {@link
 * dev.gapless.proxy.spi.RequestFilter} takes part in them, {@link dev.gapless.proxy.spi.TimeSource} and {@link
 * dev.gapless.proxy.spi.Scheduler} are the time. Interfaces only.
 */
@NullMarked
package dev.gapless.proxy.spi;

import org.jspecify.annotations.NullMarked;
