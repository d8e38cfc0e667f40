/**
 * Keys and certificates; hosts do not see them. The entry types are {@link dev.gapless.proxy.jetty.tls.ClientTls}, which chooses a
 * certificate for each client, and {@link dev.gapless.proxy.jetty.tls.TargetSsl}, which verifies targets.
 *
 * <pre>
 *   engine ─ prepare, serve ─► ClientTls ─► CertificateTable ─► CertificateFiles (PEM, read again), CertificateSource (host)
 *                                 ▲
 *   ClientHello ──── choose ──────┘──► Handshake (an engine of a ServerContext, with that certificate and no other)
 * </pre>
 */
@NullMarked
package dev.gapless.proxy.jetty.tls;

import org.jspecify.annotations.NullMarked;
