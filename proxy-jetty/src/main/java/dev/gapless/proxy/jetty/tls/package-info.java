/**
 * Keys and certificates; hosts do not see them. The entry types are {@link dev.gapless.proxy.jetty.tls.ClientTls}, which chooses a
 * certificate for each client, {@link dev.gapless.proxy.jetty.tls.TargetSsl}, which verifies targets, and {@link
 * dev.gapless.proxy.jetty.tls.AcmeCertificates}, which has certificates made.
 *
 * <pre>
 *   engine ─ prepare, serve ─► ClientTls ─► CertificateTable ─► CertificateFiles (PEM, read again), CertificateSource (host)
 *                                 ▲
 *   ClientHello ──── choose ──────┘──► Handshake (an engine of a ServerContext, with that certificate and no other)
 *
 *   ClientTls ─► AutomaticServices ─ manage, forget, once there are listeners ─► AcmeCertificates
 *
 *   AcmeCertificates   the services, and what listeners ask
 *     AcmeElsewhere      answers to challenges of another proxy that shares the store
 *     AcmeDemand         hosts that nobody configured, as far as AcmeApproval approves them
 *     AcmeKeeper         one certificate, from now on
 *       AcmeOrder          one attempt to get it, proved by AcmePublication: AcmeAnswers, or the DNS
 *         AcmeDirectory      the ACME server and the account there, over AcmeNetwork
 *         AcmeVault          what is kept, in the store
 * </pre>
 */
@NullMarked
package dev.gapless.proxy.jetty.tls;

import org.jspecify.annotations.NullMarked;
