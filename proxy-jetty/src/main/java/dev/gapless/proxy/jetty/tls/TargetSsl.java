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
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.eclipse.jetty.io.ssl.SslClientConnectionFactory;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** TLS with the targets of one deployment, whose certificates are always verified. Thread-safe. */
public final class TargetSsl extends SslContextFactory.Client implements SslClientConnectionFactory.SslEngineFactory {
    private final Optional<String> serverName;
    /** What the host says of TLS in the place of a deployment. */
    private final Optional<SslContextFactory.Client> hosts;

    private TargetSsl(SSLContext context, Optional<String> serverName, Optional<SslContextFactory.Client> hosts) {
        this.serverName = serverName.map(TargetSsl::withoutBrackets);
        this.hosts = hosts;
        setSslContext(context);
        setSNIProvider((engine, names) -> serverNames(engine));
        hosts.ifPresent(given -> setHostnameVerifier(given.getHostnameVerifier()));
    }

    /**
     * Reads what is needed.
     *
     * @param tls the settings
     * @param hosts what counts for targets whose settings name neither an authority nor a client's certificate, if not what the JDK
     *     trusts; started if it is not
     * @return TLS with targets, started
     * @throws IllegalArgumentException if a file cannot be read or used; the message names it
     */
    public static TargetSsl of(TargetTls tls, Optional<SslContextFactory.Client> hosts) {
        boolean saysNothing =
                tls.certificateAuthority().isEmpty() && tls.clientCertificate().isEmpty();
        TargetSsl ssl = hosts.isPresent() && saysNothing
                ? ofHosts(hosts.get(), tls.serverName())
                : new TargetSsl(read(tls), tls.serverName(), Optional.empty());
        LifeCycle.start(ssl);
        return ssl;
    }

    private static SSLContext read(TargetTls tls) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers(tls), trustManagers(tls), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("TLS with targets: " + e.getMessage(), e);
        }
    }

    private static TargetSsl ofHosts(SslContextFactory.Client hosts, Optional<String> serverName) {
        try {
            LifeCycle.start(hosts);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("TLS of the HTTP client: " + e.getMessage(), e);
        }
        return new TargetSsl(hosts.getSslContext(), serverName, Optional.of(hosts));
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
        String name = serverName.orElseGet(() -> withoutScope(host));
        return hosts.isEmpty() ? newSSLEngine(name, port) : named(hosts.get().newSSLEngine(name, port));
    }

    /** What the host says of names counts, but it may leave them to the platform. */
    private static SSLEngine named(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        List<SNIServerName> names = parameters.getServerNames();
        if (names == null || names.isEmpty()) {
            parameters.setServerNames(serverNames(engine));
            engine.setSSLParameters(parameters);
        }
        return engine;
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
