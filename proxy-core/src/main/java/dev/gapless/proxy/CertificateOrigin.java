package dev.gapless.proxy;

import java.nio.file.Path;

/** Where the certificate of a service comes from. */
public sealed interface CertificateOrigin {
    /** The certificate that the proxy itself was given, for all services that have none of their own. */
    record OfProxy() implements CertificateOrigin {}

    /**
     * PEM files, which are read when the service is deployed and again whenever they change, without a deployment.
     *
     * @param chain the certificate, followed by its issuers
     * @param key its private key, not encrypted: PKCS#8, PKCS#1 or SEC 1
     */
    record Files(Path chain, Path key) implements CertificateOrigin {
        /**
         * Makes the paths absolute.
         *
         * @param chain the certificate, followed by its issuers
         * @param key its private key, not encrypted: PKCS#8, PKCS#1 or SEC 1
         */
        public Files {
            chain = chain.toAbsolutePath();
            key = key.toAbsolutePath();
        }
    }

    /**
     * What the host application gives.
     *
     * @param name the name of a {@link dev.gapless.proxy.spi.CertificateSource} that the proxy was given
     */
    record Source(String name) implements CertificateOrigin {
        /**
         * Checks the name.
         *
         * @param name the name of a {@link dev.gapless.proxy.spi.CertificateSource} that the proxy was given
         * @throws IllegalArgumentException if it is blank
         */
        public Source {
            if (name.isBlank()) {
                throw new IllegalArgumentException(
                        "certificate source \"" + name + "\" must be the name of one that the proxy was given");
            }
        }
    }

    /**
     * A server that speaks ACME: it arrives and renews by itself.
     *
     * @param options which server, and how the service's hosts are proved
     */
    record Automatic(AcmeOptions options) implements CertificateOrigin {}
}
