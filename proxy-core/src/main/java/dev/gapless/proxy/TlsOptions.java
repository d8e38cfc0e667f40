package dev.gapless.proxy;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a service is served over TLS: with which certificate, and what is asked of clients. Immutable; validated by its builder.
 *
 * <pre>{@code
 * ServiceOptions.builder()
 *         .host("shop.example.com")
 *         .tls(true)
 *         .tlsOptions(TlsOptions.builder()
 *                 .certificate(Path.of("/etc/shop/chain.pem"), Path.of("/etc/shop/key.pem"))
 *                 .build())
 *         .build()
 * }</pre>
 *
 * <p>Only the service that has the root path of a host is asked: services on other paths take TLS from it.
 */
public final class TlsOptions {
    private static final TlsOptions DEFAULTS = builder().build();

    private final CertificateOrigin certificate;
    private final Optional<StrictTransportSecurity> strictTransportSecurity;
    private final Optional<ClientCertificates> clientCertificates;

    private TlsOptions(Builder builder) {
        certificate = builder.certificate;
        strictTransportSecurity = builder.strictTransportSecurity;
        clientCertificates = builder.clientCertificates;
    }

    /** {@return the proxy's own certificate, no HSTS, and nothing asked of clients} */
    public static TlsOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return where the certificate comes from; {@link CertificateOrigin.OfProxy} by default} */
    public CertificateOrigin certificate() {
        return certificate;
    }

    /** {@return what browsers are told of coming over TLS only; nothing by default} */
    public Optional<StrictTransportSecurity> strictTransportSecurity() {
        return strictTransportSecurity;
    }

    /** {@return which certificates clients are asked for; none by default} */
    public Optional<ClientCertificates> clientCertificates() {
        return clientCertificates;
    }

    /** Whether they are the defaults, which a service without TLS has, too. */
    boolean askForNothing() {
        return certificate instanceof CertificateOrigin.OfProxy
                && strictTransportSecurity.isEmpty()
                && clientCertificates.isEmpty();
    }

    /** Builds {@link TlsOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private CertificateOrigin certificate = new CertificateOrigin.OfProxy();
        private Optional<StrictTransportSecurity> strictTransportSecurity = Optional.empty();
        private Optional<ClientCertificates> clientCertificates = Optional.empty();

        private Builder() {}

        /**
         * Sets where the certificate comes from.
         *
         * @param origin {@link CertificateOrigin.OfProxy} by default
         * @return this builder
         */
        public Builder certificate(CertificateOrigin origin) {
            this.certificate = origin;
            return this;
        }

        /**
         * Has the certificate read from PEM files when the service is deployed, and again whenever they change: a pair of files
         * that cannot be used then is reported, and the certificate in use goes on.
         *
         * <p>Refused, with the deployment, is what clients would refuse: a certificate that has expired, is not valid yet, or
         * has none of the service's hosts; a key that is encrypted or another certificate's; issuers that are missing, if the
         * certificate shows that it has some (it was logged publicly, RFC 6962, or others follow that are none of its issuers). A
         * certificate alone may be of a private authority that its clients know: that is logged as a warning. So are hosts that
         * it does not cover while it does others.
         *
         * @param chain the certificate, followed by its issuers
         * @param key its private key, not encrypted: PKCS#8, PKCS#1 ("RSA PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY")
         * @return this builder
         */
        public Builder certificate(Path chain, Path key) {
            return certificate(new CertificateOrigin.Files(chain, key));
        }

        /**
         * Has the certificate asked of the host application, in each handshake.
         *
         * @param name the name of a {@link dev.gapless.proxy.spi.CertificateSource} that the proxy was given
         * @return this builder
         * @throws IllegalArgumentException if it is blank
         */
        public Builder certificateSource(String name) {
            return certificate(new CertificateOrigin.Source(name));
        }

        /**
         * Has certificates for the service's hosts arrive and renew by themselves. They are ordered once the service is deployed
         * and the proxy listens; the deployment does not wait for them, but a host's first handshake does, for a bounded time. A
         * proxy without an HTTPS port orders none.
         *
         * <p>Refused, with the deployment, is what cannot be: a service without hosts, unless hosts are approved {@linkplain
         * AcmeOptions#onDemand on demand}, which goes without hosts only; a wildcard without DNS-01; no place to keep
         * certificates, neither in the options nor of the proxy; what the options name and the proxy was not given.
         *
         * @param options which server, and how the hosts are proved
         * @return this builder
         */
        public Builder automatic(AcmeOptions options) {
            return certificate(new CertificateOrigin.Automatic(options));
        }

        /**
         * Has browsers told to come over TLS only (HSTS). It is said in every response over TLS, the proxy's own among them, in
         * place of what a target says of it, and never without TLS.
         *
         * @param policy nothing by default
         * @return this builder
         */
        public Builder strictTransportSecurity(StrictTransportSecurity policy) {
            this.strictTransportSecurity = Optional.of(policy);
            return this;
        }

        /**
         * Has clients asked for certificates.
         *
         * @param certificates none by default
         * @return this builder
         */
        public Builder clientCertificates(ClientCertificates certificates) {
            this.clientCertificates = Optional.of(certificates);
            return this;
        }

        /** {@return the options as set so far} */
        public TlsOptions build() {
            return new TlsOptions(this);
        }
    }
}
