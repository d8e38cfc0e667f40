package dev.gapless.proxy;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How targets whose address begins with {@code https://} are verified, and how the proxy shows who it is. It counts for the
 * health checks as it does for the traffic. Immutable; validated by its builder.
 *
 * <p>A target's certificate is always verified: who signed it, when it is valid and for which name. To trust a target that
 * nobody has signed for name its own certificate as {@link #certificateAuthority} (for which the JDK does not ask when it is
 * valid); there is no option to trust just any. A host that has given the proxy an HTTP client with TLS settings has those count,
 * in place of the JDK's trust, where neither {@link #certificateAuthority} nor {@link #clientCertificate} is set.
 *
 * <p>The files are read when a deployment is made, and again when the service is restored after a restart: a certificate that
 * has been renewed counts from the next deployment on.
 */
public final class TargetTls {
    private static final TargetTls DEFAULTS = builder().build();

    private final Optional<Path> certificateAuthority;
    private final Optional<String> serverName;
    private final Optional<ClientCertificate> clientCertificate;

    private TargetTls(Builder builder) {
        certificateAuthority = builder.certificateAuthority;
        serverName = builder.serverName;
        clientCertificate = builder.clientCertificate;
    }

    /** {@return the trust of the JDK, the name of the target's address, and no client certificate} */
    public static TargetTls defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return the PEM file of the certificates that are trusted, in place of those that the JDK trusts; empty (the default) for
     * the JDK's}
     */
    public Optional<Path> certificateAuthority() {
        return certificateAuthority;
    }

    /**
     * {@return the name that is asked for (SNI, RFC 6066, section 3) and that the certificate must have; empty (the default) for
     * the host of the target's address} An IP address is not asked for, but the certificate must have it.
     */
    public Optional<String> serverName() {
        return serverName;
    }

    /** {@return what the proxy shows to targets that ask for a certificate; none by default} */
    public Optional<ClientCertificate> clientCertificate() {
        return clientCertificate;
    }

    /**
     * A certificate and its key.
     *
     * @param chain a PEM file with the certificate and its issuers
     * @param key a PEM file with its private key, PKCS#8 and not encrypted
     */
    public record ClientCertificate(Path chain, Path key) {
        /**
         * Makes the paths absolute.
         *
         * @param chain a PEM file with the certificate and its issuers
         * @param key a PEM file with its private key, PKCS#8 and not encrypted
         */
        public ClientCertificate {
            chain = chain.toAbsolutePath();
            key = key.toAbsolutePath();
        }
    }

    /** Builds a {@link TargetTls}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private Optional<Path> certificateAuthority = Optional.empty();
        private Optional<String> serverName = Optional.empty();
        private Optional<ClientCertificate> clientCertificate = Optional.empty();

        private Builder() {}

        /**
         * Sets which certificates are trusted, and no others.
         *
         * @param certificates a PEM file with the certificates of authorities, or of the targets themselves
         * @return this builder
         */
        public Builder certificateAuthority(Path certificates) {
            this.certificateAuthority = Optional.of(certificates.toAbsolutePath());
            return this;
        }

        /**
         * Sets the name that is asked for and verified.
         *
         * @param name a host name or an IP address; the host of the target's address by default
         * @return this builder
         * @throws IllegalArgumentException if it is neither; a wildcard is not
         */
        public Builder serverName(String name) {
            this.serverName = Optional.of(HostNames.canonicalName("server name", name));
            return this;
        }

        /**
         * Sets what the proxy shows to targets that ask for a certificate.
         *
         * @param chain a PEM file with the certificate and its issuers
         * @param key a PEM file with its private key, PKCS#8 and not encrypted
         * @return this builder
         */
        public Builder clientCertificate(Path chain, Path key) {
            this.clientCertificate = Optional.of(new ClientCertificate(chain, key));
            return this;
        }

        /** {@return the settings as set so far} */
        public TargetTls build() {
            return new TargetTls(this);
        }
    }
}
