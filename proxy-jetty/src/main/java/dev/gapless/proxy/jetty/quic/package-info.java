/**
 * The first packets of QUIC, as far as everybody may read them: enough to tell clients apart, to make sure of their addresses and
 * to learn which host they want. All else is the native library's. The entry types are {@link
 * dev.gapless.proxy.jetty.quic.QuicHead}, {@link dev.gapless.proxy.jetty.quic.AddressProof} and {@link
 * dev.gapless.proxy.jetty.quic.QuicHello}; hosts do not see them.
 */
@NullMarked
package dev.gapless.proxy.jetty.quic;

import org.jspecify.annotations.NullMarked;
