package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.ServerCertificate;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * Handshakes in which the same is asked of clients. A session can be resumed within it only, so that none that began without a
 * certificate goes on where one is required. Thread-safe.
 */
final class ServerContext {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    /** With forward secrecy and authenticated encryption, and no others (RFC 9325, section 4.2). */
    private static final List<String> CIPHER_SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private final SSLContext context;
    private final HandshakeKeys keys = new HandshakeKeys();
    private final Optional<ClientCertificates> asked;
    private final String[] cipherSuites;

    private ServerContext(Optional<ClientCertificates> asked, TrustManager[] trusted) throws GeneralSecurityException {
        this.asked = asked;
        context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {keys}, trusted, null);
        Set<String> known = Set.of(context.getSupportedSSLParameters().getCipherSuites());
        cipherSuites = CIPHER_SUITES.stream().filter(known::contains).toArray(String[]::new);
    }

    /** {@return one that asks nothing of clients} */
    static ServerContext withoutClientCertificates() {
        try {
            return new ServerContext(Optional.empty(), new TrustManager[0]);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no TLS", e);
        }
    }

    /**
     * Makes one that asks clients for certificates.
     *
     * @throws IOException if the file of the authority cannot be read; the message names it
     * @throws GeneralSecurityException if it has no certificate; the message names it
     */
    static ServerContext asking(ClientCertificates asked) throws IOException, GeneralSecurityException {
        return new ServerContext(Optional.of(asked), PemFiles.trustManagers(Optional.of(asked.authority())));
    }

    /** {@return which certificate clients are asked for, if for any} */
    Optional<ClientCertificates> asked() {
        return asked;
    }

    /** Begins a handshake with that certificate, which speaks these protocols if there are any given. */
    Handshake begin(ServerCertificate certificate, String... protocols) {
        String alias = keys.begin(certificate);
        SSLEngine engine = context.createSSLEngine(alias, -1);
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setCipherSuites(cipherSuites);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setApplicationProtocols(protocols);
        if (asked.isPresent() && asked.get().areRequired()) {
            parameters.setNeedClientAuth(true);
        } else if (asked.isPresent()) {
            parameters.setWantClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return new Handshake(engine, asked, Stream.of(protocols).toList(), () -> keys.end(alias));
    }

    int handshakesUnderWay() {
        return keys.underWay();
    }
}
