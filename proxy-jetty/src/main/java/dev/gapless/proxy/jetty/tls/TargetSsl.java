package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.TargetTls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import org.eclipse.jetty.io.ssl.SslClientConnectionFactory;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** TLS with the targets of one deployment, whose certificates are always verified. Thread-safe. */
public final class TargetSsl extends SslContextFactory.Client implements SslClientConnectionFactory.SslEngineFactory {
    private final Optional<String> serverName;

    private TargetSsl(SSLContext context, Optional<String> serverName) {
        this.serverName = serverName;
        setSslContext(context);
        setSNIProvider((engine, names) -> serverNames(engine));
    }

    /**
     * Reads what is needed.
     *
     * @param tls the settings
     * @return TLS with targets, started
     * @throws IllegalArgumentException if a file cannot be read or used; the message names it
     */
    public static TargetSsl of(TargetTls tls) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers(tls), trustManagers(tls), null);
            TargetSsl ssl = new TargetSsl(context, tls.serverName().map(TargetSsl::withoutBrackets));
            LifeCycle.start(ssl);
            return ssl;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("TLS with targets: " + e.getMessage(), e);
        }
    }

    private static KeyManager @Nullable [] keyManagers(TargetTls tls) throws IOException, GeneralSecurityException {
        if (tls.clientCertificate().isEmpty()) {
            return null;
        }
        TargetTls.ClientCertificate files = tls.clientCertificate().get();
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(PemFiles.load(files.chain(), files.key()), PemFiles.PASSWORD.toCharArray());
        return managers.getKeyManagers();
    }

    private static TrustManager[] trustManagers(TargetTls tls) throws IOException, GeneralSecurityException {
        return PemFiles.trustManagers(tls.certificateAuthority());
    }

    @Override
    public SSLEngine newSslEngine(String host, int port, Map<String, Object> context) {
        return newSSLEngine(serverName.orElseGet(() -> withoutScope(host)), port);
    }

    /** The platform leaves names without a dot out, which are quite usual within a cluster. */
    private static List<SNIServerName> serverNames(SSLEngine engine) {
        String name = engine.getPeerHost();
        if (name == null || isAddress(name)) {
            return List.of();
        }
        try {
            return List.of(new SNIHostName(name.getBytes(StandardCharsets.US_ASCII)));
        } catch (IllegalArgumentException e) {
            return List.of(); // It has an underscore, say, which no name in a certificate has either.
        }
    }

    /** An address is no name in a handshake (RFC 6066, section 3). */
    static boolean isAddress(String name) {
        return name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private static String withoutBrackets(String name) {
        return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    }

    /** The scope of an IPv6 address says how to get there, and is in no certificate. */
    private static String withoutScope(String host) {
        int scope = host.indexOf('%');
        return scope < 0 ? host : host.substring(0, scope);
    }
}
