package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of the handshakes under way, each chosen before its handshake began: whatever is replaced meanwhile, a
 * handshake ends with what it began with. JSSE asks for the chain and for the key apart, but both by the alias, which is the
 * number of the handshake. Thread-safe.
 */
final class HandshakeKeys extends X509ExtendedKeyManager {
    private final Map<String, ServerCertificate> chosen = new ConcurrentHashMap<>();
    private final AtomicLong count = new AtomicLong();

    /** {@return the alias of the certificate in a handshake, until it is {@linkplain #end ended}} */
    String begin(ServerCertificate certificate) {
        String alias = Long.toString(count.incrementAndGet());
        chosen.put(alias, certificate);
        return alias;
    }

    void end(String alias) {
        chosen.remove(alias);
    }

    int underWay() {
        return chosen.size();
    }

    /** An engine's peer is named by the alias. */
    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        String alias = engine == null ? null : engine.getPeerHost();
        ServerCertificate certificate = alias == null ? null : chosen.get(alias);
        boolean fits = certificate != null
                && keyType.equals(Chain.leaf(certificate).getPublicKey().getAlgorithm());
        return fits ? alias : null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        ServerCertificate certificate = chosen.get(alias);
        return certificate == null ? null : certificate.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        ServerCertificate certificate = chosen.get(alias);
        return certificate == null ? null : certificate.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
