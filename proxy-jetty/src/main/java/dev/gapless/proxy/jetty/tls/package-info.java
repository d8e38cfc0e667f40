/**
 * Keys and certificates; hosts do not see them. The entry types are {@link dev.gapless.proxy.jetty.tls.PemFiles}, which reads
 * them, and {@link dev.gapless.proxy.jetty.tls.TargetSsl}, which verifies targets.
 */
@NullMarked
package dev.gapless.proxy.jetty.tls;

import org.jspecify.annotations.NullMarked;
