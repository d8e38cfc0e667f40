package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a service is served over TLS. */
final class TlsFlags {
    @Option(
            names = "--tls",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Serve the service over HTTPS, with the certificate of --tls-certificate-path, or else with "
                    + "certificates for its hosts that arrive and renew by themselves.")
    private boolean tls;

    @Option(
            names = "--tls-certificate-path",
            paramLabel = "<file>",
            description = "PEM file of the certificate and its issuers, read again whenever it changes.")
    private @Nullable Path certificate;

    @Option(
            names = "--tls-private-key-path",
            paramLabel = "<file>",
            description = "PEM file of the key of that certificate, not encrypted.")
    private @Nullable Path key;

    @Option(
            names = "--tls-redirect",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "true",
            description = "With --tls, redirect requests without TLS to HTTPS (default ${DEFAULT-VALUE}).")
    private boolean redirect;

    @Mixin
    private final AcmeFlags automatic = new AcmeFlags();

    /** Sets the options, or throws a {@link CommandFailure} if the flags do not make sense together. */
    void addTo(ServiceOptions.Builder options) {
        Path chain = given(certificate);
        Path privateKey = given(key);
        if ((chain == null) != (privateKey == null)) {
            throw new CommandFailure(
                    "a certificate needs its key: --tls-certificate-path and --tls-private-key-path need each other");
        }
        if (!tls && chain != null) {
            throw new CommandFailure("--tls-certificate-path needs --tls");
        }
        if (!tls || chain != null) {
            automatic.refuse(tls ? "goes without --tls-certificate-path" : "needs --tls");
        }
        options.tls(tls).redirectToHttps(redirect);
        if (chain != null && privateKey != null) {
            options.tlsOptions(
                    TlsOptions.builder().certificate(chain, privateKey).build());
        } else if (tls) {
            options.tlsOptions(
                    TlsOptions.builder().automatic(automatic.options()).build());
        }
    }

    /** Drivers give an empty value where they have none. */
    static @Nullable Path given(@Nullable Path file) {
        return file == null || file.toString().isEmpty() ? null : file;
    }
}
